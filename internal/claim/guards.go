package claim

import (
	"fmt"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/stats"
)

const (
	// mostLag is how late at p99 the generator may send while a worker is free,
	// for a claim that names no duration. Measured on two shared cores: 0.15 ms late
	// at the median, 0.3 to 5 ms at p99. A hundredth of the requests moves no median
	// and no count.
	mostLag = 10 * time.Millisecond
	// A claim that names durations bears a p99 lag of the shortest: then the generator
	// alone can have put at most one request in a hundred on the wrong side of it.
	// At mostEver no claim bears it: the load was not the one that was planned.
	mostEver = 100 * time.Millisecond
	// usualPart of these is what the median lag may be, which is in every figure.
	usualPart = 0.1
	// mostLost is the share of planned requests that the generator may fail to
	// send while a worker is free: with more, the load was not the one asked for.
	mostLost = 0.01
	// longestStall is from which length on a stall of the machine spoils a round:
	// at 400 requests a second it makes 40 of them late through nobody's fault.
	longestStall = 100 * time.Millisecond
)

// settleLag is what would let the generator send in time.
const settleLag = "a quieter machine or a lower rate"

// A complaint is why a round does not count.
type complaint struct {
	kind   string // the same for the same cause, whatever its figures
	text   string
	settle string
}

// guards watch over one round whatever a claim measures. The zero guards are ready.
type guards struct {
	phases    map[string]*sending
	canceled  int
	ended     bool
	spans     []history.Event
	stalls    []history.Event
	problems  []history.Event
	delivered map[string]*probe.Proof
}

// sending is how well the generator kept its schedule in one phase.
type sending struct {
	lag     stats.Sketch // of requests that left while a worker was free
	planned int
	lost    int // never sent though a worker was free
}

func (g *guards) Event(e *history.Event) {
	switch e.Kind {
	case history.PhaseSpan:
		g.spans = append(g.spans, *e)
	case history.Hiccup:
		if stall(e) >= longestStall {
			g.stalls = append(g.stalls, *e)
		}
	case history.Problem:
		g.problems = append(g.problems, *e)
	case history.RoundEnd:
		g.ended = true
	case history.Delivery:
		if g.delivered == nil {
			g.delivered = map[string]*probe.Proof{}
		}
		if g.delivered[e.Name] == nil {
			g.delivered[e.Name] = &probe.Proof{Kind: e.Name}
		}
		g.delivered[e.Name].Event(e)
	}
}

func stall(e *history.Event) time.Duration {
	return max(e.Until-e.At, time.Duration(e.Value*float64(time.Second)))
}

func (g *guards) Request(r *history.Request) {
	if r.Failure == history.Canceled {
		g.canceled++
		return
	}
	p := g.phases[r.Phase]
	if p == nil {
		p = &sending{}
		if g.phases == nil {
			g.phases = map[string]*sending{}
		}
		g.phases[r.Phase] = p
	}
	p.planned++
	switch {
	case r.Queued:
	case r.Sent > 0:
		p.lag.Record(r.Lag())
	default:
		p.lost++
	}
}

// complaints are why the round does not count for c; empty: it does. What went
// wrong in phases that c does not speak about is not held against it.
func (g *guards) complaints(c *Claim) []complaint {
	var out []complaint
	add := func(kind, settle, format string, args ...any) {
		out = append(out, complaint{kind, fmt.Sprintf(format, args...), settle})
	}
	for _, p := range g.problems {
		if p.Phase == "" || c.about(p.Phase) {
			add("problem "+p.Detail, "mending this first: "+p.Detail, "%s", p.Detail)
		}
	}
	if g.canceled > 0 && !g.ended {
		add("cut", "a run that is not interrupted", "the round was interrupted, %s before its end", figure.Count(g.canceled, "requests"))
	}
	for _, kind := range c.faults {
		p := g.delivered[kind]
		switch {
		case p == nil:
			add("delivery "+kind, "a canary that meets "+kind, "nothing proves that the fault %s was delivered", kind)
		case p.Met < p.N:
			why := p.Why
			if why == "" {
				why = "its canary did not meet it"
			}
			add("delivery "+kind, "a "+kind+" that its canaries meet", "the fault %s was not delivered: %s", kind, why)
		}
	}
	var all sending
	for name, p := range g.phases {
		if c.about(name) {
			all.lag.Merge(&p.lag)
			all.planned += p.planned
			all.lost += p.lost
		}
	}
	// One late request is no pattern: below a hundred of them it alone would be the p99.
	n := float64(max(1, all.lag.Count()))
	tail := min(0.99, (n-1.5)/n) // the second largest of n: nearest rank n−1
	if lag := all.lag.Quantile(tail); lag > c.mostLag {
		add("lag", settleLag, "the generator sent late: p99 %s, more than %s",
			figure.Format(lag.Seconds(), "s"), figure.Format(c.mostLag.Seconds(), "s"))
	}
	if lag, most := all.lag.Quantile(0.5), time.Duration(usualPart*float64(c.mostLag)); lag > most {
		add("lag", settleLag, "the generator sent late: median %s, more than %s",
			figure.Format(lag.Seconds(), "s"), figure.Format(most.Seconds(), "s"))
	}
	if float64(all.lost) > mostLost*float64(all.planned) {
		add("lost", settleLag, "the generator never sent %s of %s though a worker was free",
			figure.Grouped(fmt.Sprint(all.lost)), figure.Count(all.planned, "requests"))
	}
	for _, s := range g.stalls {
		if g.within(&s, c) {
			add("stall", "a quieter machine", "the machine stalled for %s", figure.Format(stall(&s).Seconds(), "s"))
		}
	}
	return out
}

// within reports whether a stall fell into a phase that c speaks about; where no
// phase was recorded, it did.
func (g *guards) within(e *history.Event, c *Claim) bool {
	return len(g.spans) == 0 || slices.ContainsFunc(g.spans, func(s history.Event) bool {
		return c.about(s.Name) && e.At < s.Until && e.At+stall(e) > s.At
	})
}

// lagFor is how late at p99 the generator may send where the shortest duration that
// is judged is this; 0: none is.
func lagFor(shortest time.Duration) time.Duration {
	if shortest == 0 {
		return mostLag
	}
	return min(shortest, mostEver)
}
