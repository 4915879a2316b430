package operation

import (
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/history"
)

// toldMean is its row.
func toldMean() Row {
	return Row{
		Signature: expr.Signature{
			Name: "told_mean", Args: "(histogram{label=\"…\"}[phase=…])", Params: []expr.Param{expr.Metric}, Keys: expr.PlannedKeys(),
			Form: expr.Scalar, Dims: figure.Seconds, Label: "mean told", Noun: "readings",
		},
		Unit: "duration",
		Doc: "Mean of a histogram or summary that the service exports, in seconds: what its _sum grew by within the phases, over what its " +
			"_count did. No data where it counted nothing.",
		Start: func(_ *probe.Walk, args []expr.Arg) probe.Probe {
			a := args[0]
			return &mean{a.Selector.Text, probe.NewIncrease(a.Selector, a.Name+"_sum", a.Labels), probe.NewIncrease(a.Selector, a.Name+"_count", a.Labels)}
		},
	}
}

// mean is one of a histogram.
type mean struct {
	text       string
	sum, count *probe.Increase
}

func (m *mean) Event(e *history.Event) {
	m.sum.Event(e)
	m.count.Event(e)
}

func (m *mean) Request(r *history.Request) {
	m.sum.Request(r)
	m.count.Request(r)
}

func (m *mean) Value() figure.Value {
	sum, count := m.sum.Value(), m.count.Value()
	switch {
	case sum.None != nil:
		return sum
	case count.None != nil:
		return count
	case count.X == 0:
		return figure.NoData("phases in which "+m.text+" is observed", "%s counted nothing", m.text)
	}
	return figure.Value{X: sum.X / count.X, Samples: int(count.X)}
}
