package picture

import (
	"cmp"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// An axis places the instants of one round where its phases were planned.
type axis struct {
	phases []Phase
	real   map[string]history.Event // by phase: when it really ran
}

// of is the place of an instant in a phase. False: the phase is not known.
func (a *axis) of(phase string, at time.Duration) (x float64, ok bool) {
	e, ok := a.real[phase]
	i := slices.IndexFunc(a.phases, func(p Phase) bool { return p.Name == phase })
	if !ok || i < 0 || e.Until <= e.At {
		return 0, false
	}
	p := a.phases[i]
	share := (at - e.At).Seconds() / (e.Until - e.At).Seconds()
	return p.From + min(max(share, 0), 1-1e-9)*(p.To-p.From), true
}

// at is the place of an instant: between two phases, the end of the earlier one.
func (a *axis) at(at time.Duration) float64 {
	x := 0.0
	for _, p := range a.phases {
		if e, ok := a.real[p.Name]; ok && e.At <= at {
			x, _ = a.of(p.Name, at)
		}
	}
	return x
}

// faulted names the nth fault of a kind on something.
type faulted struct {
	kind, on, instance string
	n                  int
}

// A fault is one fault of one round.
type fault struct {
	faulted
	detail   string
	from, to float64
}

// faultsOf pairs the switches of faults. One that was never lifted lasts to the end.
func faultsOf(events []history.Event, a *axis) (out []fault) {
	byTime := slices.Clone(events)
	slices.SortStableFunc(byTime, func(a, b history.Event) int { return cmp.Compare(a.At, b.At) })
	end := 0.0
	if n := len(a.phases); n > 0 {
		end = a.phases[n-1].To
	}
	count := map[faulted]int{}
	open := map[faulted]int{} // the place in out of one that is on
	for _, e := range byTime {
		k := faulted{kind: e.Name, on: e.On, instance: e.Instance}
		i, on := open[k]
		switch {
		case e.Kind == history.FaultOn && !on:
			f := fault{faulted: k, detail: e.Detail, from: a.at(e.At), to: end}
			f.n = count[k]
			count[k]++
			open[k] = len(out)
			out = append(out, f)
		case e.Kind == history.FaultOff && on:
			out[i].to = max(out[i].from, a.at(e.At))
			delete(open, k)
		}
	}
	return out
}

// placed is where a fault was in the rounds, all together.
type placed struct {
	rounds   int
	from, to float64
	detail   string
}

func (p *placed) add(f fault) { p.rounds, p.from, p.to = p.rounds+1, p.from+f.from, p.to+f.to }

func (p *placed) fault(f faulted) Fault {
	n := float64(p.rounds)
	return Fault{Kind: f.kind, On: f.on, Instance: f.instance, Detail: p.detail, From: short(figure.Finite(p.from / n)), To: short(figure.Finite(p.to / n))}
}
