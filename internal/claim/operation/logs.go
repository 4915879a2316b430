package operation

import (
	"maps"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/history"
)

// ofLogs is what settles a claim about logs that were not seen.
const ofLogs = "a service that bench starts (--target-cmd), and that writes its log to stdout or stderr"

// unlogged is its row.
func unlogged() Row {
	return Row{
		Signature: expr.Signature{
			Name: "unlogged", Args: "(redis, within)", Params: []expr.Param{expr.Dependency, expr.Span},
			Form: expr.Counted, Label: "unlogged", Noun: "faults", Timeless: true,
		},
		Unit: "count",
		Doc: "Number of faults, one for each instance, of which the service logged nothing within the time: no structured line of level " +
			"warn or error that speaks of Redis. Structured is a JSON object with a level; a log that has none decides nothing. Lines before the first fault that warn of Redis " +
			"count too: who always warns tells of nothing.",
		Start: func(_ *probe.Walk, args []expr.Arg) probe.Probe {
			return &unloggedFaults{on: args[0].Name, within: args[1].Span, logs: map[string][]history.Event{}}
		},
	}
}

// unloggedFaults holds lines of logs against faults.
type unloggedFaults struct {
	probe.Blind
	on     string
	within time.Duration
	faults []history.Event
	logs   map[string][]history.Event // lines by instance
}

func (u *unloggedFaults) Event(e *history.Event) {
	switch {
	case e.Kind == history.FaultOn && e.On == u.on:
		u.faults = append(u.faults, *e)
	case e.Kind == history.Log && e.Name != history.LogSecret:
		u.logs[e.Instance] = append(u.logs[e.Instance], *e)
	}
}

// warns reports whether a line tells whoever watches the log that something is wrong.
func (u *unloggedFaults) warns(e history.Event) bool {
	return e.On == u.on && (e.Name == "warn" || e.Name == "error")
}

func (u *unloggedFaults) Value() figure.Value {
	switch {
	case len(u.faults) == 0:
		return figure.NoData("a phase with a fault on "+u.on, "no fault on %s was observed", u.on)
	case len(u.logs) == 0:
		return figure.NoData(ofLogs, "no line of a log was seen")
	}
	v := figure.Value{Grain: 1}
	for _, f := range u.faults {
		if _, wrote := u.logs[f.Instance]; f.Instance != "" && !wrote {
			u.logs[f.Instance] = nil
		}
	}
	for _, instance := range slices.Sorted(maps.Keys(u.logs)) {
		lines := u.logs[instance]
		if len(lines) > 0 && !slices.ContainsFunc(lines, func(e history.Event) bool { return e.Name != history.LogPlain }) {
			return figure.NoData(`a log of JSON objects with a level, such as {"level":"warn","msg":"…"}`,
				"the log of instance %s has no line with a level: which of them warns cannot be told", instance)
		}
		for _, f := range u.faults {
			if f.Instance != "" && f.Instance != instance {
				continue
			}
			v.Samples++
			if !slices.ContainsFunc(lines, func(e history.Event) bool { return u.warns(e) && e.At >= f.At && e.At <= f.Until+u.within }) {
				v.X++
			}
		}
	}
	first := slices.MinFunc(u.faults, func(a, b history.Event) int { return int(a.At - b.At) }).At
	for _, lines := range u.logs {
		for _, e := range lines {
			if u.warns(e) && e.At < first {
				v.X++
			}
		}
	}
	return v
}

// secretsLogged is its row.
func secretsLogged() Row {
	return Row{
		Signature: expr.Signature{
			Name: "secrets_logged", Args: "()",
			Form: expr.Counted, Label: "secrets logged", Noun: "lines", Timeless: true,
		},
		Unit: "count",
		Doc: "Number of lines in the logs of the service that show a secret: the password of Redis, or the value of a variable of its " +
			"environment whose name says that it is secret. What bench keeps of the line has none.",
		Start: func(*probe.Walk, []expr.Arg) probe.Probe { return &secrets{} },
	}
}

// secrets counts the lines that show one.
type secrets struct {
	probe.Blind
	lines, shown int
}

func (s *secrets) Event(e *history.Event) {
	switch {
	case e.Kind != history.Log:
	case e.Name == history.LogSecret:
		s.shown++
	default:
		s.lines++
	}
}

func (s *secrets) Value() figure.Value {
	if s.lines == 0 {
		return figure.NoData(ofLogs, "no line of a log was seen")
	}
	return figure.Value{X: float64(s.shown), Samples: s.lines, Grain: 1}
}
