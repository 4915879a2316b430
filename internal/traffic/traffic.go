// Package traffic is what a stream of requests is: one type for the scenario
// that says it, the plan that saves it and the generator that sends it.
//
// In go nothing but values; out comes what they may be. It reads no scenario,
// sends nothing and knows no schedule.
package traffic

import "time"

// A Stream is one kind of request at one rate. Type says which of its parts are used.
type Stream struct {
	Name string `json:"name"`
	Type string `json:"type"` // what it sends, one of Types
	Call
	From    float64 `json:"from"` // requests per second at the start of a stretch
	To      float64 `json:"to"`   // and at its end
	Poisson bool    `json:"poisson,omitempty"`
	Keys
	Timeout time.Duration `json:"timeout"` // a client gives up this long after its intended time
	Workers int           `json:"workers"` // cap on requests in flight
}

// Calls is the Type of a stream that makes one HTTP call at each place of its schedule.
const Calls = "call"

// Types are what a stream can send. To add one: its part of a Stream here, its key
// in scenarios/streamtypes.go, and its sender in internal/load/senders.go.
var Types = []string{Calls}
