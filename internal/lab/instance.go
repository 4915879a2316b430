package lab

import (
	"context"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab/process"
)

// An instance is an Instance, its process and its path to Redis.
type instance struct {
	arm  *arm
	name string
	link *link // nil where it already ran

	victim *victim // it, for faults; nil where it already ran

	mu      sync.Mutex
	url     string
	port    int
	env     map[string]string // the round's
	started *started          // nil: not started
}

// A started is a process of an instance, and what the lab knows of its life.
type started struct {
	*process.Process
	ready    atomic.Bool // it has been ready
	unready  atomic.Bool // it has not, and its round is played all the same
	recorded atomic.Bool // its end is
}

func (in *instance) at() string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.url
}

// running is its process; nil: it does not run.
func (in *instance) running() *process.Process {
	if s := in.present(); s != nil {
		return s.Process
	}
	return nil
}

func (in *instance) present() *started {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.started
}

// environ is all of the service's environment: the harness's without the contract's
// variables, then the contract's, then the Spec's, then the round's.
func (in *instance) environ(port int, extra ...map[string]string) []string {
	set := map[string]string{
		"PORT":        strconv.Itoa(port),
		"INSTANCE":    in.name,
		"REDIS_URL":   in.arm.redis.url(in.link.own.Addr()),
		"SQLITE_PATH": in.arm.sqlite(),
	}
	if in.arm.Policy != "" {
		set["CACHE_POLICY"] = in.arm.Policy
	}
	for _, e := range extra {
		maps.Copy(set, e)
	}
	if set["REDIS_URL"] == "" { // the contract knows an absent one, not an empty one
		delete(set, "REDIS_URL")
	}
	env := slices.DeleteFunc(cleanEnviron(), func(kv string) bool {
		k, _, _ := strings.Cut(kv, "=")
		_, ok := set[k]
		return ok
	})
	for _, k := range slices.Sorted(maps.Keys(set)) {
		env = append(env, k+"="+set[k])
	}
	return env
}

// argv is the service's command line.
func (l *Lab) argv(a *arm) []string {
	if len(l.spec.Command) > 0 {
		return l.spec.Command
	}
	argv := append(slices.Clone(l.spec.Self), "serve")
	if a.Mutant != "" {
		argv = append(argv, "--mutant", a.Mutant)
	}
	return argv
}

// startInstance starts one instance on a port of its own, and waits until it is ready.
func (l *Lab) startInstance(ctx context.Context, in *instance, env map[string]string) error {
	return l.ports.OnNewPort(func(port int, again func() bool) (taken bool, err error) {
		in.mu.Lock()
		in.port, in.env = port, env
		in.mu.Unlock()
		return l.launch(ctx, in, "", again)
	})
}

// startAgain starts an instance that a fault has ended, where it was and as it was: clients hold its URL.
func (l *Lab) startAgain(ctx context.Context, in *instance) error {
	return process.OnItsPort(ctx, in.port, func(again func() bool) (taken bool, err error) {
		return l.launch(ctx, in, " (started again by the harness)", again)
	})
}

// launch starts in on its port and waits until it is ready. taken: it found its port taken, and
// again says that it may be tried once more.
func (l *Lab) launch(ctx context.Context, in *instance, note string, again func() bool) (taken bool, err error) {
	began := l.spec.Clock.Now()
	c := process.Command{Name: in.arm.Name + "-" + in.name, Argv: l.argv(in.arm), Env: in.environ(in.port, l.spec.Env, in.env)}
	c.Log = l.logOf(c.Name)
	if in.arm.redis.password != "" {
		c.Hidden = []string{in.arm.redis.password}
	}
	run := &started{}
	p, err := l.lease.Start(c, func(p *process.Process) { l.exited(in, run, p) })
	if err != nil {
		return false, err
	}
	run.Process = p
	url := "http://" + process.Loopback(in.port)
	in.mu.Lock()
	in.started, in.url = run, url
	in.mu.Unlock()

	err = waitReady(ctx, url, l.spec.ReadyIn, p)
	if err == nil {
		run.ready.Store(true)
		l.record(history.Event{Kind: history.Process, Arm: in.arm.Name, Instance: in.name, Name: "ready", At: began, Until: l.spec.Clock.Now(), Detail: url + note})
		return false, nil
	}
	if ctx.Err() != nil {
		return false, err
	}
	if p.PortTaken(in.port) && again() {
		return true, err
	}
	l.record(history.Event{Kind: history.Process, Arm: in.arm.Name, Instance: in.name, Name: "not ready", At: began, Until: l.spec.Clock.Now(), Detail: err.Error()})
	return false, notReady{err}
}

// exited records the end of an instance's process: its own doing, or a fault's. One that the lab
// ended between two rounds, or that never got ready, is told of elsewhere.
func (l *Lab) exited(in *instance, run *started, p *process.Process) {
	name, how := "exit", p.State().String()
	switch {
	case p.Expected():
		name, how = "ended", "by the harness: "+how
	case p.Wanted() || !run.ready.Load() && !run.unready.Load():
		return
	case l.lease.Lapsed():
		name, how = "ended", "by the watchdog: "+how
	}
	if !run.recorded.CompareAndSwap(false, true) {
		return
	}
	now := l.spec.Clock.Now()
	l.record(history.Event{Kind: history.Process, Arm: in.arm.Name, Instance: in.name, Name: name, At: now, Until: now, Detail: how})
}
