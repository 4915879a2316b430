package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"sync"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/inspect"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/scenarios"
)

// A session is a run while its scenarios are played.
type session struct {
	Options
	saved   *Saved
	dir     string
	clock   *history.Clock
	pointed bool            // latest is this run
	tables  []inspect.Table // of the arms, where the service is somebody else's
}

// inspect asks a service of somebody else what it speaks, and keeps that.
func (r *session) inspect(ctx context.Context) (err error) {
	if !foreign(r.Lab) {
		return nil
	}
	if r.tables, err = r.Options.ask(ctx, r.dir); err != nil {
		return err
	}
	return saveInspection(r.dir, r.tables)
}

// playAll plays every scenario of which anything is left.
func (r *session) playAll(ctx context.Context) error {
	for i, s := range r.Scenarios {
		if left := LeftOut(r.Contract, s); left != "" {
			r.saved.warn(left)
			if len(spokenStreams(r.Contract, s)) == 0 {
				continue
			}
		}
		j, err := newJudge(s, r.Lab.Arms, r.Contract, r.tables)
		if err != nil {
			return err
		}
		for _, n := range j.notes() {
			r.Progress.Say(n)
		}
		if j.idle() {
			r.pointLatest()
			continue
		}
		if err := r.play(ctx, i, s, j); err != nil {
			return err
		}
	}
	return nil
}

// play plays one scenario in a lab of its own until every claim is decided or its rounds are used up.
func (r *session) play(ctx context.Context, index int, s *scenarios.Scenario, j *judge) (err error) {
	limits, err := compileLimits(s)
	if err != nil {
		return err
	}
	shown := newDisplay(r.Progress, r.saved.Scenarios, index)
	shown.show("opening", "")

	events := &sink{}
	spec := r.Lab
	spec.Env = map[string]string{}
	maps.Copy(spec.Env, r.Lab.Env)
	maps.Copy(spec.Env, s.Target.Env)
	spec.Instances, spec.Dir, spec.Clock, spec.Record = s.Target.Instances, r.dir, r.clock, events.record
	seen := newWireSeen()
	spec.Wire = func(c history.Command) {
		seen.see(&c)
		events.wire(c)
	}
	l, err := lab.Open(ctx, spec)
	if err != nil {
		return err
	}
	ctx, release := l.Guard(ctx)
	defer func() {
		release()
		if len(r.Lab.Toxiproxy) > 0 && hasFaults(s.Phases) {
			r.saved.warn("bench does not see what the service says to Redis through somebody else's toxiproxy: " +
				"whether its cache uses that Redis is not checked")
		}
		if !r.saved.Running && (err == nil || len(seen.tls) > 0) {
			for _, what := range seen.warnings(l.Arms(), l.Redis().Kind) {
				r.saved.warn(what)
			}
		}
		for _, p := range l.Trusted() {
			r.saved.warn("bench cannot see from here whether the service uses the proxy " + p + ": verdicts under faults assume that it does")
		}
		err = errors.Join(cmp.Or(l.Lost(), err), l.Close())
	}()
	r.saved.Redis = l.Redis()
	if err := r.saved.save(r.dir); err != nil {
		return err
	}

	p := &player{clock: r.clock, lab: l, scenario: s, shares: j.shares, seed: r.Seed, running: r.saved.Running,
		unhurt: r.saved.Running && len(r.Lab.Toxiproxy) == 0, show: shown.show, contract: r.filled, limits: limits}
	for n := 1; n <= s.Rounds.Max; n++ {
		shown.round(n)
		stopped, err := r.playRound(ctx, p, events, j, n)
		if err != nil {
			return err
		}
		r.pointLatest()
		if stopped || n >= s.Rounds.Min && !j.more(r.Awaits) {
			break
		}
	}
	return nil
}

// playRound plays and saves round n, and lets j observe it. stopped: a condition ended the scenario. Its
// observations are kept, and other scenarios go on.
func (r *session) playRound(ctx context.Context, p *player, events *sink, j *judge, n int) (stopped bool, err error) {
	dir := roundDir(r.dir, p.scenario.Name, n)
	w, err := history.CreateRound(dir)
	if err != nil {
		return false, err
	}
	events.to(w)
	err = p.round(ctx, n, w)
	events.to(nil)
	whole := err == nil
	if stopped = errors.As(err, new(*halt)); stopped {
		err = without(err, errHalt)
	}
	if err := errors.Join(err, w.Close(whole)); err != nil {
		return stopped, err
	}
	_, err = j.observe(ctx, dir)
	return stopped, err
}

// pointLatest makes this run the latest, once: from its first round on, or from a scenario of which
// nothing is left, it can be judged.
func (r *session) pointLatest() {
	if r.pointed {
		return
	}
	r.pointed = true
	if err := pointLatest(r.dir); err != nil {
		r.Progress.Say(fmt.Sprintf("%s could not be pointed to this run: %v", filepath.Join(r.Out, "latest"), err))
	}
}

// A sink passes events and commands on to the round that is being written, and drops
// them between rounds: the lab lives longer than a round's files.
type sink struct {
	mu  sync.RWMutex
	out *history.Writer // nil: no round is being written
}

func (s *sink) to(out *history.Writer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.out = out
}

func (s *sink) record(e history.Event) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.out != nil {
		s.out.Event(e)
	}
}

func (s *sink) wire(c history.Command) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	if s.out != nil {
		s.out.Command(c)
	}
}
