package probe

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// QueriesTotal counts what the service asks its database, by the service contract.
const QueriesTotal = "trips_db_queries_total"

// An Increase is a Probe: by how much a counter of the service grew, summed over
// phases, instances and label sets. It takes the readings at the ends of phases.
type Increase struct {
	Sel      expr.Selector
	Metric   string
	labels   map[string]string // that a series must have
	exported bool              // the metric was read, with whatever labels
	matched  bool              // it was read with these labels
	reads    map[boundary]bool
	series   map[point]*reading
	seen     map[string]bool // instances that exist
	failed   string          // why metrics could not be read, the first time; empty: they could
	absent   string          // why this one was not among them, by the service's own name of it; empty: it has none
}

// A boundary is one reading of one instance's metrics.
type boundary struct{ phase, instance, edge string }

// A point is one series of one instance in one phase.
type point struct{ phase, instance, name string }

// A reading is a series at both ends of its phase.
type reading struct {
	begin, end       float64
	hasBegin, hasEnd bool
}

// NewIncrease counts what a metric grew by over the phases that sel is about, in
// the series that have the labels.
func NewIncrease(sel expr.Selector, metric string, labels map[string]string) *Increase {
	return &Increase{Sel: sel, Metric: metric, labels: labels,
		reads: map[boundary]bool{}, series: map[point]*reading{}, seen: map[string]bool{}}
}

// Request notes which instances there are.
func (g *Increase) Request(r *history.Request) {
	if !g.seen[r.Instance] && g.Sel.Instance(r.Instance) {
		g.seen[r.Instance] = true
	}
}

// Event takes the readings of the counter.
func (g *Increase) Event(e *history.Event) {
	if e.Kind == history.Process && e.Name == "no metrics" && g.failed == "" && g.Sel.Instance(e.Instance) && e.Detail != "" {
		g.failed = ": " + e.Detail
	}
	if why, ours := strings.CutPrefix(e.Detail, g.Metric+": "); ours && e.Kind == history.Process && e.Name == "no metric" && g.Sel.Instance(e.Instance) {
		g.absent = ": " + why
	}
	if e.Kind != history.Counter || !g.Sel.Instance(e.Instance) || seenFromOutside(e.Name) && e.Name != g.Metric {
		return
	}
	g.seen[e.Instance] = true
	name, text, _ := strings.Cut(e.Name, "{")
	matches := false
	if name == g.Metric {
		g.exported = true
		labels, err := expr.ParseLabels("{" + text)
		if text == "" {
			labels, err = nil, nil
		}
		matches = err == nil && g.carries(labels)
		g.matched = g.matched || matches
	}
	if e.Detail != "begin" && e.Detail != "end" || !g.Sel.Phase(e.Phase) {
		return
	}
	g.reads[boundary{e.Phase, e.Instance, e.Detail}] = true
	if !matches {
		return
	}
	p := point{e.Phase, e.Instance, e.Name}
	s := g.series[p]
	if s == nil {
		s = &reading{}
		g.series[p] = s
	}
	if e.Detail == "begin" {
		s.begin, s.hasBegin = e.Value, true
	} else {
		s.end, s.hasEnd = e.Value, true
	}
}

// seenFromOutside reports whether the figure may have been read from the process itself: it
// does not show that /metrics was.
func seenFromOutside(name string) bool {
	switch name {
	case "process_open_fds", "process_resident_memory_bytes", "process_threads", "process_cpu_seconds_total":
		return true
	}
	return false
}

func (g *Increase) carries(labels map[string]string) bool {
	for k, want := range g.labels {
		if got, ok := labels[k]; !ok || got != want {
			return false
		}
	}
	return true
}

// Value is the growth; no data where an instance was not read at both ends of a phase.
func (g *Increase) Value() figure.Value {
	const remedy = "readings of /metrics at the begin and the end of the phase"
	switch {
	case len(g.reads) == 0 && !g.exported:
		return figure.NoData("GET /metrics in Prometheus' text format, with "+g.Metric, "no metrics were read from the service%s", g.failed)
	case !g.exported:
		return figure.NoData("a service that exports "+g.Metric, "the service does not export %s%s", g.Metric, g.absent)
	case !g.matched:
		return figure.NoData("a series with these labels", "the service exports no %s", g.Sel.Text)
	case len(g.reads) == 0:
		return figure.NoData(remedy, "%s was not read at the begin and the end of a phase%s", g.Metric, g.failed)
	}
	if why := g.unread(); why != "" {
		return figure.NoData(remedy, "%s", why)
	}
	v := figure.Value{Grain: 1}
	for _, p := range slices.SortedFunc(maps.Keys(g.series), comparePoints) {
		// A series that is first seen at the end began at zero: its instance was
		// read at the begin too. One that is gone, or lower, began anew meanwhile.
		s := g.series[p]
		if !s.hasEnd || s.end < s.begin || math.IsNaN(s.end) || math.IsInf(s.end, 0) {
			return figure.NoData("a counter that only grows, and a service that is not restarted within the phase",
				"%s went down within phase %q on instance %q: it, or its process, began anew", g.Metric, p.phase, p.instance)
		}
		v.X += s.end - s.begin
		v.Samples++
	}
	v.Samples = max(1, v.Samples)
	return v
}

// unread says which instance was not read at both ends of a phase in which any was.
func (g *Increase) unread() string {
	named := len(g.seen) > 1 || !g.seen[""]
	for _, b := range slices.SortedFunc(maps.Keys(g.reads), func(a, b boundary) int {
		return strings.Compare(a.phase+"\x00"+a.instance+"\x00"+a.edge, b.phase+"\x00"+b.instance+"\x00"+b.edge)
	}) {
		for _, instance := range slices.Sorted(maps.Keys(g.seen)) {
			if named && instance == "" || named && b.instance == "" {
				continue
			}
			for _, edge := range []string{"begin", "end"} {
				if !g.reads[boundary{b.phase, instance, edge}] {
					return fmt.Sprintf("the metrics of instance %q were not read at the %s of phase %q%s", instance, edge, b.phase, g.failed)
				}
			}
		}
	}
	return ""
}

func comparePoints(a, b point) int {
	return strings.Compare(a.phase+"\x00"+a.instance+"\x00"+a.name, b.phase+"\x00"+b.instance+"\x00"+b.name)
}
