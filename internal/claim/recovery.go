package claim

import (
	"maps"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/source"
	"github.com/trektribe/bench/internal/history"
)

// returned is the share of cached answers that must come from Redis before it
// counts as used again. Not all of them: a hardened service may rightly answer
// from memory what it holds there.
const returned = 0.9

// recovery is time_to_recover and time_to_fallback: both need the faults first
// and then, per instance, a few instants and counts.
type recovery struct {
	on        string // the dependency
	faults    []history.Event
	instances map[string]*outage
	of        func(*outage, string) (figure.Element, *figure.Absence)
}

// An outage is one instance's.
type outage struct {
	ordeal
	before bool          // it answered from the dependency before the first fault
	last   time.Duration // Done of its last request
	other  time.Duration // first answer from elsewhere, asked for in the fault; 0: none
	curve  curve         // since the last heal
}

func startRecover(_ *walk, args []expr.Arg) probe {
	return &recovery{on: args[0].Name, instances: map[string]*outage{}, of: (*outage).recovered}
}

func startFallback(_ *walk, args []expr.Arg) probe {
	return &recovery{on: args[0].Name, instances: map[string]*outage{}, of: (*outage).fellBack}
}

func (v *recovery) Event(e *history.Event) {
	if isFault(e, v.on) {
		v.faults = append(v.faults, *e)
	}
}

func (v *recovery) Request(r *history.Request) {
	if r.Failure == history.Canceled {
		return
	}
	o := v.outage(r.Instance)
	if !o.faulted {
		return
	}
	o.last = max(o.last, r.Done)
	if !r.OK() {
		return
	}
	if r.Source == v.on && r.Done <= o.began {
		o.before = true
	}
	elsewhere := r.Source == "memory" || r.Source == "database" || r.Source == "ai"
	if elsewhere && r.Intended >= o.began && (o.firstHeal == 0 || r.Done <= o.firstHeal) && (o.other == 0 || r.Done < o.other) {
		o.other = r.Done
	}
	if o.healed && r.Intended >= o.lifting && source.Is(r.Source, source.Cache) {
		o.curve.add(r.Done-o.lifting, r.Source == v.on)
	}
}

// outage is the instance's; made when it is first asked for, from the faults
// that name it or all.
func (v *recovery) outage(instance string) *outage {
	if o := v.instances[instance]; o != nil {
		return o
	}
	o := &outage{ordeal: ordealOf(v.faults, instance)}
	v.instances[instance] = o
	return o
}

func (v *recovery) Value() figure.Value {
	for _, e := range v.faults {
		if e.Instance != "" {
			v.outage(e.Instance) // also one that nothing was asked of
		}
	}
	var out figure.Value
	for _, name := range slices.Sorted(maps.Keys(v.instances)) {
		o := v.instances[name]
		if !o.faulted {
			continue
		}
		e, none := o.measure(v, name)
		if none != nil {
			return figure.Value{None: none}
		}
		out.Set = append(out.Set, e)
	}
	if len(out.Set) == 0 {
		return figure.NoData("a phase with a fault on "+v.on, "no fault on %s was observed", v.on)
	}
	return out
}

func (o *outage) measure(v *recovery, instance string) (figure.Element, *figure.Absence) {
	switch {
	case o.last == 0:
		return figure.Element{}, figure.Absent("nothing was asked of instance "+instance, "traffic to every instance")
	case !o.before:
		return figure.Element{}, figure.Absent("instance "+instance+" never answered from "+v.on+" before the fault, or does not say so",
			"X-Source: "+v.on+" on its answers, and a phase before the fault long enough for cached answers")

	}
	return v.of(o, v.on)
}

// recovered is from the end of the heal's switch to the first answer from which
// on the dependency is used again.
func (o *outage) recovered(on string) (figure.Element, *figure.Absence) {
	if !o.healed {
		return figure.Element{}, figure.Absent(on+" was not healed before the history ended", "a phase after the fault")
	}
	if at, ok := o.curve.settled(); ok {
		return figure.Element{X: max(0, o.lifting+at-o.lifted).Seconds()}, nil
	}
	if o.last <= o.lifted {
		return figure.Element{}, figure.Absent("nothing was answered after "+on+" was healed", "a phase with traffic after the fault")
	}
	return figure.Element{X: (o.last - o.lifted).Seconds(), Cut: true}, nil
}

// fellBack is from the end of the fault's switch to the first answer that came
// from elsewhere.
func (o *outage) fellBack(string) (figure.Element, *figure.Absence) {
	if o.other > 0 {
		return figure.Element{X: max(0, o.other-o.set).Seconds()}, nil
	}
	watched := o.last
	if o.firstHeal > 0 {
		watched = min(watched, o.firstHeal)
	}
	if watched <= o.set {
		return figure.Element{}, figure.Absent("nothing was asked during the fault", "traffic in the phase with the fault")
	}
	return figure.Element{X: (watched - o.set).Seconds(), Cut: true}, nil
}

// A curve counts cached answers over the time since the heal, in flat memory: its
// buckets start at a millisecond and double whenever time outgrows them. The zero
// curve is empty.
type curve struct {
	width   time.Duration
	buckets []bucket
}

type bucket struct {
	redis, all int
	first      time.Duration // of redis
}

const mostBuckets = 4096

func (c *curve) add(at time.Duration, redis bool) {
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
func (c *curve) halve() {
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

// settled is when the first answer from Redis came, from whose bucket on to the
// end enough of the answers did.
func (c *curve) settled() (time.Duration, bool) {
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
