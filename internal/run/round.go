package run

import (
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"math"
	"net/http"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/trektribe/bench/internal/alerts"
	"github.com/trektribe/bench/internal/claim/impact"
	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/run/watch"
	"github.com/trektribe/bench/scenarios"
)

const (
	// lead is the pause between the decision to start a segment and its first
	// request: enough to start a few dozen goroutines and scrape every instance.
	lead = 50 * time.Millisecond
	// stallStep and stallLeast are the hiccup meter's: how often it looks, and what it calls a stall.
	stallStep  = 5 * time.Millisecond
	stallLeast = 20 * time.Millisecond
)

// A player plays rounds of one scenario in one lab.
type player struct {
	clock    *history.Clock
	lab      *lab.Lab
	scenario *scenarios.Scenario
	shares   map[string]*share // arm → what it gets of the traffic
	seed     uint64
	engine   load.Engine
	sent     map[string]uint64 // requests planned so far in this round, by arm and stream: the next one's number
	running  bool              // the service already ran: it cannot be restarted
	unhurt   bool              // it can have no faults either
	show     func(phase, hurt string)
	contract *contract.Contract           // how the service speaks; nil: as the reference
	jars     map[[2]string]http.CookieJar // what its login gave, by arm and instance

	writes    bool               // some claim is about what Redis keeps of what it has acknowledged
	images    bool               // some claim is about the image of the service
	strangers bool               // some claim is about who lacks the password of Redis
	alerts    *alerts.Prometheus // nil: nobody's are read
	logs      *watch.Logs        // of the instances; nil: no claim is about them

	limits // of the scenario
}

