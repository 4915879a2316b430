package operation

import (
	"cmp"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/history"
)

// ofAlerts is what settles a claim about alerts that were not read.
const ofAlerts = "a Prometheus with this alert, whose URL bench is told (--alerts http://host:port)"

// aboutAlerts is what these measures say of their figure.
const aboutAlerts = " Prometheus is asked once a second, and what came between two questions is known to half a second on either side."

// timeToFire is its row.
func timeToFire() Row {
	return Row{
		Signature: expr.Signature{
			Name: "time_to_fire", Args: "(alert)", Params: []expr.Param{expr.Metric},
			Form: expr.Scalar, Dims: figure.Seconds, Label: "time to fire", Noun: "faults",
		},
		Unit: "duration",
		Doc: "From the beginning of the first fault until Prometheus says that the alert fires. At least the time observed when it did not. " +
			"No data where it was not quiet before." + aboutAlerts,
		Start: alerted(func(a *alert) figure.Value { return a.toFire() }),
	}
}

// timeToResolve is its row.
func timeToResolve() Row {
	return Row{
		Signature: expr.Signature{
			Name: "time_to_resolve", Args: "(alert)", Params: []expr.Param{expr.Metric},
			Form: expr.Scalar, Dims: figure.Seconds, Label: "time to resolve", Noun: "faults",
		},
		Unit: "duration",
		Doc: "From the end of the last fault until an alert that fired fires no more, and does not again. At least the time observed when it " +
			"still did. No data where it did not fire after the fault began." + aboutAlerts,
		Start: alerted(func(a *alert) figure.Value { return a.toResolve() }),
	}
}

// fired is its row.
func fired() Row {
	return Row{
		Signature: expr.Signature{
			Name: "fired", Args: "(alert[phase=…])", Params: []expr.Param{expr.Metric}, Keys: []string{"phase"},
			Form: expr.Counted, Label: "fired", Noun: "alerts",
		},
		Unit:  "count",
		Doc:   "How often the alert began to fire within the phases, or fired already when they began. At least that often where its state was not always known." + aboutAlerts,
		Start: alerted(func(a *alert) figure.Value { return a.fired() }),
	}
}

// askedWithin is how long after a phase began, and before it ended, Prometheus must have been asked at least: it is each second.
const askedWithin = 2 * time.Second

// alerted makes the probe of a measure.
func alerted(of func(*alert) figure.Value) func(*probe.Walk, []expr.Arg) probe.Probe {
	return func(_ *probe.Walk, args []expr.Arg) probe.Probe {
		return &alert{name: args[0].Name, phases: args[0].Selector, others: map[string]bool{}, of: of}
	}
}

// alert is what Prometheus said of one.
type alert struct {
	probe.Blind
	name   string
	phases expr.Selector
	of     func(*alert) figure.Value

	told          []history.Event // of it
	others        map[string]bool // alerts that there are
	none          string          // why none was read; empty: some were, or nobody asked
	spans         []history.Event // of the phases that it is about
	faults, heals []history.Event
}

func (a *alert) Event(e *history.Event) {
	switch {
	case e.Kind == history.Alert && e.Name == "":
		a.none = e.Detail
	case e.Kind == history.Alert:
		a.others[e.Name] = true
		if e.Name == a.name {
			a.told = append(a.told, *e)
		}
	case e.Kind == history.FaultOn:
		a.faults = append(a.faults, *e)
	case e.Kind == history.FaultOff:
		a.heals = append(a.heals, *e)
	case e.Kind == history.PhaseSpan && a.phases.Phase(e.Name):
		a.spans = append(a.spans, *e)
	}
}

func (a *alert) Value() figure.Value {
	switch {
	case len(a.told) > 0:
		slices.SortStableFunc(a.told, func(x, y history.Event) int { return cmp.Compare(x.Until, y.Until) })
		return a.of(a)
	case len(a.others) > 0:
		return figure.NoData("the name of an alert that it has", "Prometheus has no alert %s; it has %s", a.name, strings.Join(slices.Sorted(maps.Keys(a.others)), ", "))
	case a.none != "":
		return figure.NoData(ofAlerts, "%s", a.none)
	}
	return figure.NoData(ofAlerts, "no Prometheus was asked for its alerts")
}

// known reports whether an event tells a state.
func known(e history.Event) bool {
	return e.Detail == history.AlertInactive || e.Detail == history.AlertPending || e.Detail == history.AlertFiring
}

