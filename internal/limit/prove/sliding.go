package prove

import "math/bits"

// Sliding readings have no windows to find: an instant earlier is never worse for
// a request that is admitted, and one later never for what is refused after it.

// A rule is what a sliding reading says of one track.
type rule interface {
	// admit is the earliest instant, not before t, at which the limiter may
	// admit, after those that it has admitted.
	admit(t int64) int64
	// admitted notes that it did.
	admitted(t int64)
}

// admitting is how few of the allowed requests a limiter of this rule would have
// refused. Pairing the n-th sending with the n-th end lets in no fewer than each
// with its own (doc.go), and then the first to come is the first to be served.
func (t *Track) admitting(r rule, note func(Span)) (over int) {
	for i, v := range t.Allowed.All {
		v.Done = t.Allowed.Ended[i]
		at := r.admit(v.Sent)
		if at > v.Done {
			over++
			note(v)
			continue
		}
		r.admitted(at)
	}
	return over
}

// A log admits while fewer than the limit were admitted in the window before.
type log struct {
	window int64
	last   []int64 // of the last limit admissions, in a ring
	n      int
}

func newLog(r Reading, n int) *log {
	return &log{window: int64(r.Window), last: make([]int64, min(r.Limit, n))}
}

func (l *log) admit(t int64) int64 {
	if l.n < len(l.last) {
		return t
	}
	return max(t, l.last[l.n%len(l.last)]+l.window)
}

func (l *log) admitted(t int64) {
	l.last[l.n%len(l.last)] = t
	l.n++
}

// A bucket is GCRA: each admission takes a step, and may be burst steps ahead.
type bucket struct{ step, burst, full int64 } // full: when all that it took is paid back

func newBucket(r Reading, step int64) *bucket {
	return &bucket{step: step, burst: ahead(r, step), full: -Far}
}

// ahead is how far an admission may be ahead of its steps.
func ahead(r Reading, step int64) int64 {
	if step > 0 && int64(r.Burst-1) > Far/step {
		return Far
	}
	return int64(r.Burst-1) * step
}

func (b *bucket) admit(t int64) int64 { return max(t, b.full-b.burst) }

func (b *bucket) admitted(t int64) { b.full = max(b.full, t) + b.step }

// A tally is the sliding counter: the window of the clock, and the one before.
type tally struct {
	limit, window, epoch int64
	start                int64
	before, now          int64
}

func newTally(r Reading) *tally {
	return &tally{limit: int64(r.Limit), window: int64(r.Window), epoch: int64(r.Epoch), start: -2 * Far}
}

func (c *tally) turn(t int64) {
	start := Floor(t, c.window, c.epoch)
	switch start {
	case c.start:
		return
	case c.start + c.window:
		c.before = c.now
	default:
		c.before = 0
	}
	c.start, c.now = start, 0
}

// admit stays within the window of the clock, or gives the next one's beginning.
func (c *tally) admit(t int64) int64 {
	c.turn(t)
	room := c.limit - c.now
	if room <= 0 {
		return c.start + c.window
	}
	if c.before < room {
		return t
	}
	// before*(window-passed) < room*window
	left, rest := share(room, c.window, c.before)
	if rest > 0 {
		left++
	}
	return max(t, c.start+c.window-left+1)
}

func (c *tally) admitted(t int64) {
	c.turn(t)
	c.now++
}

// share is a*b/c with its remainder, for a < c.
func share(a, b, c int64) (quotient, rest int64) {
	hi, lo := bits.Mul64(uint64(a), uint64(b))
	q, r := bits.Div64(hi, lo, uint64(c))
	return int64(q), int64(r)
}

// Floor is the latest instant, not after t, that is whole windows away from epoch.
func Floor(t, window, epoch int64) int64 {
	past := (t - epoch) % window
	if past < 0 {
		past += window
	}
	return t - past
}

// settled leaves out those that may belong to either of two windows of the clock.
// No limiter admits fewer for their absence.
func (s *Spans) settled(window, epoch int64) Spans {
	var out Spans
	for _, v := range s.All {
		if Floor(v.Sent, window, epoch) == Floor(v.Done, window, epoch) {
			out.All = append(out.All, v)
		}
	}
	out.Sort()
	return out
}
