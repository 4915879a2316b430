// Package traffic describes a stream of requests: one type for the scenario, for the
// saved plan and for the generator.
//
// It holds values, and says which values are allowed. It never reads a scenario,
// never sends a request and knows no schedule.
package traffic

import (
	"slices"
	"time"
)

// A Stream is one kind of request at one rate. Type says which of its parts are used.
type Stream struct {
	Name string `json:"name"`
	Type string `json:"type"` // what it sends, one of Types
	Call
	Steps   []Step   `json:"steps,omitempty"`   // of Sequences, which have no Call beside them
	Stop    bool     `json:"stop,omitempty"`    // of Sequences: a step that fails is the last of its turn
	Socket  *Socket  `json:"socket,omitempty"`  // of Sockets, else nil
	Clients *Clients `json:"clients,omitempty"` // nil: none
	From    float64  `json:"from"`              // places of the schedule per second at the start of a stretch
	To      float64  `json:"to"`                // and at its end
	Poisson bool     `json:"poisson,omitempty"`
	Burst   int      `json:"burst,omitempty"`  // requests at each place, all at once, of one client; 0 and 1: one
	Spread  bool     `json:"spread,omitempty"` // a burst, or the steps of a sequence, go to the instances in turn; false: to one of them
	Keys
	Timeout time.Duration `json:"timeout"` // a client gives up this long after its intended time
	Workers int           `json:"workers"` // cap on requests in flight, at least Burst
}

// AtOnce is how many requests are sent at once at each place of the schedule.
func (s Stream) AtOnce() int { return max(1, s.Burst) }

// Each is how many requests each place of the schedule is, without repetitions.
func (s Stream) Each() int { return s.AtOnce() * max(1, len(s.Steps)) }

// Calls are what the stream calls: its Call, or those of its steps.
func (s Stream) Calls() []Call {
	if len(s.Steps) == 0 {
		return []Call{s.Call}
	}
	var out []Call
	for _, step := range s.Steps {
		out = append(out, step.Call)
	}
	return out
}

// Keyed reports whether something of what the stream calls is to be filled with a key.
func (s Stream) Keyed() bool { return slices.ContainsFunc(s.Calls(), Call.Keyed) }

// The Types of streams.
const (
	Calls     = "call"     // makes an HTTP call at each place of its schedule
	Sequences = "sequence" // makes several, one after the other
	Sockets   = "sockets"  // opens a WebSocket at each place; its Call has a method, a path and nothing else
)

// Types are what a stream can send. To add one: its part of a Stream here, its key
// in scenarios/streamtypes.go, and its sender in internal/load/senders.go.
var Types = []string{Calls, Sequences, Sockets}