// round plays round n (from 1) into dir. A round that was cut short by ctx is
// saved as such; its error is ctx's.
func (p *player) round(ctx context.Context, n int, w *history.Writer) error {
	p.sent = map[string]uint64{}
	sample := watch.NewSampler(p.clock, p.contract, w.Event)
	defer sample.Close()
	now := p.clock.Now()
	w.Event(history.Event{Kind: history.Wall, At: now, Detail: time.Now().UTC().Format(time.RFC3339Nano)})
	for i, seg := range p.scenario.Segments() {
		p.show("starting", "")
		p.lab.Ahead(p.faultsOf(seg.Phases))
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

// faultsOf are those of phases that are done.
func (p *player) faultsOf(phases []scenarios.Phase) (all []fault.Fault) {
	for _, ph := range phases {
		all = append(all, ph.Faults...)
	}
	if p.unhurt {
		return nil
	}
	return all
}

// segment plays phases without a pause between them: load, faults and sampler side by side.
func (p *player) segment(ctx context.Context, n, index int, seg scenarios.Segment, sample *watch.Sampler, w *history.Writer) error {
	phases := seg.Phases
	if p.running {
		for _, e := range impossible(phases, p.unhurt) {
			w.Event(e)
		}
	}
	for _, e := range unread(p.contract, phases) {
		w.Event(e)
	}
	if p.unhurt {
		phases = withoutFaults(phases)
	}
	arms := p.lab.Arms()
	sample.Boundary(ctx, arms, "", phases[0].Name)
	if p.strangers {
		watch.Strangers(ctx, p.clock, p.lab.Stores(), w.Event)
	}
	if p.images {
		watch.Images(p.clock, arms, w.Event)
	}
	if err := p.login(ctx, arms, w.Event); err != nil {
		return err
	}

	start := p.clock.Now() + lead
	plan := timeline{start: start, phases: phases, late: &lateness{began: map[int]time.Duration{}}}
	streams := p.streams(n, index, plan, arms)
	p.limits.start(arms)

	stopMeters := p.startMeters(ctx, plan, arms, w)
	err := p.drive(ctx, plan, streams, sample, w)
	stopMeters()
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
	// The last phase ends only now: every request of it has been answered or given up.
	last := phases[len(phases)-1].Name
	sample.Boundary(ctx, p.lab.Arms(), last, "")
	if p.strangers {
		watch.Strangers(ctx, p.clock, p.lab.Stores(), w.Event)
	}
	return ctx.Err()
}

// drive plays load, faults, boundaries and abort side by side. The first error ends them all.
func (p *player) drive(ctx context.Context, plan timeline, streams []load.Stream, sample *watch.Sampler, w *history.Writer) error {
	g, ctx := errgroup.WithContext(ctx)
	g.Go(func() error {
		_, err := load.Run(ctx, p.clock, streams, plan.phase, p.tee(w.Request), w.Event)
		return err
	})
	g.Go(func() error { return p.faults(ctx, plan) })
	g.Go(func() error { return p.boundaries(ctx, plan, sample, w) })
	g.Go(func() error { return p.watchAbort(ctx, plan) })
	return g.Wait()
}

// startMeters watches for stalls of the machine, under faults for what the instances hold, and in a scenario with any for their health, also before
// a restart under one. stop ends that and waits for it.
func (p *player) startMeters(ctx context.Context, plan timeline, arms []lab.Arm, w *history.Writer) (stop func()) {
	ctx, cancel := context.WithCancel(ctx)
	var done sync.WaitGroup
	done.Go(func() { watch.Stalls(ctx, p.clock, stallStep, stallLeast, w.Event) })
	if hasFaults(plan.phases) {
		done.Go(func() { watch.Usage(ctx, p.clock, p.lab.Arms, watch.UsageStep, plan.phase, w.Event) })
	}
	if _, ok := p.contract.Has(contract.Health); ok && hasFaults(p.scenario.Phases) && !p.unhurt {
		done.Go(func() { watch.Health(ctx, p.clock, arms, p.contract, impact.HealthStep, w.Event) })
	}
	if p.writes {
		done.Go(func() { watch.Writes(ctx, p.clock, p.lab.Stores(), w.Event) })
	}
	if p.logs != nil {
		done.Go(func() { p.logs.Follow(ctx, p.lab.Logs(), w.Event) })
	}
	if p.alerts != nil {
		done.Go(func() { p.alerts.Follow(ctx, p.clock, "", w.Event) })
	}
	return func() {
		cancel()
		done.Wait()
	}
}

// boundaries records each phase as it really ran, and samples between two of them.
func (p *player) boundaries(ctx context.Context, t timeline, s *watch.Sampler, w *history.Writer) error {
	over, told := 0, 0 // phases that are over, and those that are recorded
	tell := func(n int) {
		for ; told < n; told++ {
			from, _ := t.begin(told)
			_, to := t.span(told)
			if told+1 < len(t.phases) {
				to, _ = t.begin(told + 1)
			}
			w.Event(history.Event{Kind: history.PhaseSpan, Name: t.phases[told].Name, At: from, Until: to})
		}
	}
	defer func() { tell(over) }()
	for i, ph := range t.phases {
		from, to := t.span(i)
		if !p.until(ctx, from) {
			return ctx.Err()
		}
		p.show(ph.Name, hurts(ph))
		if i > 0 {
			s.Boundary(ctx, p.lab.Arms(), t.phases[i-1].Name, ph.Name) // a fault may have started an instance again
		}
		if !p.until(ctx, to) {
			return ctx.Err()
		}
		tell(over) // it is known by now when this phase began
		over = i + 1
	}
	return nil
}

// streams turns the scenario's traffic into schedules, the same requests for each arm that speaks them.
// An arm's schedule is shifted by its part of a gap, so that arms do not send at the same instants. Who is first
// swaps over the rounds, A B B A: no arm has the better place.
func (p *player) streams(n, index int, t timeline, arms []lab.Arm) []load.Stream {
	var out []load.Stream
	arms = slices.Clone(arms)
	if n%4 > 1 {
		slices.Reverse(arms)
	}
	for ai, a := range arms {
		for _, s := range p.shares[a.Name].traffic {
			var targets []load.Target
			for _, i := range a.Instances {
				if len(s.Instances) == 0 || slices.Contains(s.Instances, i.Name) {
					targets = append(targets, load.Target{Instance: i.Name, URL: i.URL, Jar: p.jars[[2]string{a.Name, i.Name}]})
				}
			}
			for wi, win := range t.windows(s.Phases) {
				// At most a tenth of the window: a slow stream has gaps longer than that.
				gap := min(float64(time.Second)/max(s.From, s.To), float64(win.to-win.from)/10)
				shift := time.Duration(gap * float64(ai) / float64(len(arms)))
				name := a.Name + " " + s.Name
				s.Keys = p.contract.Keys(s.Stream)
				out = append(out, load.Stream{
					Stream: s.Stream, Arm: a.Name,
					Start: win.from + shift, For: win.to - win.from, First: p.sent[name],
					Seed:    mix(p.seed, p.scenario.Name, s.Name, n, index, wi),
					Targets: targets, Contract: p.contract, Engine: p.engine,
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
