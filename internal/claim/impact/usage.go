package impact

import (
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/source"
	"github.com/trektribe/bench/internal/history"
)

// returned is the share of cached answers that must come from the dependency before
// it counts as used again. Not all: a hardened service may answer from memory what it
// still holds there.
const returned = 0.9

// A Usage is how one instance used a dependency before, in and after a fault: what
// time_to_recover and time_to_fallback are read from, in flat memory. It is shown the
// commands before the requests.
type Usage struct {
	on, instance string
	window       Window
	before       bool          // it answered from the dependency before the first fault
	last         time.Duration // Done of its last request
	other        time.Duration // first answer from elsewhere, asked for in the fault; 0: none
	since        lapse         // cached answers since the last heal
	wire         seen
}

// NewUsage is of an instance whose faults, of the dependency, are all known.
func NewUsage(on, instance string, faults []history.Event) *Usage {
	return &Usage{on: on, instance: instance, window: WindowOf(faults, instance)}
}

// Faulted reports whether the instance had a fault at all.
func (u *Usage) Faulted() bool { return u.window.Faulted }

// Add takes one request of the instance, which was not canceled.
func (u *Usage) Add(r *history.Request) {
	w := &u.window
	if !w.Faulted {
		return
	}
	u.last = max(u.last, r.Done)
	if !r.OK() {
		return
	}
	if r.Source == u.on && r.Done <= w.Began {
		u.before = true
	}
	elsewhere := r.Source == source.Memory || r.Source == source.Database || r.Source == source.AI
	if elsewhere && r.Intended >= w.Began && (w.FirstHeal == 0 || r.Done <= w.FirstHeal) && (u.other == 0 || r.Done < u.other) {
		u.other = r.Done
	}
	if r.Done <= w.Began {
		u.wire.answers++
	}
	if w.Healed && r.Intended >= w.Lifting {
		u.wire.answersSince++
		if source.Is(r.Source, source.Cache) {
			u.since.add(r.Done-w.Lifting, r.Source == u.on)
		}
	}
}

// unknown is why neither time can be told; nil: the instance was seen to use the dependency.
func (u *Usage) unknown() *figure.Absence {
	switch {
	case u.last == 0:
		return figure.Absent("instance "+u.instance+" got no request", "traffic to every instance")
	case !u.before:
		return figure.Absent("instance "+u.instance+" never answered from "+u.on+" before the fault, or does not say so",
			"X-Source: "+u.on+" on its answers, or a contract that maps its words to that (sources:), and a phase before the fault long enough for cached answers")
	}
	return nil
}

// TimeToRecover is from the end of the last heal to the first answer from which on
// the dependency is used again.
func (u *Usage) TimeToRecover() (figure.Element, *figure.Absence) {
	w := &u.window
	if none := u.unknown(); none != nil && !u.ByWire() {
		return figure.Element{}, none
	}
	settled := u.since.settled
	if u.ByWire() {
		settled = u.wire.settled
	}
	if !w.Healed {
		return figure.Element{}, figure.Absent("the fault on "+u.on+" did not end before the round did", "a phase after the fault")
	}
	if at, ok := settled(); ok {
		return figure.Element{X: max(0, w.Lifting+at-w.Lifted).Seconds()}, nil
	}
	if u.last <= w.Lifted {
		return figure.Element{}, figure.Absent("no request was answered after the fault on "+u.on, "a phase with traffic after the fault")
	}
	return figure.Element{X: (u.last - w.Lifted).Seconds(), Cut: true}, nil
}

// TimeToFallback is from the end of the first fault's switching on to the first
// answer that came from elsewhere.
func (u *Usage) TimeToFallback() (figure.Element, *figure.Absence) {
	w := &u.window
	if none := u.unknown(); none != nil {
		return figure.Element{}, none
	}
	if u.other > 0 {
		return figure.Element{X: max(0, u.other-w.Set).Seconds()}, nil
	}
	watched := u.last
	if w.FirstHeal > 0 {
		watched = min(watched, w.FirstHeal)
	}
	if watched <= w.Set {
		return figure.Element{}, figure.Absent("no request came during the fault", "traffic in the phase with the fault")
	}
	return figure.Element{X: (watched - w.Set).Seconds(), Cut: true}, nil
}

// A lapse counts cached answers over the time since the heal, in flat memory: its
// buckets start at a millisecond and double whenever time outgrows them. The zero
// lapse is empty.
type lapse struct {
	width   time.Duration
	buckets []bucket
}

type bucket struct {
	redis, all int
	first      time.Duration // of redis
}

const mostBuckets = 4096

func (c *lapse) add(at time.Duration, redis bool) {
	if c.width == 0 {
		c.width = time.Millisecond
	}
	at = max(0, at)
	for at/c.width >= mostBuckets {
		c.halve()
	}
	i := int(at / c.width)
	for len(c.buckets) <= i {
		c.buckets = append(c.buckets, bucket{})
	}
	b := &c.buckets[i]
	b.all++
	if redis {
		if b.redis == 0 || at < b.first {
			b.first = at
		}
		b.redis++
	}
}

// halve makes one bucket of two.
func (c *lapse) halve() {
	c.width *= 2
	for i := range (len(c.buckets) + 1) / 2 {
		b := c.buckets[2*i]
		if 2*i+1 < len(c.buckets) {
			next := c.buckets[2*i+1]
			if b.redis == 0 {
				b.first = next.first
			}
			b.redis, b.all = b.redis+next.redis, b.all+next.all
		}
		c.buckets[i] = b
	}
	c.buckets = c.buckets[:(len(c.buckets)+1)/2]
}

// A recovery must be seen to last: for this long, and over this many answers.
// One last answer from Redis is none.
const (
	lasting      = 100 * time.Millisecond
	lastingCount = 5
)

// few reports whether so few answers were cached that they show no use, and none of
// them came from elsewhere.
func (c *lapse) few() bool {
	redis, all := 0, 0
	for _, b := range c.buckets {
		redis, all = redis+b.redis, all+b.all
	}
	return redis == all && all < 4*lastingCount
}

// settled is when the first answer from Redis came, from whose bucket on to the
// end enough of the answers did.
func (c *lapse) settled() (time.Duration, bool) {
	var at time.Duration
	found := false
	redis, all := 0, 0
	end := time.Duration(len(c.buckets)) * c.width
	for _, b := range slices.Backward(c.buckets) {
		redis, all = redis+b.redis, all+b.all
		if b.redis > 0 && all >= lastingCount && end-b.first >= lasting && float64(redis) >= returned*float64(all) {
			at, found = b.first, true
		}
	}
	return at, found
}
