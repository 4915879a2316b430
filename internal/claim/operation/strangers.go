package operation

import (
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/history"
)

// strangersServed is its row.
func strangersServed() Row {
	return Row{
		Signature: expr.Signature{
			Name: "strangers_served", Args: "(redis)", Params: []expr.Param{expr.Dependency},
			Form: expr.Counted, Label: "strangers served", Noun: "connections",
		},
		Unit: "count",
		Doc: "Number of bench's own connections without the password of Redis, or with a wrong one, whose read was answered. " +
			"Redis is asked so at the beginning and at the end of each segment, past the proxies. One that met no answer counts for nothing.",
		Start: func(_ *probe.Walk, args []expr.Arg) probe.Probe { return &strangers{on: args[0].Name} },
	}
}

// strangers counts what Redis said to who lacks its password.
type strangers struct {
	probe.Blind
	on            string
	served, heard int
	none          string // what one met that was not answered
}

func (s *strangers) Event(e *history.Event) {
	if e.Kind != history.Stranger || e.On != s.on {
		return
	}
	switch e.Detail {
	case "silence", "eof", "reset", "refused", "error":
		s.none = e.Detail
		return
	case "reply":
		s.served++
	}
	s.heard++
}

func (s *strangers) Value() figure.Value {
	switch {
	case s.heard == 0 && s.none != "":
		return figure.NoData("a "+s.on+" that runs while it is asked", "no connection was answered: the last met %s", s.none)
	case s.heard == 0:
		return figure.NoData("a "+s.on+" that bench knows: its own, or --redis URL", "%s was never asked without its password", s.on)
	}
	return figure.Value{X: float64(s.served), Samples: s.heard, Grain: 1}
}
