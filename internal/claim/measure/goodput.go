package measure

import (
	"maps"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/impact"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/history"
)

// goodputLostRow is the row of goodput_lost.
func goodputLostRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "goodput_lost", Args: "(stream[…], 300ms)", Params: []expr.Param{expr.Selection, expr.Limit}, Keys: expr.PlannedKeys(),
			Form: expr.Counted, Label: "goodput lost", Noun: "requests", Failing: true,
		},
		Unit: "count",
		Doc: "Number of planned requests without a correct answer within the bound, from the beginning of the first fault " +
			"on their instance to the end of the round: the cost of the fault and of its aftermath.",
		start: startLost,
	}
}

// timeToGoodputRow is the row of time_to_goodput.
func timeToGoodputRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "time_to_goodput", Args: "(stream[…], 300ms)", Params: []expr.Param{expr.Selection, expr.Limit}, Keys: expr.PlannedKeys(),
			Form: expr.Set, Dims: figure.Seconds, Label: "time to goodput", Noun: "recoveries", Failing: true,
		},
		Unit: "set of durations",
		Doc: "For each instance: from the beginning of the first fault to the intended time of the first request from " +
			"which on, until the fault ends, 99 % are answered correctly within the bound, and 95 % in each bin of 100 ms " +
			"(or of 20 requests, when these take longer). About one gap between requests when nothing was lost. At least " +
			"the time observed when that never came.",
		start: startGoodput,
	}
}

// timeToSteadyRow is the row of time_to_steady.
func timeToSteadyRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "time_to_steady", Args: "(stream[…], 300ms)", Params: []expr.Param{expr.Selection, expr.Limit}, Keys: expr.PlannedKeys(),
			Form: expr.Set, Dims: figure.Seconds, Label: "time to steady", Noun: "recoveries", Failing: true,
		},
		Unit: "set of durations",
		Doc: "For each instance: from the end of the last fault to the beginning of the first 100 ms from which on, until " +
			"the end of the round, it answers as before the fault. The time before is the later half of what came before " +
			"the fault, at most 3 s; it must itself be a steady state, longer than the times to live. As before means " +
			"three things. Correct answers within the bound: at least 99 % as many. Hit ratio: within 5 points plus " +
			"chance; it stands for the load on the database. Latency: 95 % of the answers within twice their p95 before " +
			"the fault plus 5 ms, for answers from a cache and others apart. All requests that follow must match, and so " +
			"must each half second of them (or 50 requests, when these take longer), except for chance: three standard " +
			"deviations. The resolution is 100 ms, and about twenty requests when only a share of them tells. At least " +
			"the time observed when no half second matches: over a long time, that is an overload that sustains itself.",
		start: startSteady,
	}
}

// askings keeps the requests of each instance that a selector asks for, and all faults.
type askings struct {
	probe.Tally
	bound  time.Duration
	faults []history.Event
	of     map[string][]impact.Request
}

func newAskings(args []expr.Arg) askings {
	return askings{Tally: probe.Tally{Sel: args[0].Selector}, bound: args[1].Span, of: map[string][]impact.Request{}}
}

func (a *askings) Event(e *history.Event) {
	if impact.IsFault(e, "") {
		a.faults = append(a.faults, *e)
	}
}

func (a *askings) Request(r *history.Request) {
	if a.See(r) {
		a.of[r.Instance] = append(a.of[r.Instance], impact.RequestOf(r))
	}
}

// each makes a set of one element for each instance that was hurt.
func (a *askings) each(measure func(impact.Window, []impact.Request) (figure.Element, *figure.Absence)) figure.Value {
	if none := a.Missing(); none != nil {
		return figure.Value{None: none}
	}
	var out figure.Value
	for _, name := range slices.Sorted(maps.Keys(a.of)) {
		o := impact.WindowOf(a.faults, name)
		if !o.Faulted {
			continue
		}
		rs := a.of[name]
		impact.Sort(rs)
		e, none := measure(o, rs)
		if none != nil {
			return figure.Value{None: figure.Absent("instance "+name+": "+none.Why, none.Remedy)}
		}
		out.Set = append(out.Set, e)
	}
	if len(out.Set) == 0 {
		return figure.NoData("a phase with a fault on an instance that "+a.Sel.Text+" asks", "no fault was observed on an instance that %s asks", a.Sel.Text)
	}
	return out
}

// goodputLost is goodput_lost: how many requests since the first fault got no correct
// answer within the bound.
type goodputLost struct{ askings }

func startLost(_ *probe.Walk, args []expr.Arg) probe.Probe { return &goodputLost{newAskings(args)} }

func (l *goodputLost) Value() figure.Value {
	if none := l.Missing(); none != nil {
		return figure.Value{None: none}
	}
	v := figure.Value{Grain: 1}
	for name, rs := range l.of {
		o := impact.WindowOf(l.faults, name)
		for _, r := range rs {
			if !o.Faulted || r.At < o.Began {
				continue
			}
			if v.Samples++; !r.Good(l.bound) {
				v.X++
			}
		}
	}
	if v.Samples == 0 {
		return figure.NoData("a fault, and traffic of "+l.Sel.Text+" after it begins", "no request of %s came to an instance after a fault began there", l.Sel.Text)
	}
	return v
}

// timeToGoodput is time_to_goodput.
type timeToGoodput struct{ askings }

func startGoodput(_ *probe.Walk, args []expr.Arg) probe.Probe {
	return &timeToGoodput{newAskings(args)}
}

func (g *timeToGoodput) Value() figure.Value {
	return g.each(func(o impact.Window, rs []impact.Request) (figure.Element, *figure.Absence) {
		return impact.TimeToGoodput(o, rs, g.bound)
	})
}

// timeToSteady is time_to_steady.
type timeToSteady struct{ askings }

func startSteady(_ *probe.Walk, args []expr.Arg) probe.Probe { return &timeToSteady{newAskings(args)} }

func (s *timeToSteady) Value() figure.Value {
	return s.each(func(o impact.Window, rs []impact.Request) (figure.Element, *figure.Absence) {
		return impact.TimeToSteady(o, rs, s.bound)
	})
}
