// Package guard decides whether a round counts, whatever is measured in it: whether
// the load was the one that was planned, and the faults were delivered.
//
// In go one history and the rules that a round must meet; out come complaints. It
// knows neither measures nor claims.
package guard

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/stats"
)

const (
	// defaultLag is how late at p99 the generator may send while a worker is free, where
	// no duration is judged. Measured on two shared cores: 0.15 ms late at the median,
	// 0.3 to 5 ms at p99. A hundredth of the requests moves no median and no count.
	defaultLag = 10 * time.Millisecond
	// Where durations are judged, the p99 lag may be as long as the shortest: the
	// generator alone can then have put at most one request in a hundred on the wrong
	// side of it. Beyond MostLag the load was not the one that was planned.
	MostLag = 100 * time.Millisecond
	// usualPart of these is what the median lag may be, because it is in every figure.
	usualPart = 0.1
	// mostLost is the share of planned requests that the generator may leave out while
	// a worker is free: with more, the load was not the one that was planned.
	mostLost = 0.01
	// longestStall is the length from which a stall of the machine spoils a round: at
	// 400 requests a second it makes 40 of them late through no fault of the service.
	longestStall = 100 * time.Millisecond
	// briefStalls is the part of the phases up to which stalls leave what is proved in all the rest as it is.
	briefStalls = 0.01
)

// AnyLag lets the generator be as late as it is: for what is proved of requests as they were sent.
const AnyLag = time.Duration(math.MaxInt64)

// LagRemedy is what would let the generator send in time.
const LagRemedy = "a quieter machine or a lower rate"

// Rules are what a round must meet to count.
type Rules struct {
	Phases  func(name string) bool // the phases that matter; nil: all
	Faults  []string               // kinds that must have been delivered
	MostLag time.Duration          // how late the generator may send at p99
	Assumed Assumed
}

// matters reports whether the phase does.
func (r *Rules) matters(phase string) bool { return r.Phases == nil || r.Phases(phase) }

// LagFor is the most lag where the shortest duration that is judged is this; 0: none
// is judged.
func LagFor(shortest time.Duration) time.Duration {
	if shortest == 0 {
		return defaultLag
	}
	return min(shortest, MostLag)
}

// A Complaint is why a round does not count.
type Complaint struct {
	Code   code.Code
	About  string // which fault, problem or requirement; the same for the same cause, whatever its figures
	Text   string
	Remedy string
	Brief  bool // a stall: all of them together are a small part of the phases that matter
}

// A Guard watches one round, whatever is measured in it. The zero Guard is ready.
type Guard struct {
	phases    map[string]*sending
	canceled  int
	ended     bool
	spans     []history.Event
	stalls    []history.Event
	problems  []history.Event
	delivered map[string]*probe.Proof
	uses      uses
	assumed   assumptions
	shared    sharing
}

// sending is how well the generator kept its schedule in one phase.
type sending struct {
	lag     stats.Sketch // of requests that left while a worker was free
	planned int
	lost    int // never sent though a worker was free
}

// Event takes what spoils a round, and the proof of faults.
func (g *Guard) Event(e *history.Event) {
	g.uses.event(e)
	g.assumed.event(e)
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

// Command takes how the service uses its Redis.
func (g *Guard) Command(c *history.Command) {
	g.uses.command(c)
	g.assumed.command(c)
	g.shared.command(c)
}

// stall is how long a hiccup lasted.
func stall(e *history.Event) time.Duration {
	return max(e.Until-e.At, time.Duration(e.Value*float64(time.Second)))
}

// Request takes how late it was sent.
func (g *Guard) Request(r *history.Request) {
	if r.Failure == history.Canceled {
		g.canceled++
		return
	}
	g.uses.request(r)
	g.assumed.request(r)
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

// Complaints are why the round does not count under the rules; empty: it does. What
// went wrong in phases that do not matter is not held against it.
func (g *Guard) Complaints(r Rules) []Complaint {
	var out []Complaint
	add := func(c code.Code, about, remedy, format string, args ...any) {
		out = append(out, Complaint{Code: c, About: about, Text: fmt.Sprintf(format, args...), Remedy: remedy})
	}
	for _, p := range g.problems {
		if p.Phase == "" || r.matters(p.Phase) {
			add(code.Problem, p.Detail, "fix this first: "+p.Detail, "%s", p.Detail)
		}
	}
	if g.canceled > 0 && !g.ended {
		add(code.Cut, "", "a run that is not interrupted", "the round was interrupted, %s before its end", figure.Count(g.canceled, "requests"))
	}
	for _, kind := range r.Faults {
		p := g.delivered[kind]
		switch {
		case p == nil:
			add(code.Undelivered, kind, "a canary that meets "+kind, "nothing proves that the fault %s was delivered", kind)
		case p.Met < p.N:
			add(code.Undelivered, kind, "a phase in which its canaries meet "+kind+", and commands that the service sends to the address which bench gave it, such as REDIS_URL", "the fault %s was not delivered: %s", kind, cmp.Or(p.Why, "its canary did not meet it"))
		}
	}
	out = append(out, g.assumed.complaints(&r)...)
	all := g.sent(r)
	// One late request is no pattern: below a hundred of them it alone would be the p99.
	n := float64(max(1, all.lag.Count()))
	tail := min(0.99, (n-1.5)/n) // the second largest of n: nearest rank n−1
	if lag := all.lag.Quantile(tail); lag > r.MostLag {
		add(code.LateGenerator, "", LagRemedy, "the generator sent late: p99 %s, more than %s", seconds(lag), seconds(r.MostLag))
	}
	if lag, most := all.lag.Quantile(0.5), time.Duration(usualPart*float64(r.MostLag)); lag > most {
		add(code.LateGenerator, "", LagRemedy, "the generator sent late: median %s, more than %s", seconds(lag), seconds(most))
	}
	if float64(all.lost) > mostLost*float64(all.planned) {
		add(code.Unsent, "", LagRemedy, "the generator never sent %s of %s though a worker was free",
			figure.Grouped(fmt.Sprint(all.lost)), figure.Count(all.planned, "requests"))
	}
	brief := g.brief(r)
	for _, s := range g.stalls {
		if g.within(&s, r) {
			add(code.Stall, "", "a quieter machine", "the machine stalled for %s", seconds(stall(&s)))
			out[len(out)-1].Brief = brief
		}
	}
	return out
}

// brief reports whether the stalls are a small part of the phases that matter.
func (g *Guard) brief(r Rules) bool {
	var stalled, all time.Duration
	for _, s := range g.stalls {
		if g.within(&s, r) {
			stalled += stall(&s)
		}
	}
	for _, s := range g.spans {
		if r.matters(s.Name) {
			all += s.Until - s.At
		}
	}
	return float64(stalled) < briefStalls*float64(all)
}

func seconds(d time.Duration) string { return figure.Format(d.Seconds(), "s") }

// sent is how well the generator kept its schedule in the phases that matter.
func (g *Guard) sent(r Rules) (all sending) {
	for name, p := range g.phases {
		if r.matters(name) {
			all.lag.Merge(&p.lag)
			all.planned += p.planned
			all.lost += p.lost
		}
	}
	return all
}

// within reports whether a stall fell into a phase that matters; where no phase was
// recorded, it did.
func (g *Guard) within(e *history.Event, r Rules) bool {
	return len(g.spans) == 0 || slices.ContainsFunc(g.spans, func(s history.Event) bool {
		return r.matters(s.Name) && e.At < s.Until && e.At+stall(e) > s.At
	})
}
