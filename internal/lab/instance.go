package lab

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/trektribe/bench/internal/history"
)

const (
	// portTries is how many ports a server is started on, where each was taken by somebody else in between.
	portTries = 3
	// portAgain is how long a server that is started again may find its port taken.
	portAgain = 2 * time.Second
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
	process *process          // nil: not started
}

func (in *instance) at() string {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.url
}

func (in *instance) running() *process {
	in.mu.Lock()
	defer in.mu.Unlock()
	return in.process
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
	for try := 1; ; try++ {
		port, err := l.ports.next()
		if err != nil {
			return err
		}
		in.mu.Lock()
		in.port, in.env = port, env
		in.mu.Unlock()
		again := func() bool { return try < portTries }
		if taken, err := l.launch(ctx, in, "", again); !taken {
			return err
		}
	}
}

// startAgain starts an instance that a fault has ended, where it was and as it was: clients hold its URL.
func (l *Lab) startAgain(ctx context.Context, in *instance) error {
	return onItsPort(ctx, in.port, func(again func() bool) (taken bool, err error) {
		return l.launch(ctx, in, " (started again by the harness)", again)
	})
}

// onItsPort starts a server on a port that was its before, once more while start finds it taken and again says that
// there is time: by another harness that looks for a free port, or by the old connections of a service
// that does not ask to have the port at once (SO_REUSEADDR).
func onItsPort(ctx context.Context, port int, start func(again func() bool) (taken bool, err error)) error {
	for deadline := time.Now().Add(portAgain); ; {
		if err := portFree(ctx, port, time.Until(deadline)); err != nil {
			return err
		}
		if taken, err := start(func() bool { return time.Now().Before(deadline) }); !taken {
			return err
		}
	}
}

// launch starts in on its port and waits until it is ready. taken: it found its port taken, and
// again says that it may be tried once more.
func (l *Lab) launch(ctx context.Context, in *instance, note string, again func() bool) (taken bool, err error) {
	began := l.spec.Clock.Now()
	c := command{name: in.arm.Name + "-" + in.name, argv: l.argv(in.arm), env: in.environ(in.port, l.spec.Env, in.env)}
	if in.arm.redis.password != "" {
		c.hidden = []string{in.arm.redis.password}
	}
	p, err := l.start(c, func(p *process) { l.exited(in, p) })
	if err != nil {
		return false, err
	}
	url := "http://" + loopback(in.port)
	in.mu.Lock()
	in.process, in.url = p, url
	in.mu.Unlock()

	err = waitReady(ctx, url, l.spec.ReadyIn, p)
	if err == nil {
		p.ready.Store(true)
		l.record(history.Event{Kind: history.Process, Arm: in.arm.Name, Instance: in.name, Name: "ready", At: began, Until: l.spec.Clock.Now(), Detail: url + note})
		return false, nil
	}
	if ctx.Err() != nil {
		return false, err
	}
	if p.portTaken(in.port) && again() {
		return true, err
	}
	l.record(history.Event{Kind: history.Process, Arm: in.arm.Name, Instance: in.name, Name: "not ready", At: began, Until: l.spec.Clock.Now(), Detail: err.Error()})
	return false, notReady{err}
}

// exited records the end of an instance's process: its own doing, or a fault's. One that the lab
// ended between two rounds, or that never got ready, is told of elsewhere.
func (l *Lab) exited(in *instance, p *process) {
	name, how := "exit", p.cmd.ProcessState.String()
	switch {
	case p.condemned.Load():
		name, how = "ended", "by the harness: "+how
	case p.wanted.Load() || !p.ready.Load() && !p.borne.Load():
		return
	case errors.Is(l.lease.died(), errLapsed):
		name, how = "ended", "by the watchdog: "+how
	}
	if !p.told.CompareAndSwap(false, true) {
		return
	}
	now := l.spec.Clock.Now()
	l.record(history.Event{Kind: history.Process, Arm: in.arm.Name, Instance: in.name, Name: name, At: now, Until: now, Detail: how})
}

// portTaken reports whether p has exited because somebody else listens on its port.
func (p *process) portTaken(port int) bool {
	if p == nil || !p.exited() {
		return false
	}
	said := strings.ToLower(strings.Join(p.lines(), "\n"))
	return strings.Contains(said, "address already in use") || strings.Contains(said, "eaddrinuse") || !bindable(port)
}
