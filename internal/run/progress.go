package run

import (
	"time"

	"github.com/trektribe/bench/reports"
	"github.com/trektribe/bench/scenarios"
)

// A display shows the progress of one scenario of a run.
type display struct {
	to       Progress
	state    reports.State
	estimate *estimate
}

func newDisplay(to Progress, all []*scenarios.Scenario, index int) *display {
	s := all[index]
	return &display{to: to, estimate: newEstimate(all, index),
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

// restart is about the time of a segment beside its phases: instances stop and start, lead, last answers.
const restart = 600 * time.Millisecond

// An estimate says how long a run still takes if every scenario needs only its fewest
// rounds. It is for the progress line only.
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
