// Package lab is the world that a scenario runs in: Redis, proxies, instances
// of the service under test, and what can be done to them. Everything it opens
// it closes again, also when the harness is killed.
package lab

import (
	"context"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/proxy"
)

// A Spec says what to open.
type Spec struct {
	Arms       []ArmSpec
	Instances  int               // of each arm
	Env        map[string]string // for every instance, on top of the contract's
	Redis      string            // "embedded", "server", or a redis:// URL
	Command    []string          // the service; empty: our own, `bench serve`
	URLs       []string          // instances that already run; then nothing is started and Command is empty
	AllowHosts []string          // hosts other than loopback that the user named
	Dir        string            // where logs go: Dir/logs/<arm>-<instance>.log
	ReadyIn    time.Duration     // how long an instance may take to get ready
	Clock      *history.Clock
	Record     func(history.Event) // safe for concurrent use
	Progress   func(string)        // one line about what is being opened
}

// An ArmSpec is one target of the comparison.
type ArmSpec struct {
	Name   string // "hardened", "hardened+no-fallback"
	Policy string // CACHE_POLICY
	Mutant string // `bench serve --mutant`
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
	URL  string // http://127.0.0.1:port
}

// Info says which Redis an arm has.
type Info struct{ Kind, Version string }

// A Lab is an open world.
type Lab struct{}

// Open opens everything but the instances' processes (Fresh starts these).
func Open(ctx context.Context, s Spec) (*Lab, error) { panic("skeleton") }

// Fresh brings every arm to a fresh state: instances stopped, Redis flushed, database new,
// instances started with env on top of the Spec's, and ready.
func (l *Lab) Fresh(ctx context.Context, env map[string]string) error { panic("skeleton") }

// Arms lists the arms, in the Spec's order. URLs are valid until the next Fresh.
func (l *Lab) Arms() []Arm { panic("skeleton") }

// Redis says which Redis it is.
func (l *Lab) Redis() Info { panic("skeleton") }

// An Action is something done to the world.
type Action struct {
	Arm       string   // empty: all
	Instances []string // empty: all
	On        string   // "redis"
	Fault     proxy.Fault
	Planned   time.Duration // on the clock
	Heal      bool          // Fault is being lifted
}

// Apply does a. It records history.FaultOn or FaultOff for each proxy.
func (l *Lab) Apply(ctx context.Context, a Action) error { panic("skeleton") }

// Canaries opens one canary through each proxy, and probes them and new connections until
// ctx ends, each probe recorded as history.Canary, each fault as history.Delivery.
func (l *Lab) Canaries(ctx context.Context) error { panic("skeleton") }

// Died says which instance has exited though nobody stopped it; nil: none.
func (l *Lab) Died() error { panic("skeleton") }

// Close ends everything, in reverse order, within its own deadline. Safe to call twice.
func (l *Lab) Close() error { panic("skeleton") }
