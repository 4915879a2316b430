// Package probe is what measures are built from: ways to watch one history.
//
// In go the events and then the requests of one history, and what is asked of them;
// out come tallies, a book of requests, increases of counters, proofs of faults. It
// knows no measure, and never compares rounds.
package probe

import (
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// A Watcher is shown one history: all its events, then all its requests. It must
// copy what it keeps.
type Watcher interface {
	Event(e *history.Event)
	Request(r *history.Request)
}

// A Probe watches one history for one call of a measure. It is asked for the value
// once, at the end.
type Probe interface {
	Watcher
	Value() figure.Value
}

// A Listener is a Watcher that is also shown the commands on the wire: after all events, and before
// all requests.
type Listener interface {
	Command(c *history.Command)
}

// Blind is embedded by a probe that needs no requests, Deaf by one that needs no events.
type (
	Blind struct{}
	Deaf  struct{}
)

// Request does nothing.
func (Blind) Request(*history.Request) {}

// Event does nothing.
func (Deaf) Event(*history.Event) {}
