package impact

import (
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// TimesToPrimary are, of each fault on a dependency of several servers, how long it took until another was named the
// primary. faults are in order; a time is cut off where nobody else was named before the fault was lifted.
func TimesToPrimary(on string, faults, primaries []history.Event) (all []figure.Element, none *figure.Absence) {
	if len(faults) == 0 {
		return nil, figure.Absent("no fault on "+on+" was observed", "a phase with a fault on "+on)
	}
	if len(primaries) == 0 {
		return nil, figure.Absent("nobody said who the primary of "+on+" is", "a scenario with a "+on+" of several servers")
	}
	for i, f := range faults {
		if f.Kind != history.FaultOn {
			continue
		}
		if i+1 == len(faults) {
			return nil, figure.Absent("a fault on "+on+" was not lifted", "a fault that is lifted before the round ends")
		}
		all = append(all, timeToPrimary(f, faults[i+1], primaries))
	}
	return all, nil
}

func timeToPrimary(fault, heal history.Event, primaries []history.Event) figure.Element {
	before := ""
	for _, p := range primaries {
		switch {
		case p.At <= fault.At:
			before = p.Name
		case p.At <= heal.At && p.Name != before && before != "":
			return figure.Element{X: (p.At - fault.At).Seconds()}
		}
	}
	return figure.Element{X: (heal.At - fault.At).Seconds(), Cut: true}
}
