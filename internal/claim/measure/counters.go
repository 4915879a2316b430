package measure

import (
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/claim/source"
	"github.com/trektribe/bench/internal/history"
)

// deltaRow is the row of delta.
func deltaRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "delta", Args: "(metric{label=\"…\"}[phase=…])", Params: []expr.Param{expr.Metric}, Keys: expr.PlannedKeys(),
			Form: expr.Counted, Label: "growth", Noun: "readings",
		},
		Unit: "count",
		Doc: "Increase of a counter that the service exports, from the beginning to the end of the phases. It is summed " +
			"over instances, and over all series that have the given labels. No data when trips_db_queries_total, over " +
			"all its labels, grew by less than the answers from the database need.",
		start: startDelta,
	}
}

// delta is the increase of a counter. Of the contract's own counter of database
// queries it gives no figure where that misses loads which the answers prove.
type delta struct{ against }

// startDelta checks the contract's counter where all of it is asked for. Other
// counters mean what their service says.
func startDelta(w *probe.Walk, args []expr.Arg) probe.Probe {
	a := args[0]
	m := probe.NewIncrease(a.Selector, a.Name, a.Labels)
	if a.Name != probe.QueriesTotal || len(a.Labels) > 0 {
		return m
	}
	everything := expr.Selector{Text: a.Selector.Text, Stream: "all", Filters: a.Selector.Filters}
	return &delta{against{Selection: w.Select(everything), metric: m}}
}

func (d *delta) Request(r *history.Request) {
	d.metric.Request(r)
	if r.OK() && r.Source == source.Database {
		d.Selection.Request(r)
	}
}

func (d *delta) Value() figure.Value {
	v := d.metric.Value()
	if v.None == nil {
		v.None = d.balance(v.X).short()
	}
	return v
}

// excessLoadsRow is the row of excess_loads.
func excessLoadsRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "excess_loads", Args: "(stream[…], metric)", Params: []expr.Param{expr.Selection, expr.MetricBeside}, Keys: expr.PlannedKeys(),
			Form: expr.Counted, Label: "needless loads", Noun: "answers",
		},
		Unit: "count",
		Doc: "Increase of the service's counter beyond the fewest loads that explain the answers: queries, or paid calls, " +
			"that single flight would have saved. Failed requests, and requests under way while the counter was read, are " +
			"left out. No data when the counter grew by less than the fewest loads, or when only failed requests can " +
			"explain the difference. The counter must count the loads of this stream only, in the phases of its filter.",
		start: startAgainst(excess, false),
	}
}

// falseSourcesRow is the row of false_sources.
func falseSourcesRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "false_sources", Args: "(stream[…], metric)", Params: []expr.Param{expr.Selection, expr.MetricBeside}, Keys: expr.PlannedKeys(),
			Form: expr.Counted, Label: "false sources", Noun: "answers",
		},
		Unit: "count",
		Doc: "Number of answers that provably do not come from where they say, by the service's own count of queries: " +
			"there are more queries than answers from the database, or fewer than these answers need. Requests under way " +
			"while the counter was read may count on either side. No data when correct answers give no source. In these " +
			"phases only this stream may query the database.",
		start: startAgainst(lies, true),
	}
}

// against compares answers with a counter of the service: how often it loaded.
type against struct {
	probe.Selection
	metric *probe.Increase
	judge  judgement
	alone  bool            // no other stream may load, or change anything, in these phases
	others bool            // one did
	reads  []history.Event // of the counter, at the ends of the selected phases
}

// A balance is what the counter says, and what the answers say.
type balance struct {
	queries  float64 // that the counter grew by
	fewest   float64 // loads that explain the answers
	answers  float64 // that say they were loaded
	changed  float64 // changes, each of which may be a query
	unknown  float64 // requests that failed, or say no source: each may be one load more
	unsaid   float64 // of these, correct answers
	underway float64 // requests that the counter may have counted on either side of a reading
}

// A judgement is the least that must be wrong. It is no data where that is nothing
// only because of what is not known.
type judgement func(b balance) (float64, *figure.Absence)

func startAgainst(judge judgement, alone bool) func(*probe.Walk, []expr.Arg) probe.Probe {
	return func(w *probe.Walk, args []expr.Arg) probe.Probe {
		sel, metric := args[0].Selector, args[1]
		// The counter is read over the phases that the stream is filtered by.
		phases := metric.Selector
		for _, f := range sel.Filters {
			if !phases.Has(f.Key) {
				phases.Filters = append(slices.Clone(phases.Filters), f)
			}
		}
		return &against{Selection: w.Select(sel), metric: probe.NewIncrease(phases, metric.Name, metric.Labels), judge: judge, alone: alone}
	}
}

