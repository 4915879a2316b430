package operation

import (
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/history"
)

// countsWithin is how long before or after its answer, as the client sees it, a service may count a request.
const countsWithin = 100 * time.Millisecond

// miscounted is its row.
func miscounted() Row {
	return Row{
		Signature: expr.Signature{
			Name: "miscounted", Args: "(stream[…], metric{label=\"…\"})", Params: []expr.Param{expr.Selection, expr.MetricBeside}, Keys: expr.FilterKeys(),
			Form: expr.Counted, Label: "miscounted", Noun: "answers", Timeless: true,
		},
		Unit: "count",
		Doc: "By how much a counter of the service is surely wrong: how far its increase within the phases lies outside of what the " +
			"selected answers allow. Requests that failed, and those within " + countsWithin.String() + " of a reading, may count or not. " +
			"A series that is not there counts 0 where others of the metric have the same labels.",
		Start: startMiscounted,
	}
}

// miscount holds answers against a counter of the service that counts them.
type miscount struct {
	probe.Tally               // of every phase: a request may be counted in the next
	phases      expr.Selector // in which the counter is read
	metric      string
	labels      map[string]string
	exported    bool // the metric was read, with whatever labels
	labelled    bool // it was read with labels of these names
	spans       map[[2]string]*stretch
	asked       []countable
}

// A stretch is what a counter showed over one phase of one instance.
type stretch struct {
	begin, end       time.Duration // from when its first reading was asked for until it was there
	begun, ended     time.Duration
	atBegin, atEnd   float64
	hasBegin, hasEnd bool
}

// A countable is a request that may be counted.
type countable struct {
	instance   string
	sent, done time.Duration
	sure       bool // if it falls between two readings
}

func startMiscounted(_ *probe.Walk, args []expr.Arg) probe.Probe {
	m := &miscount{Tally: probe.Tally{Sel: args[0].Selector}, phases: args[0].Selector, metric: args[1].Name, labels: args[1].Labels, spans: map[[2]string]*stretch{}}
	m.Sel.Filters = slices.DeleteFunc(slices.Clone(m.Sel.Filters), func(f expr.Filter) bool { return f.Key == "phase" })
	return m
}

func (m *miscount) Event(e *history.Event) {
	if e.Kind != history.Counter || !m.Sel.Instance(e.Instance) || strings.HasPrefix(e.Name, "process_") {
		return // those of a process may be read from outside, which shows no reading of the service
	}
	name, text, _ := strings.Cut(e.Name, "{")
	carries := false
	if name == m.metric {
		m.exported = true
		labels, err := expr.ParseLabels("{" + text)
		if text == "" {
			labels, err = nil, nil
		}
		named := err == nil
		carries = named
		for k, want := range m.labels {
			got, ok := labels[k]
			named, carries = named && ok, carries && ok && got == want
		}
		m.labelled = m.labelled || named
	}
	if !m.phases.Phase(e.Phase) {
		return
	}
	at := [2]string{e.Phase, e.Instance}
	s := m.spans[at]
	if s == nil {
		s = &stretch{}
		m.spans[at] = s
	}
	value := 0.0
	if carries {
		value = e.Value
	}
	if e.Detail == "begin" {
		s.begin, s.begun, s.hasBegin = e.At, e.Until, true
		s.atBegin += value
	} else {
		s.end, s.ended, s.hasEnd = e.At, e.Until, true
		s.atEnd += value
	}
}

func (m *miscount) Request(r *history.Request) {
	selected := m.See(r)
	if !probe.Asks(&m.Sel, r) || r.Sent == 0 || r.OK() && !selected {
		return
	}
	c := countable{instance: r.Instance, sent: r.Sent, done: r.Done, sure: r.OK()}
	if !c.sure {
		c.done = math.MaxInt64 // the service may be at it still
	}
	m.asked = append(m.asked, c)
}

func (m *miscount) Value() figure.Value {
	if none := m.Missing(); none != nil {
		return figure.Value{None: none}
	}
	switch {
	case len(m.spans) == 0:
		return figure.NoData("GET /metrics in Prometheus' text format, with "+m.metric, "no metrics were read from the service")
	case !m.exported:
		return figure.NoData("a service that exports "+m.metric, "the service does not export %s", m.metric)
	case !m.labelled:
		return figure.NoData("a series with these labels", "no %s has these labels", m.metric)
	}
	v := figure.Value{Grain: 1}
	for _, at := range slices.SortedFunc(maps.Keys(m.spans), func(a, b [2]string) int { return slices.Compare(a[:], b[:]) }) {
		s := m.spans[at]
		if !s.hasBegin || !s.hasEnd || s.atEnd < s.atBegin {
			return figure.NoData("a service that is not restarted within the phase", "%s was not read at both ends of phase %q on instance %q, or began anew", m.metric, at[0], at[1])
		}
		least, most := 0.0, 0.0
		for _, c := range m.asked {
			if c.instance != at[1] || c.sent > s.ended || c.done < s.begin-countsWithin {
				continue
			}
			most++
			if c.sure && c.sent > s.begun && c.done < s.end-countsWithin {
				least++
			}
		}
		grew := s.atEnd - s.atBegin
		v.X += max(0, least-grew, grew-most)
		v.Samples += int(most)
	}
	v.Samples = max(1, v.Samples)
	return v
}
