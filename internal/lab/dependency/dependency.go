// Package dependency says what the lab must be able to do with whatever it hurts
// beside paths: the dependencies of the service, and its own instances. It holds
// the words for that and no deed; each dependency has a room of its own.
package dependency

import (
	"context"
	"errors"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
)

var (
	// ErrNotUp is the error of a target that was not started yet.
	ErrNotUp = errors.New("it does not run: bring the lab up first (Fresh)")
	// ErrGone is the error of a target that has ended by itself, so that there is nothing to hurt and nothing to mend.
	ErrGone = errors.New("it has exited by itself")
)

// A Target can be hurt.
type Target interface {
	// Mechanisms are how it can be hurt, one for each kind of fault.
	Mechanisms() []Mechanism
	// Probe asks for a sign of life on a new connection. timeout is for all of it.
	Probe(ctx context.Context, timeout time.Duration) canary.Meeting
	// Up is nil when it can be hurt, ErrNotUp, ErrGone, or says how it has died.
	Up() error
	// Mend undoes whatever a fault has done to it, and returns when it answers. What has ended by itself stays so.
	Mend(ctx context.Context) error
}

// A Dependency is what the instances of one arm depend on.
type Dependency interface {
	Target
	// Renew empties it, so that a round begins with a new one. It is whole, and no instance runs.
	Renew(ctx context.Context) error
	// Addr is where it is reached, host:port, so that a proxy can be put before it; empty: it is a file.
	Addr() string
	// Env is the variable by which an instance is told of it, as reached at that address.
	Env(addr string) Variable
	// Died says that it has ended though nobody ended it; nil: it has not.
	Died() error
	// Close gives everything back.
	Close(ctx context.Context) error
}

// A Variable is one of an instance's environment.
type Variable struct {
	Name, Value string
	Secret      string // a part of Value that errors must not show; empty: none
}

// A Mechanism is how a target is hurt by one kind of the catalogue that acts on a process or on data.
type Mechanism struct {
	Kind  string
	Hurt  func(ctx context.Context, f fault.Fault) error
	Meets []string // which of the words that the catalogue has for canaries prove it; empty: all

	Slowly bool // a process may take its time to end, and answer until then
	Timed  bool // it ends by its own time, Fault.For

	// Each is nil where there is nothing special.
	Before func(ctx context.Context, f fault.Fault) error                  // readies the target for a fault of the segment that begins, which it is whole for
	Probe  func(ctx context.Context, timeout time.Duration) canary.Meeting // what meets it, where the target's own Probe does not
	Old    func(timeout time.Duration) canary.Meeting                      // asks a connection that was open before, which must go on
	Found  func() (m canary.Meeting, flaw string)                          // what Hurt itself found, and why that is no proof; where no probe could find it
	After  func(ctx context.Context) canary.Meeting                        // what else is to be met once it is lifted: a reply
}

// Kinds lists the kinds of mechanisms.
func Kinds(all []Mechanism) []string {
	var out []string
	for _, m := range all {
		out = append(out, m.Kind)
	}
	return out
}