// excess are loads that nobody needed.
func excess(b balance) (float64, *figure.Absence) {
	if short := b.short(); short != nil {
		return 0, short
	}
	return b.beyond(b.fewest)
}

// lies are answers that do not come from where they say: loads that no answer
// admits, and answers that claim one where there was none.
func lies(b balance) (float64, *figure.Absence) {
	claimed := max(0, b.fewest-b.queries-b.underway)
	hidden, none := b.beyond(b.answers)
	switch {
	case claimed+hidden > 0:
		return claimed + hidden, nil
	case b.unsaid > 0:
		return 0, figure.Absent(figure.Count(int(b.unsaid), "answers")+" did not say where they came from", "X-Source on every answer")
	}
	return 0, none
}

// beyond are the queries beyond those that are explained.
func (b balance) beyond(explained float64) (float64, *figure.Absence) {
	over := max(0, b.queries-explained-b.changed-b.underway)
	if over > 0 && over <= b.unknown {
		return 0, figure.Absent(figure.Count(int(over), "queries")+" more than the answers explain: requests that failed, or do not say where their answer came from, may have needed them",
			"rounds in which no request fails, and X-Source on every answer")
	}
	return max(0, over-b.unknown), nil
}

// short is why the counter cannot be trusted, where it misses loads that the answers
// prove; nil: it misses none.
func (b balance) short() *figure.Absence {
	if b.queries+b.underway >= b.fewest {
		return nil
	}
	return figure.Absent("the counter grew by "+figure.Count(int(b.queries), "queries")+", and the answers that say they were loaded need "+
		figure.Count(int(b.fewest), "loads")+": it does not count all of them, or began again at 0",
		"a counter that counts every load, and never goes down while the service runs")

}

func (a *against) Event(e *history.Event) {
	a.metric.Event(e)
	if name, _, _ := strings.Cut(e.Name, "{"); e.Kind == history.Counter && name == a.metric.Metric && a.Sel.Phase(e.Phase) {
		a.reads = append(a.reads, *e)
	}
}

func (a *against) Request(r *history.Request) {
	a.metric.Request(r)
	a.Selection.Request(r)
	if r.Sent > 0 && !probe.Asks(&a.Sel, r) && a.Sel.Phase(r.Phase) && r.Failure != history.Canceled {
		a.others = a.others || !source.Is(r.Source, source.Cache)
	}
}

// ends are the readings between which the counter grew. One between two selected
// phases is none: what it misses in the one it counts in the other.
func (a *against) ends() []history.Event {
	return slices.DeleteFunc(slices.Clone(a.reads), func(e history.Event) bool {
		return slices.ContainsFunc(a.reads, func(o history.Event) bool {
			return o.Name == e.Name && o.Instance == e.Instance && o.At == e.At && o.Phase != e.Phase
		})
	})
}

func (a *against) Value() figure.Value {
	if none := a.Silent(); none != nil {
		return figure.Value{None: none}
	}
	if a.alone && a.others {
		return figure.NoData("phases in which nothing else is asked for", "in the same phases other requests may ask the database too")
	}
	v := a.metric.Value()
	if v.None != nil {
		return v
	}
	x, none := a.judge(a.balance(v.X))
	if none != nil {
		return figure.Value{None: none}
	}
	return figure.Value{X: x, Samples: a.Answered, Grain: 1}
}

// balance holds what the counter grew by against the answers.
func (a *against) balance(queries float64) balance {
	fewest, answers := a.FewestLoads()
	b := balance{queries: queries, fewest: float64(fewest), answers: float64(answers)}
	a.Each([]probe.Outcome{probe.Changed}, func(*probe.Visit) { b.changed++ })
	a.Each([]probe.Outcome{probe.Failed, probe.Lost, probe.Unsaid, probe.Maybe}, func(v *probe.Visit) {
		b.unknown++
		if v.Outcome == probe.Unsaid {
			b.unsaid++
		}
	})
	reads := a.ends()
	for i := range a.Book.Visits {
		w := &a.Book.Visits[i]
		if w.Outcome != probe.Cached && slices.ContainsFunc(reads, func(e history.Event) bool {
			return w.Sent <= e.Until && (w.Done >= e.At || w.Outcome == probe.Lost || w.Outcome == probe.Maybe)
		}) {
			b.underway++
		}
	}
	return b
}
