package lab

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab/process"
	"github.com/trektribe/bench/internal/loopback"
)

// An instance is an Instance, its process and its paths to what it depends on.
type instance struct {
	lab    *Lab
	arm    *arm
	name   string
	paths  []*path // of its own
	target *target // it, for faults; nil where it already ran

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

// argv is the service's command line; env is its environment, in which names are given to it.
func (in *instance) argv(env, names []string) []string {
	if p := in.arm.project; p != nil {
		argv := p.RunTarget(in.port, names)
		if in.arm.Mutant != "" {
			argv = append(argv, "bench", "serve", "--mutant", in.arm.Mutant)
		}
		return argv
	}
	if command := in.lab.spec.command(in.arm.ArmSpec); len(command) > 0 {
		return in.filled(command, env)
	}
	argv := append(slices.Clone(in.lab.spec.Self), "serve")
	if in.arm.Mutant != "" {
		argv = append(argv, "--mutant", in.arm.Mutant)
	}
	return argv
}

// filled is a command with the instance's port and its Redis URL in place of {port} and {redis}.
func (in *instance) filled(command, env []string) []string {
	redisURL := ""
	for _, kv := range env {
		if v, ok := strings.CutPrefix(kv, "REDIS_URL="); ok {
			redisURL = v
		}
	}
	fill := strings.NewReplacer("{port}", strconv.Itoa(in.port), "{redis}", redisURL)
	var argv []string
	for _, word := range command {
		argv = append(argv, fill.Replace(word))
	}
	return argv
}

// startAnywhere starts it on a port of its own, and waits until it is ready.
func (in *instance) startAnywhere(ctx context.Context, env map[string]string) error {
	return in.lab.ports.OnNewPort(func(port int, again func() bool) (taken bool, err error) {
		in.mu.Lock()
		in.port, in.env = port, env
		in.mu.Unlock()
		return in.start(ctx, "", again)
	})
}

// startAgain starts it where it was and as it was, after a fault has ended it: clients hold its URL.
func (in *instance) startAgain(ctx context.Context) error {
	return process.OnItsPort(ctx, in.port, func(again func() bool) (taken bool, err error) {
		return in.start(ctx, " (started again by the harness)", again)
	})
}

// start starts it on its port and waits until it is ready. taken: it found its port taken, and
// again says that it may be tried once more.
func (in *instance) start(ctx context.Context, note string, again func() bool) (taken bool, err error) {
	began := in.lab.now()
	c := process.Command{Name: in.arm.Name + "-" + in.name}
	var names []string
	c.Env, names, c.Hidden = in.environ()
	c.Argv, c.Dir, c.Container = in.argv(c.Env, names), in.arm.Dir, in.arm.project != nil
	c.Log = in.lab.logOf(c.Name)
	run := &started{}
	p, err := in.lab.lease.Start(c, func(p *process.Process) { in.exited(run, p) })
	if err != nil {
		return false, err
	}
	run.Process = p
	url := "http://" + loopback.Addr(in.port)
	in.mu.Lock()
	in.started, in.url = run, url
	in.mu.Unlock()

	err = in.lab.spec.Ready.waitReady(ctx, url, in.lab.spec.ReadyIn, p)
	if err == nil {
		run.ready.Store(true)
		if serving := p.Behind(in.port); len(serving) > 0 {
			go in.watchBehind(p, serving)
		}
		in.record("ready", began, url+note)
		return false, nil
	}
	if ctx.Err() != nil {
		return false, err
	}
	if p.PortTaken(in.port) && again() {
		return true, err
	}
	in.record("not ready", began, err.Error())
	return false, notReady{err}
}

// record records what became of its process, from then until now.
func (in *instance) record(name string, from time.Duration, detail string) {
	in.lab.record(history.Event{Kind: history.Process, Arm: in.arm.Name, Instance: in.name, Name: name, At: from, Until: in.lab.now(), Detail: detail})
}

// exited records the end of an instance's process: its own doing, or a fault's. One that the lab
// ended between two rounds, or that never got ready, is told of elsewhere.
func (in *instance) exited(run *started, p *process.Process) {
	name, how := "exit", p.State().String()
	switch {
	case p.Expected():
		name, how = "ended", "by the harness: "+how
	case p.Wanted() || !run.ready.Load() && !run.unready.Load():
		return
	case in.lab.lease.Lapsed():
		name, how = "ended", "by the watchdog: "+how
	}
	if run.recorded.CompareAndSwap(false, true) {
		in.record(name, in.lab.now(), how)
	}
}
