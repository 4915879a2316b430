package claim

import (
	"time"

	"github.com/trektribe/bench/internal/history"
)

// An ordeal is when one instance was hurt: by faults that name it, or all. The
// zero ordeal is none.
type ordeal struct {
	faulted         bool
	healed          bool          // after the last fault
	began, set      time.Duration // first fault: switch begun, switch done
	lifting, lifted time.Duration // last heal: switch begun, switch done
	firstHeal       time.Duration // heal after the first fault, begun; 0: none
}

// ordealOf reads FaultOn and FaultOff events.
func ordealOf(faults []history.Event, instance string) ordeal {
	var o ordeal
	var lastOn time.Duration
	for _, e := range faults {
		if e.Instance != "" && e.Instance != instance || e.Kind != history.FaultOn {
			continue
		}
		if !o.faulted || e.At < o.began {
			o.began, o.set = e.At, max(e.At, e.Until)
		}
		o.faulted = true
		lastOn = max(lastOn, e.At)
	}
	for _, e := range faults {
		if e.Instance != "" && e.Instance != instance || e.Kind != history.FaultOff || !o.faulted {
			continue
		}
		if e.At > o.began && (o.firstHeal == 0 || e.At < o.firstHeal) {
			o.firstHeal = e.At
		}
		if e.At >= lastOn && e.At >= o.lifting {
			o.healed, o.lifting, o.lifted = true, e.At, max(e.At, e.Until)
		}
	}
	return o
}

// isFault reports whether e is a fault or its heal, of the dependency or, where on is empty, of anything.
func isFault(e *history.Event, on string) bool {
	return (e.Kind == history.FaultOn || e.Kind == history.FaultOff) && (on == "" || e.On == on)
}
