package claim

import (
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// starts follows the processes of the instances: how they got ready, and how they ended.
type starts struct {
	blind
	name  string // the end that is counted; empty: the times to get ready
	n     int    // of them
	seen  int    // starts, and ends
	times []figure.Element
}

func startExits([]arg) probe       { return &starts{name: "exit"} }
func startNotReady([]arg) probe    { return &starts{name: "not ready"} }
func startTimeToReady([]arg) probe { return &starts{} }

func (s *starts) event(e *history.Event) {
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

func (s *starts) value() figure.Value {
	switch {
	case s.seen == 0, s.name == "" && len(s.times) == 0:
		return figure.NoData("instances that the harness starts itself (--target-cmd)", "no instance was seen to start")
	case s.name == "":
		return figure.Value{Set: s.times}
	}
	return figure.Value{X: float64(s.n), Samples: s.seen, Grain: 1}
}
