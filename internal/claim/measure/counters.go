package measure

import (
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
			Form: expr.Counted, Label: "growth", Noun: "readings", Sourced: true,
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
type delta struct{ probe.Against }

// startDelta checks the contract's counter where all of it is asked for. Other
// counters mean what their service says.
func startDelta(w *probe.Walk, args []expr.Arg) probe.Probe {
	a := args[0]
	m := probe.NewIncrease(a.Selector, a.Name, a.Labels)
	if a.Name != probe.QueriesTotal || len(a.Labels) > 0 {
		return m
	}
	everything := expr.Selector{Text: a.Selector.Text, Stream: "all", Filters: a.Selector.Filters}
	return &delta{probe.Against{Selection: w.Select(everything), Metric: m}}
}

func (d *delta) Request(r *history.Request) {
	d.Metric.Request(r)
	if r.OK() && r.Source == source.Database {
		d.Selection.Request(r)
	}
}

func (d *delta) Value() figure.Value {
	v := d.Metric.Value()
	if v.None == nil {
		v.None = d.Balance(v.X).Short()
	}
	return v
}

// excessLoadsRow is the row of excess_loads.
func excessLoadsRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "excess_loads", Args: "(stream[…], metric)", Params: []expr.Param{expr.Selection, expr.MetricBeside}, Keys: expr.PlannedKeys(),
			Form: expr.Counted, Label: "needless loads", Noun: "answers", Sourced: true,
		},
		Unit: "count",
		Doc: "Increase of the service's counter beyond the fewest loads that explain the answers: queries, or paid calls, " +
			"that single flight would have saved. Failed requests, and requests under way while the counter was read, are " +
			"left out. No data when the counter grew by less than the fewest loads, or when only failed requests can " +
			"explain the difference. The counter must count the loads of this stream only, in the phases of its filter.",
		start: startAgainst(probe.Balance.Excess, false),
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
		start: startAgainst(probe.Balance.Lies, true),
	}
}

// against holds answers against a counter of the service.
type against struct {
	probe.Against
	judge judgement
	alone bool // no other stream may load, or change anything, in these phases
}

// A judgement is the least that must be wrong. It is no data where that is nothing
// only because of what is not known.
type judgement func(b probe.Balance) (float64, *figure.Absence)

func startAgainst(judge judgement, alone bool) func(*probe.Walk, []expr.Arg) probe.Probe {
	return func(w *probe.Walk, args []expr.Arg) probe.Probe {
		return &against{Against: probe.NewAgainst(w, args[0].Selector, args[1]), judge: judge, alone: alone}
	}
}

func (a *against) Value() figure.Value {
	if none := a.Silent(); none != nil {
		return figure.Value{None: none}
	}
	if a.alone && a.Others {
		return figure.NoData("phases in which nothing else is asked for", "in the same phases other requests may ask the database too")
	}
	v := a.Metric.Value()
	if v.None != nil {
		return v
	}
	x, none := a.judge(a.Balance(v.X))
	if none != nil {
		return figure.Value{None: none}
	}
	return figure.Value{X: x, Samples: a.Answered, Grain: 1}
}
