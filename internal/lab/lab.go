// Package lab is the world that a scenario runs in: Redis, proxies, instances
// of the service under test, and what can be done to them. A Spec goes in; out
// come URLs to send load to, and events about what was done and whether it
// arrived. Everything it opens it closes again, also when the harness is
// killed. It never sends load and never judges the service.
package lab

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"path/filepath"
	"slices"
	"sync"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab/compose"
	"github.com/trektribe/bench/internal/lab/dependency"
	"github.com/trektribe/bench/internal/lab/process"
	"github.com/trektribe/bench/internal/lab/redis"
)

// closeWithin bounds Close: a service that cannot be ended within it is given up and named.
const closeWithin = 10 * time.Second

// A Spec says what to open.
type Spec struct {
	Arms       []ArmSpec         // at least one; names differ
	Instances  int               // of each arm, at least 1; not used with URLs
	Env        map[string]string // for every instance, on top of the contract's
	Redis      string            // "embedded" (also when empty), "server", "container", "sentinel", or a redis:// URL, which serves one arm only
	Command    []string          // the service of arms without a command of their own; empty: our own, `bench serve`
	Compose    string            // a compose file that describes Redis and the service; then there is no command, and Redis is "compose"
	URLs       []string          // instances that already run, as many of each arm, in the order of the arms; then nothing is started, and there is no command
	Toxiproxy  []string          // proxies that somebody else runs before the Redis of URLs, as remote.ParsePlace reads them: one for all, or one for each
	AllowHosts []string          // hosts other than loopback that the user named
	Dir        string            // where logs go: Dir/logs/<arm>-<instance>.log
	ReadyIn    time.Duration     // how long an instance may take to get ready; 0: 15 s
	Ready      Question          // what says that it is
	Hidden     []string          // secrets beside those of Env, which errors do not show
	Self       []string          // how to start this program, for its words serve, redis and watchdog; empty: os.Executable
	Clock      *history.Clock
	Record     func(history.Event)                           // safe for concurrent use; nil: nothing is recorded
	Wire       func(history.Command)                         // the same for what the service says to its dependencies; it never waits
	Also       func(set map[string]string) map[string]string // further variables of an instance, made of those that it has; an empty one is not set; nil: none
	stack      *compose.Stack                                // of Compose, read
	Progress   func(string)                                  // one line about what is being opened; safe for concurrent use; nil: silence
}

// A Question is what an instance is asked until it is ready. The zero Question is GET /health.
type Question struct {
	Path   string // empty: /health
	Header http.Header
	Status []int // of the answer of one that is ready; empty: 200
	Any    bool  // whatever the status
}

// An ArmSpec is one target of the comparison.
type ArmSpec struct {
	Name    string   // "hardened", "hardened+no-fallback"; letters, digits and . _ + -
	Policy  string   // CACHE_POLICY; empty: not set
	Mutant  string   // `bench serve --mutant`; empty: none
	Command []string `json:",omitempty"` // the service; empty: the Spec's
	Dir     string   `json:",omitempty"` // where Command is started; empty: here
}

// OwnStack is the compose file with our own service.
const OwnStack = "docker-compose.chaos.yml"

// command is how the service of an arm is started; empty: it is our own.
func (s Spec) command(a ArmSpec) []string {
	if len(a.Command) > 0 {
		return a.Command
	}
	return s.Command
}

// Foreign reports whether the service of any arm is somebody else's.
func (s Spec) Foreign() bool {
	return len(s.URLs) > 0 || s.Compose != "" && filepath.Base(s.Compose) != OwnStack || slices.ContainsFunc(s.Arms, func(a ArmSpec) bool { return len(s.command(a)) > 0 })
}

// An Arm is one open target: its own Redis, proxies, database and instances.
type Arm struct {
	Name      string
	Policy    string
	Instances []Instance
}

// An Instance is one process (or URL) of the service.
type Instance struct {
	Name string // "1", "2", …
	URL  string // http://127.0.0.1:port; empty before the first Fresh
	PID  int    // of the process that was started last, and of its group; of a container its first; 0: it already ran, or it is not known

	Container string // its name; empty: it is in none
}

