package measure

import (
	"maps"
	"slices"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/impact"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/history"
)

// timeToRecoverRow is the row of time_to_recover.
func timeToRecoverRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "time_to_recover", Args: "(redis)", Params: []expr.Param{expr.Dependency},
			Form: expr.Set, Dims: figure.Seconds, Label: "time to recover", Noun: "recoveries", Failing: true,
		},
		Unit: "set of durations",
		Doc: "For each instance: from the end of the last fault to its first correct answer from Redis after which, until " +
			"the end of the round, at least 90 % of its cached answers came from Redis. At least the time observed when " +
			"that never came. Of a service that does not say redis, what the wire shows: its first command with a key that " +
			"Redis answered, and 90 % of those after it.",
		start: startRecover,
	}
}

// timeToFallbackRow is the row of time_to_fallback.
func timeToFallbackRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "time_to_fallback", Args: "(redis)", Params: []expr.Param{expr.Dependency},
			Form: expr.Set, Dims: figure.Seconds, Label: "time to fall back", Noun: "fallbacks", Failing: true,
		},
		Unit: "set of durations",
		Doc: "For each instance: from when the first fault was fully on to the first correct answer, requested during the " +
			"fault, that did not come from Redis. At least the time observed when there was none before the fault ended.",
		start: startFallback,
	}
}

// timeToDetectRow is the row of time_to_detect.
func timeToDetectRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "time_to_detect", Args: "(redis)", Params: []expr.Param{expr.Dependency},
			Form: expr.Set, Dims: figure.Seconds, Label: "time to detect", Noun: "detections",
		},
		Unit: "set of durations",
		Doc: "For each instance: from the beginning of the first fault to the first answer of its /health that says Redis " +
			"is down. /health is asked every " + impact.HealthStep.String() + ", which is the resolution. At least the " +
			"time observed when it never said so before the fault ended. No data when it did not say up before the fault.",
		start: startDetect,
	}
}

// timeToHealthRow is the row of time_to_health.
func timeToHealthRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "time_to_health", Args: "(redis)", Params: []expr.Param{expr.Dependency},
			Form: expr.Set, Dims: figure.Seconds, Label: "time to health", Noun: "recoveries",
		},
		Unit: "set of durations",
		Doc: "For each instance: from the end of the last fault to the first answer of its /health from which on all " +
			"answers say that Redis is up. /health is asked every " + impact.HealthStep.String() + ", which is the " +
			"resolution. Zero when it always said so (see time_to_detect). At least the time observed when it never did. " +
			"No data when /health does not tell the state of Redis.",
		start: startHealth,
	}
}

// usageTimes is time_to_recover and time_to_fallback.
type usageTimes struct {
	on        string // the dependency
	faults    []history.Event
	instances map[string]*impact.Usage
	of        func(*impact.Usage) (figure.Element, *figure.Absence)
}

func newUsageTimes(on string, of func(*impact.Usage) (figure.Element, *figure.Absence)) *usageTimes {
	return &usageTimes{on: on, instances: map[string]*impact.Usage{}, of: of}
}

func startRecover(_ *probe.Walk, args []expr.Arg) probe.Probe {
	return newUsageTimes(args[0].Name, (*impact.Usage).TimeToRecover)
}

func startFallback(_ *probe.Walk, args []expr.Arg) probe.Probe {
	return newUsageTimes(args[0].Name, (*impact.Usage).TimeToFallback)
}

func (t *usageTimes) Event(e *history.Event) {
	if impact.IsFault(e, t.on) {
		t.faults = append(t.faults, *e)
	}
}

func (t *usageTimes) Command(c *history.Command) { t.usage(c.Instance).Command(c) }

func (t *usageTimes) Request(r *history.Request) {
	if r.Failure != history.Canceled {
		t.usage(r.Instance).Add(r)
	}
}

// usage is the instance's. All faults are known when the first request comes.
func (t *usageTimes) usage(instance string) *impact.Usage {
	if t.instances[instance] == nil {
		t.instances[instance] = impact.NewUsage(t.on, instance, t.faults)
	}
	return t.instances[instance]
}

func (t *usageTimes) Value() figure.Value {
	for _, e := range t.faults {
		if e.Instance != "" {
			t.usage(e.Instance) // also one that nothing was asked of
		}
	}
	var out figure.Value
	for _, name := range slices.Sorted(maps.Keys(t.instances)) {
		u := t.instances[name]
		if !u.Faulted() {
			continue
		}
		e, none := t.of(u)
		if none != nil {
			return figure.Value{None: none}
		}
		out.Set = append(out.Set, e)
		if u.ByWire() {
			out.Notes = []string{"the wire shows when " + t.on + " was used again; the answers of the service do not"}
		}
	}
	if len(out.Set) == 0 {
		return figure.NoData("a phase with a fault on "+t.on, "no fault on %s was observed", t.on)
	}
	return out
}

// healthTimes is time_to_detect and time_to_health: what /health said of a
// dependency, and when. Of an instance only the answers that differ from the one before are
// recorded, the first and the last.
type healthTimes struct {
	probe.Blind
	on     string
	faults []history.Event
	told   map[string][]history.Event // by instance
	of     func(impact.Window, []history.Event) (figure.Element, *figure.Absence)
}

func startDetect(_ *probe.Walk, args []expr.Arg) probe.Probe {
	return &healthTimes{on: args[0].Name, told: map[string][]history.Event{}, of: impact.TimeToDetect}
}

func startHealth(_ *probe.Walk, args []expr.Arg) probe.Probe {
	return &healthTimes{on: args[0].Name, told: map[string][]history.Event{}, of: impact.TimeToHealth}
}

func (d *healthTimes) Event(e *history.Event) {
	switch {
	case impact.IsFault(e, d.on):
		d.faults = append(d.faults, *e)
	case e.Kind == history.Health && e.On == d.on:
		d.told[e.Instance] = append(d.told[e.Instance], *e)
	}
}

func (d *healthTimes) Value() figure.Value {
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
		o := impact.WindowOf(d.faults, name)
		if !o.Faulted {
			continue
		}
		told := impact.InOrder(names[name])
		e, none := d.of(o, told)
		if none != nil {
			return figure.Value{None: figure.Absent("/health of instance "+name+" "+none.Why, none.Remedy)}
		}
		out.Set = append(out.Set, e)
	}
	if len(out.Set) == 0 {
		return figure.NoData(impact.HealthThatSays(d.on), "no instance was asked for its health")
	}
	return out
}
