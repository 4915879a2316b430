package run

import (
	"time"

	"github.com/trektribe/bench/internal/run/lanes"
	"github.com/trektribe/bench/reports"
	"github.com/trektribe/bench/scenarios"
)

// A display shows the progress of one scenario of a run.
type display struct {
	to       Progress
	state    reports.State
	estimate *estimate
}

func newDisplay(on stage, all []*scenarios.Scenario, index int) *display {
	s := all[index]
	return &display{to: on, estimate: newEstimate(s, on.later),
		state: reports.State{Scenario: s.Name, N: index + 1, Of: len(all), Least: s.Rounds.Min, Most: s.Rounds.Max}}
}

// round begins round n.
func (d *display) round(n int) {
	d.state.Round = n
	d.estimate.round(n)
}

// show shows the phase, and what it does to the target.
func (d *display) show(phase, hurt string) {
	d.state.Phase, d.state.Hurt, d.state.Left = phase, hurt, d.estimate.left()
	d.to.Show(d.state)
}

// An estimate says how long a run still takes if every scenario needs only its fewest
// rounds. It is for the progress line only.
type estimate struct {
	later   time.Duration // what comes after this one
	each    time.Duration // one round of this one
	rounds  int           // of this one
	n       int
	started time.Time // of round n
}

func newEstimate(s *scenarios.Scenario, later time.Duration) *estimate {
	return &estimate{later: later, each: lanes.Round(s), rounds: s.Rounds.Min, n: 1, started: time.Now()}
}

func (e *estimate) round(n int) { e.n, e.started = n, time.Now() }

func (e *estimate) left() time.Duration {
	rounds := max(e.rounds, e.n) - e.n + 1
	return e.later + max(0, time.Duration(rounds)*e.each-time.Since(e.started))
}