// A Lab is an open world. Its methods are safe for concurrent use; Fresh waits for another Fresh.
type Lab struct {
	spec  Spec
	arms  []*arm
	tmp   string // private to this lab; removed by Close, or by the watchdog
	lease *process.Lease
	ports *process.Ports

	ahead    []fault.Fault // of the next segment; under fresh
	fresh    sync.Mutex    // held by Fresh, and by Close once it has interrupted a Fresh
	applying sync.Mutex    // held while faults are switched
	trials   trials
	bind     func(context.Context) (context.Context, context.CancelFunc) // a context that also ends when the lab closes
	end      context.CancelFunc

	closers  []func(context.Context) error
	once     sync.Once
	closeErr error
}

// An arm is an Arm and what belongs to it.
type arm struct {
	ArmSpec
	dependencies []dependency.Dependency // its own, in the order of the table; none where the instances already ran
	targets      []*target               // they, for faults
	paths        []*path                 // that all its instances share
	instances    []*instance
	project      *compose.Project // of the Spec's Compose; nil: there is none
	host         string           // where its proxies listen; empty: on loopback
	stood        bool             // all its instances were ready, as the Spec has them; under the lab's fresh
}

// Arms lists the arms, in the Spec's order. URLs are valid until the next Fresh.
func (l *Lab) Arms() []Arm {
	arms := make([]Arm, 0, len(l.arms))
	for _, a := range l.arms {
		out := Arm{Name: a.Name, Policy: a.Policy}
		for _, in := range a.instances {
			i := Instance{Name: in.name, URL: in.at()}
			if p := in.running(); p != nil {
				i.PID, i.Container = p.ServicePID(), p.Container()
			}
			out.Instances = append(out.Instances, i)
		}
		arms = append(arms, out)
	}
	return arms
}

// Redis says which Redis it is, the same for every arm. The zero Info: the lab
// has none, because the instances already ran.
func (l *Lab) Redis() redis.Info {
	for _, d := range l.arms[0].dependencies {
		if s, ok := d.(redis.Redis); ok {
			return s.Info()
		}
	}
	return redis.Info{}
}

// Died says which dependency has exited though nobody stopped it, with its exit status and last
// log lines, and whether the watchdog has; nil: none. What a fault has ended is not among them.
// The end of an instance is the service's doing, and recorded as history.Process "exit".
func (l *Lab) Died() error {
	errs := []error{l.Lost()}
	for _, a := range l.arms {
		for _, d := range a.dependencies {
			errs = append(errs, d.Died())
		}
	}
	return errors.Join(errs...)
}

// Close ends everything, in reverse order, within 10 s: instances get SIGTERM and 3 s before
// they are killed. A Fresh that is under way is interrupted. Every call returns the first one's
// result once it is there.
func (l *Lab) Close() error {
	l.once.Do(func() {
		l.end()
		l.fresh.Lock()
		defer l.fresh.Unlock()
		l.applying.Lock() // what a fault is starting again is started, and so is ended here
		defer l.applying.Unlock()
		ctx, cancel := context.WithTimeout(context.Background(), closeWithin)
		defer cancel()
		errs := []error{l.trials.settle(ctx)}
		for i := len(l.closers) - 1; i >= 0; i-- {
			errs = append(errs, l.closers[i](ctx))
		}
		if err := errors.Join(errs...); err != nil {
			l.closeErr = fmt.Errorf("close the lab: %w", err)
		}
	})
	return l.closeErr
}

// each calls f for all items side by side and joins the errors.
func each[T any](items []T, f func(T) error) error {
	errs := make([]error, len(items))
	var wg sync.WaitGroup
	for i, it := range items {
		wg.Go(func() { errs[i] = f(it) })
	}
	wg.Wait()
	return errors.Join(errs...)
}

// logOf is where the process of that name writes.
func (l *Lab) logOf(name string) string { return filepath.Join(l.spec.Dir, "logs", name+".log") }

// now is the time on the run's clock.
func (l *Lab) now() time.Duration { return l.spec.Clock.Now() }

func (l *Lab) say(line string) {
	if l.spec.Progress != nil {
		l.spec.Progress(line)
	}
}

func (l *Lab) record(e history.Event) {
	if l.spec.Record != nil {
		l.spec.Record(e)
	}
}
