package prove

import "math/bits"

// What may be refused at an instant depends on all that may have been admitted
// by then: each request as late as its end allows, so that it counts still. The
// bound is one for each refused request by itself.

// A height reports whether the reading may refuse at an instant.
type height interface{ full(at int64) bool }

// refusing is how many of the refused requests nothing explains, whenever they were decided.
func (t *Track) refusing(h height, note func(Span)) (falsely int) {
	// Only where one more was sent does what may be refused grow.
	points := t.sends()
	upTo := make([]int32, len(points)+1)
	for i, at := range points {
		upTo[i+1] = upTo[i]
		if h.full(at) {
			upTo[i+1]++
		}
	}
	i, turns := 0, turning(h)
	for _, v := range t.Refused.All {
		for i < len(points) && points[i] < v.Sent {
			i++
		}
		j := i
		for j < len(points) && points[j] <= v.Done && upTo[j] == upTo[i] {
			j++
		}
		if upTo[j] == upTo[i] && !h.full(v.Sent) && !turns.full(v) {
			falsely++
			note(v)
		}
	}
	return falsely
}

// sends are the instants at which requests that may have counted were sent, rising.
func (t *Track) sends() []int64 {
	a, o := t.Allowed.All, t.Open.All
	points := make([]int64, 0, len(a)+len(o))
	for len(a)+len(o) > 0 {
		if len(o) == 0 || len(a) > 0 && a[0].Sent <= o[0].Sent {
			points, a = append(points, a[0].Sent), a[1:]
		} else {
			points, o = append(points, o[0].Sent), o[1:]
		}
	}
	return points
}

// A logHeight counts what may lie in the window before.
type logHeight struct {
	t             *Track
	limit         int
	window        int64
	sent, ended   Cursor
	opened        Cursor
	refusals      bool // refused requests count too
	asked, denied Cursor
}

func (h *logHeight) full(at int64) bool {
	n := h.sent.Begun(&h.t.Allowed, at+1) - h.ended.Over(&h.t.Allowed, at-h.window+1) + h.opened.Begun(&h.t.Open, at+1)
	if h.refusals {
		// The request in question is one of them.
		n += max(0, h.asked.Begun(&h.t.Refused, at+1)-h.denied.Over(&h.t.Refused, at-h.window+1)-1)
	}
	return n >= h.limit
}

// A bucketHeight is how far ahead of its steps the bucket may be.
type bucketHeight struct {
	t                   *Track
	step, ahead         int64
	filled              []int64 // by the first n to end
	sent, ended, opened Cursor
}

func newBucketHeight(t *Track, r Reading, step int64) *bucketHeight {
	h := &bucketHeight{t: t, step: step, ahead: ahead(r, step), filled: make([]int64, t.Allowed.Len()+1)}
	b := &bucket{step: step, full: -Far}
	h.filled[0] = b.full
	for i, at := range t.Allowed.Ended {
		b.admitted(at)
		h.filled[i+1] = b.full
	}
	return h
}

func (h *bucketHeight) full(at int64) bool {
	done := h.ended.Over(&h.t.Allowed, at+1)
	underWay := h.sent.Begun(&h.t.Allowed, at+1) - done + h.opened.Begun(&h.t.Open, at+1)
	return max(0, h.filled[done]-at)+int64(underWay)*h.step > h.ahead
}

// A tallyHeight is the greatest estimate of a sliding counter.
type tallyHeight struct {
	t                    *Track
	limit, window, epoch int64
	sent, opened         Cursor
	endedHere, endedLast Cursor
}

func (h *tallyHeight) full(at int64) bool {
	start := Floor(at, h.window, h.epoch)
	here := h.endedHere.Over(&h.t.Allowed, start)
	before := int64(here - h.endedLast.Over(&h.t.Allowed, start-h.window))
	now := int64(h.sent.Begun(&h.t.Allowed, at+1) - here + h.opened.Begun(&h.t.Open, at+1))
	// before*(window-passed) + (now+1)*window > limit*window
	room := h.limit - 1 - now
	if room < 0 {
		return true
	}
	hi, lo := bits.Mul64(uint64(before), uint64(h.window-(at-start)))
	most, least := bits.Mul64(uint64(room), uint64(h.window))
	return hi > most || hi == most && lo > least
}

// turning finds the instants at which a sliding counter changes windows: it may
// be full there, and nothing need have been sent.
func turning(h height) turn {
	if t, ok := h.(*tallyHeight); ok {
		return turn{&tallyHeight{t: t.t, limit: t.limit, window: t.window, epoch: t.epoch}}
	}
	return turn{}
}

type turn struct{ h *tallyHeight }

func (t turn) full(v Span) bool {
	if t.h == nil {
		return false
	}
	at := Floor(v.Sent, t.h.window, t.h.epoch) + t.h.window
	for n := 0; at <= v.Done; at, n = at+t.h.window, n+1 {
		if n == 64 || t.h.full(at) {
			return true // whoever waits for so long may be right
		}
	}
	return false
}
