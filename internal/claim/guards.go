package claim

import (
	"fmt"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/stats"
)

const (
	// mostLag is how late at p99 the generator may send while a worker is free.
	// Vegeta on two shared cores is 0.5 ms late at the median and 1 to 3 ms at p99;
	// beyond 5 ms a latency of a few milliseconds is the generator's own.
	mostLag = 5 * time.Millisecond
	// mostLost is the share of planned requests that the generator may fail to
	// send while a worker is free: with more, the load was not the one asked for.
	mostLost = 0.01
	// longestStall is from which length on a stall of the machine spoils a round:
	// at 400 requests a second it makes 40 of them late through nobody's fault.
	longestStall = 100 * time.Millisecond
)

// A complaint is why a round does not count.
type complaint struct {
	kind   string // the same for the same cause, whatever its figures
	text   string
	settle string
}

// guards watch over one round whatever a claim measures. The zero guards are ready.
type guards struct {
	lag       stats.Sketch // of requests that left while a worker was free
	planned   int
	lost      int // never sent though a worker was free
	canceled  int
	ended     bool
	spans     []history.Event
	stalls    []history.Event
	problems  []string
	delivered map[string]*proof
}

func (g *guards) event(e *history.Event) {
	switch e.Kind {
	case history.PhaseSpan:
		g.spans = append(g.spans, *e)
	case history.Hiccup:
		if stall(e) >= longestStall {
			g.stalls = append(g.stalls, *e)
		}
	case history.Problem:
		g.problems = append(g.problems, e.Detail)
	case history.RoundEnd:
		g.ended = true
	case history.Delivery:
		if g.delivered == nil {
			g.delivered = map[string]*proof{}
		}
		if g.delivered[e.Name] == nil {
			g.delivered[e.Name] = &proof{kind: e.Name}
		}
		g.delivered[e.Name].event(e)
	}
}

func stall(e *history.Event) time.Duration {
	return max(e.Until-e.At, time.Duration(e.Value*float64(time.Second)))
}

func (g *guards) request(r *history.Request) {
	if r.Failure == history.Canceled {
		g.canceled++
		return
	}
	g.planned++
	switch {
	case r.Queued:
	case r.Sent > 0:
		g.lag.Record(r.Lag())
	default:
		g.lost++
	}
}

// complaints are why the round does not count for a claim on these faults;
// empty: it does.
func (g *guards) complaints(faults []string) []complaint {
	var out []complaint
	add := func(kind, settle, format string, args ...any) {
		out = append(out, complaint{kind, fmt.Sprintf(format, args...), settle})
	}
	for _, p := range g.problems {
		add("problem "+p, "mending this first: "+p, "%s", p)
	}
	if g.canceled > 0 && !g.ended {
		add("cut", "a run that is not interrupted", "the round was interrupted, %s before its end", count(g.canceled, "requests"))
	}
	for _, kind := range faults {
		p := g.delivered[kind]
		switch {
		case p == nil:
			add("delivery "+kind, "a canary that meets "+kind, "nothing proves that the fault %s was delivered", kind)
		case p.met < p.n:
			why := p.why
			if why == "" {
				why = "its canary did not meet it"
			}
			add("delivery "+kind, "a "+kind+" that its canaries meet", "the fault %s was not delivered: %s", kind, why)
		}
	}
	if lag := g.lag.Quantile(0.99); lag > mostLag {
		add("lag", "a quieter machine or a lower rate", "the generator sent late: p99 %s, more than %s",
			FormatValue(lag.Seconds(), "s"), FormatValue(mostLag.Seconds(), "s"))
	}
	if float64(g.lost) > mostLost*float64(g.planned) {
		add("lost", "a quieter machine or a lower rate", "the generator never sent %s of %s though a worker was free",
			grouped(fmt.Sprint(g.lost)), count(g.planned, "requests"))
	}
	for _, s := range g.stalls {
		if g.within(&s) {
			add("stall", "a quieter machine", "the machine stalled for %s", FormatValue(stall(&s).Seconds(), "s"))
		}
	}
	return out
}

// within reports whether a stall fell into a phase; where no phase was recorded,
// it did.
func (g *guards) within(e *history.Event) bool {
	return len(g.spans) == 0 || slices.ContainsFunc(g.spans, func(s history.Event) bool {
		return e.At < s.Until && e.At+stall(e) > s.At
	})
}
