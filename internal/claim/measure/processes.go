package measure

import (
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/history"
)

// exitsRow is the row of exits.
func exitsRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "exits", Args: "()",
			Form: expr.Counted, Label: "exits", Noun: "starts",
		},
		Unit: "count",
		Doc: "Number of times that an instance exited by itself: not ended by a fault or by the harness. Behind a shell or a " +
			"supervisor, what listens on the instance's port counts (Linux).",
		start: startExits,
	}
}

// notReadyRow is the row of not_ready.
func notReadyRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "not_ready", Args: "()",
			Form: expr.Counted, Label: "not ready", Noun: "starts",
		},
		Unit:  "count",
		Doc:   "Number of times that a started instance did not get ready in time: GET /health did not answer 200.",
		start: startNotReady,
	}
}

// timeToReadyRow is the row of time_to_ready.
func timeToReadyRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "time_to_ready", Args: "()",
			Form: expr.Set, Dims: figure.Seconds, Label: "time to ready", Noun: "starts",
		},
		Unit: "set of durations",
		Doc: "From each start of an instance to its first 200 of GET /health. At least the time waited when it did not get " +
			"ready.",
		start: startTimeToReady,
	}
}

// starts follows the processes of the instances: how they got ready, and how they ended.
type starts struct {
	probe.Blind
	name  string // the end that is counted; empty: the times to get ready
	n     int    // of them
	seen  int    // starts, and ends
	times []figure.Element
}

func startExits(*probe.Walk, []expr.Arg) probe.Probe       { return &starts{name: "exit"} }
func startNotReady(*probe.Walk, []expr.Arg) probe.Probe    { return &starts{name: "not ready"} }
func startTimeToReady(*probe.Walk, []expr.Arg) probe.Probe { return &starts{} }

func (s *starts) Event(e *history.Event) {
	if e.Kind != history.Process || e.Name != "ready" && e.Name != "not ready" && e.Name != "exit" {
		return
	}
	s.seen++
	if e.Name == s.name {
		s.n++
	}
	if e.Name != "exit" {
		s.times = append(s.times, figure.Element{X: max(0, e.Until-e.At).Seconds(), Cut: e.Name == "not ready"})
	}
}

func (s *starts) Value() figure.Value {
	switch {
	case s.seen == 0, s.name == "" && len(s.times) == 0:
		return figure.NoData("instances that the harness starts itself (--target-cmd)", "no instance was seen to start")
	case s.name == "":
		return figure.Value{Set: s.times}
	}
	return figure.Value{X: float64(s.n), Samples: s.seen, Grain: 1}
}
