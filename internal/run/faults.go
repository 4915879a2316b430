package run

import (
	"context"
	"errors"
	"fmt"
	"sort"
	"time"

	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/scenarios"
)

// healWithin bounds how long faults are lifted when a run is cut short: a script that
// blocks Redis may take 5 s to end, and a service needs time to start again.
const healWithin = 15 * time.Second

// A step is a fault that begins or ends.
type step struct {
	at     time.Duration
	phase  int // whose it is
	fault  int // numbers the faults of the timeline
	action lab.Action
}

// atStart reports whether it begins before the instances start.
func (s step) atStart() bool { return s.action.Start && !s.action.Heal }

// steps are the fault timeline of t, in the order in which it is played.
func (p *player) steps(t timeline) []step {
	var steps []step
	n := 0
	for i, ph := range t.phases {
		from, _ := t.span(i)
		for _, f := range ph.Faults {
			f.Seed = p.seed
			on, off := lab.Action{Fault: f, Planned: from + f.From}, lab.Action{Fault: f, Planned: from + f.From + f.For, Heal: true}
			if f.From == 0 && t.late != nil {
				on.Begins = func(at time.Duration) { t.begun(i, at) }
			}
			steps = append(steps, step{on.Planned, i, n, on}, step{off.Planned, i, n, off})
			n++
		}
	}
	// A fault that ends where another begins is lifted first.
	sort.SliceStable(steps, func(i, j int) bool {
		a, b := steps[i], steps[j]
		return a.at < b.at || a.at == b.at && a.action.Heal && !b.action.Heal
	})
	return steps
}

// atStart are the faults that are on before the instances start for the phases.
func (p *player) atStart(phases []scenarios.Phase) []lab.Action {
	var out []lab.Action
	for _, s := range p.steps(timeline{phases: phases}) {
		if s.atStart() && !p.running {
			out = append(out, s.action)
		}
	}
	return out
}

// faults plays the fault timeline. Every fault is off when it returns, also when ctx ended first.
func (p *player) faults(ctx context.Context, t timeline) error {
	steps := p.steps(t)
	active := map[int]lab.Action{} // by fault
	for _, s := range steps {
		if s.atStart() {
			active[s.fault] = s.action
		}
	}
	defer func() { p.back = p.putBack(ctx, active) }()
	unasked := len(active) == 0 // a fault that is on from the start needs no steady service
	asked := -1                 // phase before whose faults steady was asked
	for _, s := range steps {
		if s.atStart() {
			continue
		}
		if !p.until(ctx, s.at) {
			return ctx.Err()
		}
		if unasked || p.eachFault && !s.action.Heal && s.phase != asked && len(active) == 0 {
			unasked, asked = false, s.phase
			if err := p.askSteady(); err != nil {
				return err
			}
		}
		if !s.action.Heal {
			active[s.fault] = s.action
		}
		// An instance that does not come back after a fault is an observation, and recorded: no error.
		if err := without(p.lab.Apply(ctx, s.action), lab.ErrNotReady); err != nil {
			return fmt.Errorf("%s on %s: %w", s.action.Kind, s.action.On, err)
		}
		if s.action.Heal {
			delete(active, s.fault)
		}
	}
	return nil
}

// putBack lifts the faults that are still on, also when ctx has ended.
func (p *player) putBack(ctx context.Context, active map[int]lab.Action) putBack {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), healWithin)
	defer cancel()
	var errs []error // each shows again when the lab closes the proxy
	for _, a := range active {
		a.Heal, a.Planned = true, p.clock.Now()
		errs = append(errs, p.lab.Apply(ctx, a))
	}
	return putBack{n: len(active), at: p.clock.Now(), err: errors.Join(errs...)}
}
