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
	"github.com/trektribe/bench/internal/lab/redis"
	"github.com/trektribe/bench/internal/run/watch"
	"github.com/trektribe/bench/scenarios"
)

// A session is a run while its scenarios are played.
type session struct {
	Options
	dir    string
	clock  *history.Clock
	tables []inspect.Table // of the arms, where the service is somebody else's

	mu      sync.Mutex // over what follows: scenarios may be played side by side
	saved   *Saved
	pointed bool // latest is this run
	halted  bool // a condition ended a scenario
}

// warn adds what a reader must know, once.
func (r *session) warn(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.saved.warn(what)
}

// opened saves which Redis there is for s.
func (r *session) opened(s *scenarios.Scenario, l *lab.Lab) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.saved.Stack = l.Stack()
	if s.Target.Redis == "" {
		r.saved.Redis = l.Redis()
	} else {
		if r.saved.RedisOf == nil {
			r.saved.RedisOf = map[string]redis.Info{}
		}
		r.saved.RedisOf[s.Name] = l.Redis()
	}
	return r.saved.save(r.dir)
}

// inspect asks a service of somebody else what it speaks, and keeps that.
func (r *session) inspect(ctx context.Context) (err error) {
	if !r.Lab.Foreign() {
		return nil
	}
	if r.tables, err = r.Options.ask(ctx, r.dir); err != nil {
		return err
	}
	return saveInspection(r.dir, r.tables)
}

// playOne plays scenario i if anything of it is left. Its instances write their logs into dir.
func (r *session) playOne(ctx context.Context, i int, dir string, on stage) error {
	s := r.Scenarios[i]
	j, err := newJudge(s, r.Lab.Arms, r.Contract, r.tables)
	if err != nil {
		return err
	}
	for _, n := range j.notes() {
		r.Progress.Say(n)
	}
	if j.idle() {
		r.pointLatest()
		return nil
	}
	return r.play(ctx, i, s, j, dir, on)
}

// play plays one scenario in a lab of its own until every claim is decided or its rounds are used up.
func (r *session) play(ctx context.Context, index int, s *scenarios.Scenario, j *judge, dir string, on stage) (err error) {
	shown := newDisplay(on, r.Scenarios, index)
	shown.show("opening", "")

	events := &sink{}
	spec := LabOf(r.Lab, s)
	spec.Env = map[string]string{}
	maps.Copy(spec.Env, r.Lab.Env)
	maps.Copy(spec.Env, s.Target.Env)
	spec.Instances, spec.Dir, spec.Clock, spec.Record = s.Target.Instances, dir, r.clock, events.record
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
			r.warn("bench does not see what the service says to Redis through somebody else's toxiproxy: " +
				"whether its cache uses that Redis is not checked")
		}
		if !r.saved.Running && !redis.Several(spec.Redis) && (err == nil || len(seen.tls) > 0) {
			for _, what := range seen.warnings(l.Arms(), l.Redis().Kind) {
				r.warn(what)
			}
		}
		for _, p := range l.Trusted() {
			r.warn("bench cannot see from here whether the service uses the proxy " + p + ": verdicts under faults assume that it does")
		}
		err = errors.Join(cmp.Or(l.Lost(), err), l.Close())
	}()
	if err := r.opened(s, l); err != nil {
		return err
	}

	p := &player{clock: r.clock, lab: l, scenario: s, shares: j.shares, seed: r.Seed, engine: r.Engine, running: r.saved.Running,
		unhurt: r.saved.Running && len(r.Lab.Toxiproxy) == 0, show: shown.show, contract: r.filled, limits: j.limits}
	if hasFaults(s.Phases) {
		p.alerts = r.Alerts
	}
	p.images = j.asks("image_size")
	p.strangers, p.writes = j.asks("strangers_served"), j.asks("lost_writes") || j.asks("write_loss")
	if j.asks("unlogged") || j.asks("secrets_logged") {
		p.logs = watch.NewLogs(r.clock)
	}
	if r.Drill {
		p.eachFault, p.say = true, r.Progress.Say
	}
	for n := 1; n <= s.Rounds.Max; n++ {
		shown.round(n)
		stopped, err := r.playRound(ctx, p, events, j, n)
		if err != nil {
			return err
		}
		r.pointLatest()
		r.noteHalt(stopped)
		if stopped || n >= s.Rounds.Min && !r.All && !j.more(r.Awaits) {
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

func (r *session) noteHalt(stopped bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.halted = r.halted || stopped
}

// pointLatest makes this run the latest, once: from its first round on, or from a scenario of which
// nothing is left, it can be judged.
func (r *session) pointLatest() {
	r.mu.Lock()
	defer r.mu.Unlock()
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
