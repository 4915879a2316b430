package claim

import "github.com/trektribe/bench/internal/history"

// starts follows the processes of the instances: how they got ready, and how they ended.
type starts struct {
	blind
	name  string // the end that is counted; empty: the times to get ready
	n     int    // of them
	seen  int    // starts, and ends
	times []element
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
		s.times = append(s.times, element{x: max(0, e.Until-e.At).Seconds(), cut: e.Name == "not ready"})
	}
}

func (s *starts) value() value {
	switch {
	case s.seen == 0, s.name == "" && len(s.times) == 0:
		return noData("instances that the harness starts itself (--target-cmd)", "no instance was seen to start")
	case s.name == "":
		return value{set: s.times}
	}
	return value{x: float64(s.n), samples: s.seen, grain: 1}
}
