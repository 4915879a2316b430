package claim

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// HealthStep is how often /health of an instance is asked where there is a fault: the
// resolution of what is read from it. Measured on two shared cores with two arms of two
// instances: 50 ms costs 3 % of a core, both sides together, and 20 ms costs 7 %.
const HealthStep = 50 * time.Millisecond

// detection is what /health said of a dependency, and when: time_to_detect and
// time_to_health. Of an instance only the answers that differ from the one before are
// recorded, the first and the last.
type detection struct {
	blind
	on     string
	faults []history.Event
	told   map[string][]history.Event // by instance
	of     func(ordeal, []history.Event) (figure.Element, *figure.Absence)
}

func startDetect(_ *walk, args []expr.Arg) probe {
	return &detection{on: args[0].Name, told: map[string][]history.Event{}, of: detected}
}

func startHealth(_ *walk, args []expr.Arg) probe {
	return &detection{on: args[0].Name, told: map[string][]history.Event{}, of: toldUp}
}

func (d *detection) Event(e *history.Event) {
	switch {
	case isFault(e, d.on):
		d.faults = append(d.faults, *e)
	case e.Kind == history.Health && e.On == d.on:
		d.told[e.Instance] = append(d.told[e.Instance], *e)
	}
}

func (d *detection) Value() figure.Value {
	if len(d.faults) == 0 {
		return figure.NoData("a phase with a fault on "+d.on, "no fault on %s was observed", d.on)
	}
	names := maps.Clone(d.told)
	for _, e := range d.faults {
		if e.Instance != "" {
			names[e.Instance] = d.told[e.Instance] // also one that was not asked
		}
	}
	var out figure.Value
	for _, name := range slices.Sorted(maps.Keys(names)) {
		o := ordealOf(d.faults, name)
		if !o.faulted {
			continue
		}
		told := inOrder(names[name])
		e, none := d.of(o, told)
		if none != nil {
			return figure.Value{None: figure.Absent("/health of instance "+name+" "+none.Why, none.Remedy)}
		}
		out.Set = append(out.Set, e)
	}
	if len(out.Set) == 0 {
		return figure.NoData(speaks(d.on), "no instance was asked for its health")
	}
	return out
}

func speaks(on string) string {
	return `GET /health that says "` + on + `":"up" or "down" (docs/design.md, section 5)`
}

func inOrder(told []history.Event) []history.Event {
	return slices.SortedStableFunc(slices.Values(told), func(a, b history.Event) int { return cmp.Compare(a.Until, b.Until) })
}

// detected is from the begin of the first fault to the first answer that says down.
func detected(o ordeal, told []history.Event) (figure.Element, *figure.Absence) {
	before := ""
	for _, e := range told {
		if e.Until <= o.began {
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
		return figure.Element{}, figure.Absent("did not say up before the fault ("+before+")", speaks("redis"))
	}
	watched := told[len(told)-1].Until
	if o.firstHeal > 0 {
		watched = min(watched, o.firstHeal)
	}
	for _, e := range told {
		if e.Detail == "down" && e.Until > o.began && e.Until <= watched {
			return figure.Element{X: (e.Until - o.began).Seconds()}, nil
		}
	}
	if watched <= o.began {
		return figure.Element{}, figure.Absent("was not asked during the fault", "a longer fault")
	}
	return figure.Element{X: (watched - o.began).Seconds(), Cut: true}, nil
}

// toldUp is from the end of the last heal to the first answer from which on all say up.
func toldUp(o ordeal, told []history.Event) (figure.Element, *figure.Absence) {
	spoke := slices.ContainsFunc(told, func(e history.Event) bool { return e.Detail == "up" || e.Detail == "down" })
	switch {
	case !o.healed:
		return figure.Element{}, figure.Absent("is not about an end: nothing was healed before the history ended", "a phase after the fault")
	case len(told) == 0 || told[len(told)-1].Until <= o.lifted:
		return figure.Element{}, figure.Absent("was not asked after the heal", "a phase after the fault")
	case !spoke:
		return figure.Element{}, figure.Absent("does not say whether the dependency is up ("+told[0].Detail+")", speaks("redis"))
	}
	first := len(told)
	for first > 0 && told[first-1].Detail == "up" {
		first--
	}
	if first == len(told) {
		return figure.Element{X: (told[first-1].Until - o.lifted).Seconds(), Cut: true}, nil
	}
	return figure.Element{X: max(0, told[first].Until-o.lifted).Seconds()}, nil
}
