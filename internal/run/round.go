package run

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"slices"
	"sort"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/scenarios"
)

const (
	// lead is the pause between the decision to start a segment and its first
	// request: enough to start a few dozen goroutines and scrape every instance.
	lead = 50 * time.Millisecond
	// healWithin bounds how long faults are lifted when a run is cut short: a script that
	// blocks Redis may take 5 s to be ended, a service some to start again.
	healWithin = 15 * time.Second
	// stallStep and stallLeast are the hiccup meter's: how often it looks, and what it calls a stall.
	stallStep  = 5 * time.Millisecond
	stallLeast = 20 * time.Millisecond
)

// A player plays rounds of one scenario in one lab.
type player struct {
	clock    *history.Clock
	lab      *lab.Lab
	scenario *scenarios.Scenario
	seed     uint64
	sent     map[string]uint64 // requests planned so far in this round, by arm and stream: the next one's number
	running  bool              // the service already ran: it cannot be restarted
	unhurt   bool              // nor can its dependencies be hurt
	show     func(phase, hurt string)

	limits // of the scenario
}

// round plays round n (from 1) into dir. A round that was cut short by ctx is
// saved as such; its error is ctx's.
func (p *player) round(ctx context.Context, n int, w *history.Writer) error {
	p.sent = map[string]uint64{}
	sample := newSampler(p.clock, w.Event)
	defer sample.close()
	for i, seg := range p.scenario.Segments() {
		p.show("starting", "")
		if err := p.lab.Fresh(ctx, seg.Env, p.atStart(seg.Phases)...); err != nil {
			return err
		}
		if err := p.segment(ctx, n, i, seg, sample, w); err != nil {
			return fmt.Errorf("round %d: %w", n, err)
		}
		if err := errors.Join(p.lab.Died(), w.Err()); err != nil {
			return fmt.Errorf("round %d: %w", n, err)
		}
	}
	return nil
}

// segment plays phases without a pause between them: load, faults and sampler side by side.
func (p *player) segment(ctx context.Context, n, index int, seg scenarios.Segment, sample *sampler, w *history.Writer) error {
	phases := seg.Phases
	if p.running {
		for _, e := range impossible(phases, p.unhurt) {
			w.Event(e)
		}
	}
	if p.unhurt {
		phases = withoutFaults(phases)
	}
	arms := p.lab.Arms()
	sample.boundary(ctx, arms, "", phases[0].Name)

	start := p.clock.Now() + lead
	plan := timeline{start: start, phases: phases}
	streams := p.streams(n, index, plan, arms)
	p.limits.start(arms)

	meter, stopMeter := context.WithCancel(ctx)
	var meterDone sync.WaitGroup
	meterDone.Go(func() { watchStalls(meter, p.clock, stallStep, stallLeast, w.Event) })
	if hasFaults(phases) {
		meterDone.Go(func() { watchHealth(meter, p.clock, arms, claim.HealthStep, w.Event) })
	}

	g, gctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		_, err := load.Run(gctx, p.clock, streams, plan.phase, p.tee(w.Request))
		return err
	})
	g.Go(func() error { return p.faults(gctx, plan) })
	g.Go(func() error { return p.boundaries(gctx, plan, sample, w) })
	g.Go(func() error { return p.watchAbort(gctx, plan) })
	err := g.Wait()
	stopMeter()
	meterDone.Wait()
	if halt := (*halt)(nil); errors.As(err, &halt) {
		w.Event(p.halted(halt, plan, n, seg.Begin))
		return errors.Join(halt, p.lab.Settle(ctx))
	}
	if err != nil {
		return err
	}
	if err := p.lab.Settle(ctx); err != nil {
		return err
	}
	// The last phase ends only now: every request of its has been answered or given up.
	last := phases[len(phases)-1].Name
	sample.boundary(ctx, p.lab.Arms(), last, "")
	return ctx.Err()
}