// since is after which instant told[i] can have come about: states that are not known before it may have hidden it.
func (a *alert) since(i int) time.Duration {
	at := a.told[i].At
	for ; i > 0 && !known(a.told[i-1]); i-- {
		at = a.told[i-1].At
	}
	return at
}

// at is the state at an instant, and its place; false: it was not asked by then.
func (a *alert) at(t time.Duration) (i int, ok bool) {
	for i+1 < len(a.told) && a.told[i+1].Until <= t {
		i++
	}
	return i, a.told[i].Until <= t
}

// between is the time from an instant to a change that came after lo and by hi.
func between(from, lo, hi time.Duration) figure.Value {
	lo = max(lo, from)
	return figure.Value{X: ((lo+hi)/2 - from).Seconds(), Resolution: (hi - lo).Seconds() / 2, Samples: 1}
}

func (a *alert) toFire() figure.Value {
	if len(a.faults) == 0 {
		return figure.NoData("a phase with a fault", "no fault was observed")
	}
	began := a.began()
	i, asked := a.at(began)
	switch {
	case !asked:
		return figure.NoData("a phase before the fault", "Prometheus was not asked before the fault")
	case !known(a.told[i]):
		return figure.NoData(ofAlerts, "before the fault: %s", a.told[i].Detail)
	case a.told[i].Detail != history.AlertInactive:
		return figure.NoData("a fault that begins while the alert is quiet", "%s was %s before the fault", a.name, a.told[i].Detail)
	}
	for i++; i < len(a.told); i++ {
		if a.told[i].Detail == history.AlertFiring {
			return between(began, a.since(i), a.told[i].Until)
		}
	}
	return until(began, a.watched())
}

// began is when the first fault did; there is one.
func (a *alert) began() time.Duration {
	return slices.MinFunc(a.faults, func(x, y history.Event) int { return cmp.Compare(x.At, y.At) }).At
}

// watched is until when the state was known.
func (a *alert) watched() time.Duration {
	last := len(a.told) - 1
	if known(a.told[last]) {
		return a.told[last].Until
	}
	return a.since(last)
}

// until is a time that had not ended when the observation did.
func until(from, end time.Duration) figure.Value {
	if end <= from {
		return figure.NoData("a Prometheus that answers", "the alert's state was not known after it")
	}
	return figure.Value{X: (end - from).Seconds(), Cut: figure.AtLeast, Samples: 1}
}

func (a *alert) toResolve() figure.Value {
	if len(a.faults) == 0 || len(a.heals) == 0 {
		return figure.NoData("a fault that is lifted before the round ends", "no fault was lifted")
	}
	lifted := slices.MaxFunc(a.heals, func(x, y history.Event) int { return cmp.Compare(x.Until, y.Until) }).Until
	last := -1
	for i, e := range a.told {
		if e.Detail == history.AlertFiring && e.Until > a.began() {
			last = i
		}
	}
	if last < 0 {
		return figure.NoData("a fault under which the alert fires", "%s did not fire after the fault began", a.name)
	}
	for i := last + 1; i < len(a.told); i++ {
		if known(a.told[i]) {
			return between(lifted, a.since(i), max(lifted, a.told[i].Until))
		}
	}
	return until(lifted, a.told[last].Until)
}

func (a *alert) fired() figure.Value {
	if len(a.spans) == 0 {
		return figure.NoData("a phase that is played to its end", "none of these phases was played to its end")
	}
	v := figure.Value{Grain: 1, Samples: len(a.spans)}
	for _, span := range a.spans {
		i, asked := a.at(span.At + askedWithin)
		unknown := !asked || !known(a.told[i]) || a.watched() < span.Until-askedWithin
		i, _ = a.at(span.At)
		firing := a.told[i].Until <= span.Until && a.told[i].Detail == history.AlertFiring
		if firing {
			v.X++
		}
		for i++; i < len(a.told) && a.told[i].Until <= span.Until; i++ {
			if !known(a.told[i]) {
				unknown = true
				continue
			}
			was := firing
			if firing = a.told[i].Detail == history.AlertFiring; firing && !was {
				v.X++
			}
		}
		if unknown {
			v.Cut = figure.AtLeast
		}
	}
	if v.X == 0 && v.Cut != figure.Whole {
		return figure.NoData(ofAlerts, "the state of %s was not always known", a.name)
	}
	return v
}
