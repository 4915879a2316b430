// Package impact reads what one instance lived through while faults were on: its
// fault window, what its requests met in it, and how long it took to notice, to
// fall back, to answer well, to use its dependency again and to be steady again.
//
// In go the faults, the answers of /health and the requests of one instance of one
// round; out come durations, or why there are none. Its functions are pure. It
// never compares rounds and decides nothing.
package impact

import (
	"time"

	"github.com/trektribe/bench/internal/history"
)

// A Window is the time in which one instance was under faults: those that name it,
// and those that name no instance. The zero Window is none.
type Window struct {
	Faulted         bool          // there was a fault
	Healed          bool          // after the last fault
	Began, Set      time.Duration // first fault: switch begun, switch done
	Lifting, Lifted time.Duration // last heal: switch begun, switch done
	FirstHeal       time.Duration // heal after the first fault, begun; 0: none
}

// WindowOf reads the window of an instance from FaultOn and FaultOff events.
func WindowOf(faults []history.Event, instance string) Window {
	var w Window
	var lastOn time.Duration
	for _, e := range faults {
		if e.Instance != "" && e.Instance != instance || e.Kind != history.FaultOn {
			continue
		}
		if !w.Faulted || e.At < w.Began {
			w.Began, w.Set = e.At, max(e.At, e.Until)
		}
		w.Faulted = true
		lastOn = max(lastOn, e.At)
	}
	for _, e := range faults {
		if e.Instance != "" && e.Instance != instance || e.Kind != history.FaultOff || !w.Faulted {
			continue
		}
		if e.At > w.Began && (w.FirstHeal == 0 || e.At < w.FirstHeal) {
			w.FirstHeal = e.At
		}
		if e.At >= lastOn && e.At >= w.Lifting {
			w.Healed, w.Lifting, w.Lifted = true, e.At, max(e.At, e.Until)
		}
	}
	return w
}

// IsFault reports whether e switches a fault on or off: on the dependency, or on
// anything where on is empty.
func IsFault(e *history.Event, on string) bool {
	return (e.Kind == history.FaultOn || e.Kind == history.FaultOff) && (on == "" || e.On == on)
}
