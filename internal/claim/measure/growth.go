package measure

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/history"
)

// growthRow is the row of growth.
func growthRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "growth", Args: "(gauge, phase, phase)", Params: []expr.Param{expr.Metric, expr.PhaseName, expr.PhaseName}, Keys: []string{"instance"},
			Form: expr.Scalar, Label: "growth", Noun: "readings", Plain: true, MetricUnit: true,
		},
		Unit: "count, or bytes where the gauge ends in _bytes",
		Doc: "Increase of a gauge from the end of the first phase to the end of the second, on the instance with the " +
			"largest increase; zero when it fell. process_open_fds and process_resident_memory_bytes are read from the " +
			"process itself when the harness starts it (on Linux, for its whole process group), and go_goroutines from " +
			"/metrics. Of a service that does not export those its threads are counted. growth(go_goroutines, steady, after) <= 20.",
		start: startGrowth,
	}
}

// peakGrowthRow is the row of peak_growth.
func peakGrowthRow() Measure {
	m := growthRow()
	m.Name, m.Label = "peak_growth", "growth at its peak"
	m.Doc = "Increase of a gauge from the end of the first phase to its greatest value within the second, on the instance with the " +
		"largest increase; zero when it only fell. process_open_fds and process_resident_memory_bytes alone are read within a phase, " +
		"every second where the scenario has a fault: peak_growth(process_open_fds, steady, fault) <= 100."
	m.start = func(w *probe.Walk, args []expr.Arg) probe.Probe {
		g := startGrowth(w, args).(*growth)
		g.peak = true
		return g
	}
	return m
}

// growth is what a gauge of the service grew by from the end of one phase to the
// end of another, on the instance where that is most; zero where it fell.
type growth struct {
	probe.Blind
	sel       expr.Selector
	metric    string
	labels    map[string]string
	from, to  string
	peak      bool // what is read within the second phase counts too
	instances map[string]*level
	ready     []history.Event
	failed    string  // why metrics could not be read, the first time
	instead   *growth // what is counted where no instance exports the metric; nil: nothing is
}

// A level is one instance's gauge at the end of both phases; series that have the labels are summed.
type level struct {
	from, to       float64
	atFrom, atTo   time.Duration
	hasFrom, hasTo bool
	peak           float64 // within the second phase
	hasPeak        bool
}

func startGrowth(_ *probe.Walk, args []expr.Arg) probe.Probe {
	g := &growth{sel: args[0].Selector, metric: args[0].Name, labels: args[0].Labels, from: args[1].Name, to: args[2].Name,
		instances: map[string]*level{}}
	if g.metric == "go_goroutines" {
		threads := *g
		threads.metric, threads.instances = "process_threads", map[string]*level{}
		g.instead = &threads
	}
	return g
}

func (g *growth) Event(e *history.Event) {
	if !g.sel.Instance(e.Instance) {
		return
	}
	if g.instead != nil {
		g.instead.Event(e)
	}
	if e.Kind == history.Process {
		switch {
		case e.Name == "ready":
			g.ready = append(g.ready, *e)
			g.level(e.Instance)
		case e.Name == "no metrics" && g.failed == "" && e.Detail != "":
			g.failed = ": " + e.Detail
		}
		return
	}
	if e.Kind == history.Usage && g.peak && e.Phase == g.to && e.Name == g.metric {
		l := g.level(e.Instance)
		l.peak, l.hasPeak = max(l.peak, e.Value), true
	}
	if e.Kind != history.Counter || e.Detail != "end" || e.Phase != g.from && e.Phase != g.to {
		return
	}
	l := g.level(e.Instance) // also where it does not export this metric
	name, text, _ := strings.Cut(e.Name, "{")
	if name != g.metric {
		return
	}
	if text != "" || len(g.labels) > 0 {
		labels, err := expr.ParseLabels("{" + text)
		for k, v := range g.labels {
			if got, ok := labels[k]; err != nil || !ok || got != v {
				return
			}
		}
	}
	if e.Phase == g.from {
		l.from, l.atFrom, l.hasFrom = l.from+e.Value, e.At, true
	}
	if e.Phase == g.to {
		l.to, l.atTo, l.hasTo = l.to+e.Value, e.At, true
	}
}

func (g *growth) level(instance string) *level {
	if g.instances[instance] == nil {
		g.instances[instance] = &level{}
	}
	return g.instances[instance]
}

func (g *growth) Value() figure.Value {
	wanted := g.metric
	if g.instead != nil {
		wanted += ", or of " + g.instead.metric + " in its place,"
	}
	remedy := fmt.Sprintf("readings of %s at the end of %s and of %s: from /metrics, or from the process of an instance that the harness starts on Linux", wanted, g.from, g.to)
	if g.instead != nil && !slices.ContainsFunc(slices.Collect(maps.Values(g.instances)), func(l *level) bool { return l.hasFrom || l.hasTo }) {
		if v := g.instead.Value(); v.None == nil {
			v.Notes = []string{"the service does not export " + g.metric + ": its threads were counted"}
			return v
		}
	}
	v := figure.Value{Grain: 1}
	if strings.HasSuffix(g.metric, "_bytes") {
		v.Grain = 4096 // a page
	}
	for _, name := range slices.Sorted(maps.Keys(g.instances)) {
		l := g.instances[name]
		if !l.hasFrom || !l.hasTo {
			return figure.NoData(remedy, "%s of instance %q was not read at the end of %s and of %s%s", g.metric, name, g.from, g.to, g.failed)
		}
		if slices.ContainsFunc(g.ready, func(e history.Event) bool {
			return e.Instance == name && e.Until > min(l.atFrom, l.atTo) && e.At < max(l.atFrom, l.atTo)
		}) {
			return figure.NoData("phases between which the instances are not started anew", "instance %q was started anew between the end of %s and that of %s", name, g.from, g.to)
		}
		if g.peak && !l.hasPeak {
			return figure.NoData("a fault in "+g.to+" of more than a second, and an instance that the harness starts, on Linux", "%s of instance %q was not read within %s", g.metric, name, g.to)
		}
		v.X = max(v.X, l.to-l.from, l.peak-l.from)
		v.Samples++
	}
	if v.Samples == 0 {
		return figure.NoData(remedy, "%s was not read%s", g.metric, g.failed)
	}
	return v
}
