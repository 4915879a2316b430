package run

import (
	"sync"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/scenarios"
)

// restart is about what a segment costs beside its phases: instances stopped and started, lead, last answers.
const restart = 600 * time.Millisecond

// An estimate says how long a run still takes if every scenario is decided
// after its fewest rounds. It is for the progress line only.
type estimate struct {
	later   time.Duration // the scenarios after this one
	each    time.Duration // one round of this one
	rounds  int           // of this one
	n       int
	started time.Time // of round n
}

func newEstimate(all []*scenarios.Scenario, index int) *estimate {
	e := &estimate{each: cost(all[index]), rounds: all[index].Rounds.Min, n: 1, started: time.Now()}
	for _, s := range all[index+1:] {
		least, _ := Estimate(s)
		e.later += least
	}
	return e
}

// Estimate is about how long a run of s takes: with its fewest rounds, and with its most.
func Estimate(s *scenarios.Scenario) (least, most time.Duration) {
	return time.Duration(s.Rounds.Min) * cost(s), time.Duration(s.Rounds.Max) * cost(s)
}

// cost is about how long one round of s takes.
func cost(s *scenarios.Scenario) time.Duration {
	return s.RoundLength() + time.Duration(len(s.Segments()))*restart
}

func (e *estimate) round(n int) { e.n, e.started = n, time.Now() }

func (e *estimate) left() time.Duration {
	rounds := max(e.rounds, e.n) - e.n + 1
	return e.later + max(0, time.Duration(rounds)*e.each-time.Since(e.started))
}

// A sink passes events on to the round that is being written, and drops them
// between rounds: the lab lives longer than a round's files.
type sink struct {
	mu  sync.Mutex
	out func(history.Event)
}

func (s *sink) to(out func(history.Event)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = out
}

func (s *sink) record(e history.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.out != nil {
		s.out(e)
	}
}