// boundaries records each phase as it really ran, and samples between two of them.
func (p *player) boundaries(ctx context.Context, t timeline, s *sampler, w *history.Writer) error {
	for i, ph := range t.phases {
		from, to := t.span(i)
		if !p.until(ctx, from) {
			return ctx.Err()
		}
		p.show(ph.Name, hurts(ph))
		if i > 0 {
			s.boundary(ctx, p.lab.Arms(), t.phases[i-1].Name, ph.Name) // a fault may have started an instance again
		}
		if !p.until(ctx, to) {
			return ctx.Err()
		}
		w.Event(history.Event{Kind: history.PhaseSpan, Name: ph.Name, At: from, Until: to})
	}
	return nil
}

// A step is a fault that begins or ends.
type step struct {
	at     time.Duration
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
			steps = append(steps, step{on.Planned, n, on}, step{off.Planned, n, off})
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

// faults plays the fault timeline. Whatever was switched on is off when it returns, also when ctx ended first.
func (p *player) faults(ctx context.Context, t timeline) error {
	steps := p.steps(t)
	active := map[int]lab.Action{} // by fault
	for _, s := range steps {
		if s.atStart() {
			active[s.fault] = s.action
		}
	}
	defer func() {
		heal, cancel := context.WithTimeout(context.WithoutCancel(ctx), healWithin)
		defer cancel()
		var errs []error // each shows again when the lab closes the proxy
		for _, a := range active {
			a.Heal, a.Planned = true, p.clock.Now()
			errs = append(errs, p.lab.Apply(heal, a))
		}
		p.back = putBack{n: len(active), at: p.clock.Now(), err: errors.Join(errs...)}
	}()
	unasked := len(active) == 0 // what is on from the start needs no steady service
	for _, s := range steps {
		if s.atStart() {
			continue
		}
		if !p.until(ctx, s.at) {
			return ctx.Err()
		}
		if unasked {
			unasked = false
			if err := p.askSteady(); err != nil {
				return err
			}
		}
		if !s.action.Heal {
			active[s.fault] = s.action
		}
		// An instance that does not come back after a fault is what there is to see, and recorded.
		if err := without(p.lab.Apply(ctx, s.action), lab.ErrNotReady); err != nil {
			return fmt.Errorf("%s on %s: %w", s.action.Kind, s.action.On, err)
		}
		if s.action.Heal {
			delete(active, s.fault)
		}
	}
	return nil
}

// streams turns the scenario's traffic into schedules, the same requests for each arm.
// An arm's schedule is shifted by its part of a gap, so that arms do not send at the same instants.
func (p *player) streams(n, index int, t timeline, arms []lab.Arm) []load.Stream {
	var out []load.Stream
	for ai, a := range arms {
		for _, s := range p.scenario.Traffic {
			var targets []load.Target
			for _, i := range a.Instances {
				if len(s.Instances) == 0 || slices.Contains(s.Instances, i.Name) {
					targets = append(targets, load.Target{Instance: i.Name, URL: i.URL})
				}
			}
			for wi, win := range t.windows(s.Phases) {
				// At most a tenth of the window: a slow stream has gaps longer than that.
				gap := min(float64(time.Second)/max(s.From, s.To), float64(win.to-win.from)/10)
				shift := time.Duration(gap * float64(ai) / float64(len(arms)))
				name := a.Name + " " + s.Name
				out = append(out, load.Stream{
					Stream: s.Stream, Arm: a.Name,
					Start: win.from + shift, For: win.to - win.from, First: p.sent[name],
					Seed:    mix(p.seed, p.scenario.Name, s.Name, n, index, wi),
					Targets: targets,
				})
				p.sent[name] += uint64(math.Ceil(max(s.From, s.To)*(win.to-win.from).Seconds())) + 1 // never fewer than there are
			}
		}
	}
	return out
}

// until waits for an instant of the clock; false: ctx ended first.
func (p *player) until(ctx context.Context, at time.Duration) bool {
	t := time.NewTimer(at - p.clock.Now())
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// mix makes one seed of the run's and of what it is for.
func mix(seed uint64, parts ...any) uint64 {
	h := fnv.New64a()
	fmt.Fprint(h, seed)
	for _, p := range parts {
		fmt.Fprint(h, "/", p)
	}
	return h.Sum64()
}
