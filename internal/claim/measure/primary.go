package measure

import (
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/impact"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/history"
)

// timeToPrimaryRow is the row of time_to_primary.
func timeToPrimaryRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "time_to_primary", Args: "(redis)", Params: []expr.Param{expr.Dependency},
			Form: expr.Set, Dims: figure.Seconds, Label: "time to the new primary", Noun: "faults",
		},
		Unit: "set of durations",
		Doc: "For each fault on a Redis of several servers: from its beginning until another server takes writes, by the word of " +
			"most of those that decide it: of two sentinels. They are asked every 20 ms. At least the time " +
			"that the fault lasted when no other was named until it was lifted.",
		start: func(_ *probe.Walk, args []expr.Arg) probe.Probe { return &newPrimaries{on: args[0].Name} },
	}
}

// newPrimaries is time_to_primary.
type newPrimaries struct {
	probe.Blind
	on                string
	faults, primaries []history.Event
}

func (n *newPrimaries) Event(e *history.Event) {
	switch {
	case impact.IsFault(e, n.on):
		n.faults = append(n.faults, *e)
	case e.Kind == history.Primary && e.On == n.on:
		n.primaries = append(n.primaries, *e)
	}
}

func (n *newPrimaries) Value() figure.Value {
	set, none := impact.TimesToPrimary(n.on, n.faults, n.primaries)
	return figure.Value{Set: set, None: none}
}
