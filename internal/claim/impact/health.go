package impact

import (
	"cmp"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// HealthStep is how often the harness asks /health of an instance where there is a
// fault. It is the resolution of the times that are read from it. Measured on two shared cores with two arms of two
// instances: 50 ms costs 3 % of a core, both sides together, and 20 ms costs 7 %.
const HealthStep = 50 * time.Millisecond

// HealthThatSays is what a service needs for these times.
func HealthThatSays(on string) string {
	return `GET /health that says "` + on + `":"up" or "down" (docs/contract.md)`
}

// InOrder sorts the answers of /health by when they came.
func InOrder(told []history.Event) []history.Event {
	return slices.SortedStableFunc(slices.Values(told), func(a, b history.Event) int { return cmp.Compare(a.Until, b.Until) })
}

// TimeToDetect is from the begin of the first fault to the first answer of /health
// that says down. The answers told are in order.
func TimeToDetect(w Window, told []history.Event) (figure.Element, *figure.Absence) {
	before := ""
	for _, e := range told {
		if e.Until <= w.Began {
			before = e.Detail
		}
	}
	switch before {
	case "up":
	case "":
		return figure.Element{}, figure.Absent("was not asked before the fault", "a phase before the fault")
	case "down":
		return figure.Element{}, figure.Absent("said down before the fault", "a service that says up while nothing is wrong")
	default:
		return figure.Element{}, figure.Absent("did not say up before the fault ("+before+")", HealthThatSays("redis"))
	}
	watched := told[len(told)-1].Until
	if w.FirstHeal > 0 {
		watched = min(watched, w.FirstHeal)
	}
	for _, e := range told {
		if e.Detail == "down" && e.Until > w.Began && e.Until <= watched {
			return figure.Element{X: (e.Until - w.Began).Seconds()}, nil
		}
	}
	if watched <= w.Began {
		return figure.Element{}, figure.Absent("was not asked during the fault", "a longer fault")
	}
	return figure.Element{X: (watched - w.Began).Seconds(), Cut: true}, nil
}

// TimeToHealth is from the end of the last heal to the first answer of /health from
// which on all say up. The answers told are in order.
func TimeToHealth(w Window, told []history.Event) (figure.Element, *figure.Absence) {
	spoke := slices.ContainsFunc(told, func(e history.Event) bool { return e.Detail == "up" || e.Detail == "down" })
	switch {
	case !w.Healed:
		return figure.Element{}, figure.Absent("cannot be measured: the fault never ended", "a phase after the fault")
	case len(told) == 0 || told[len(told)-1].Until <= w.Lifted:
		return figure.Element{}, figure.Absent("was not asked after the fault", "a phase after the fault")
	case !spoke:
		return figure.Element{}, figure.Absent("does not say whether the dependency is up ("+told[0].Detail+")", HealthThatSays("redis"))
	}
	first := len(told)
	for first > 0 && told[first-1].Detail == "up" {
		first--
	}
	if first == len(told) {
		return figure.Element{X: (told[first-1].Until - w.Lifted).Seconds(), Cut: true}, nil
	}
	return figure.Element{X: max(0, told[first].Until-w.Lifted).Seconds()}, nil
}
