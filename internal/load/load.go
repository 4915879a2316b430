// Package load drives HTTP traffic by the open model: every request has its
// place in a schedule that does not wait for the service.
package load

import (
	"context"
	"time"

	"github.com/trektribe/bench/internal/history"
)

// A Stream is one kind of call at one schedule against one arm.
type Stream struct {
	Arm, Name string
	Method    string        // GET, PUT, POST
	Path      string        // "/api/trips", "/api/trips/{id}"
	From, To  float64       // requests per second at the start and at the end of the window; equal: constant rate
	Poisson   bool          // exponential gaps instead of even ones
	Keys      Keys          // what {id} becomes
	Patience  time.Duration // a client gives up this long after Intended
	Workers   int           // cap on requests in flight
	Start     time.Duration // of its window, on the run's clock
	For       time.Duration // length of its window
	Seed      uint64
	Targets   []Target // instances, in turn
}

// Keys draws ids 1..N.
type Keys struct {
	Dist string  // "uniform", "zipf"
	N    int     // how many
	S    float64 // zipf exponent, > 0
}

// A Target is one instance.
type Target struct{ Instance, URL string }

// A Report says how well the generator kept its schedule.
type Report struct {
	Planned, Sent, Unsent, Queued int
}

// Run plays streams to their end and gives every request to sink, from one
// goroutine at a time. phase names the phase of an intended time.
func Run(ctx context.Context, clock *history.Clock, streams []Stream, phase func(time.Duration) string, sink func(history.Request)) (Report, error) {
	panic("skeleton")
}
