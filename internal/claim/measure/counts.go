package measure

import (
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/history"
)

// countRow is the row of count.
func countRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "count", Args: "(stream[…])", Params: []expr.Param{expr.Selection}, Keys: expr.FilterKeys(),
			Form: expr.Counted, Label: "count", Noun: "requests", Failing: true,
		},
		Unit: "count", Live: true,
		Doc:   "Number of selected requests, with any outcome.",
		start: startCount,
	}
}

// failuresRow is the row of failures.
func failuresRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "failures", Args: "(stream[…])", Params: []expr.Param{expr.Selection}, Keys: []string{"phase", "instance", "status"},
			Form: expr.Counted, Label: "failures", Noun: "requests", Failing: true,
		},
		Unit: "count", Live: true,
		Doc:   "Number of selected requests without a correct answer. It takes no source, because a failed request has none.",
		start: startFailures,
	}
}

// bareRefusalsRow is the row of bare_refusals.
func bareRefusalsRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "bare_refusals", Args: "(stream[…])", Params: []expr.Param{expr.Selection}, Keys: expr.PlannedKeys(),
			Form: expr.Counted, Label: "refusals without an error", Noun: "requests", Timeless: true,
		},
		Unit: "count",
		Doc:  "Number of answers with status 429 that do not say so in an error member of a JSON body. No data where nobody was refused.",
		start: func(_ *probe.Walk, args []expr.Arg) probe.Probe {
			return &bareRefusals{Tally: probe.Tally{Sel: args[0].Selector}}
		},
	}
}

// rateRow is the row of rate.
func rateRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "rate", Args: "(stream[…])", Params: []expr.Param{expr.Selection}, Keys: expr.FilterKeys(),
			Form: expr.Scalar, Dims: figure.PerSecond, Label: "rate", Noun: "requests",
		},
		Unit:  "rate",
		Doc:   "Selected requests per second, over the phases in which the stream ran.",
		start: startRate(func(r *history.Request, selected bool) bool { return selected }),
	}
}

// offeredRow is the row of offered.
func offeredRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "offered", Args: "(stream[…])", Params: []expr.Param{expr.Selection}, Keys: expr.PlannedKeys(),
			Form: expr.Scalar, Dims: figure.PerSecond, Label: "offered", Noun: "requests",
		},
		Unit:  "rate",
		Doc:   "Planned requests per second, sent or not: the offered load.",
		start: startRate(func(*history.Request, bool) bool { return true }),
	}
}

// achievedRow is the row of achieved.
func achievedRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "achieved", Args: "(stream[…])", Params: []expr.Param{expr.Selection}, Keys: expr.PlannedKeys(),
			Form: expr.Scalar, Dims: figure.PerSecond, Label: "achieved", Noun: "requests",
		},
		Unit:  "rate",
		Doc:   "Planned requests per second that were really sent.",
		start: startRate(func(r *history.Request, _ bool) bool { return r.Sent > 0 }),
	}
}

// counted counts the selected requests that also are what it asks.
type counted struct {
	probe.Deaf
	probe.Tally
	n  int
	is func(*history.Request) bool
}

func startCount(_ *probe.Walk, args []expr.Arg) probe.Probe {
	return &counted{Tally: probe.Tally{Sel: args[0].Selector}, is: func(*history.Request) bool { return true }}
}

func startFailures(_ *probe.Walk, args []expr.Arg) probe.Probe {
	return &counted{Tally: probe.Tally{Sel: args[0].Selector}, is: func(r *history.Request) bool { return !r.OK() }}
}

func (c *counted) Request(r *history.Request) {
	if c.See(r) && c.is(r) {
		c.n++
	}
}

func (c *counted) Value() figure.Value {
	if a := c.Missing(); a != nil {
		return figure.Value{None: a}
	}
	return figure.Value{X: float64(c.n), Samples: c.Asked, Grain: 1}
}

// bareRefusals counts refusals that do not say so.
type bareRefusals struct {
	probe.Deaf
	probe.Tally
	refused, bare int
}

func (b *bareRefusals) Request(r *history.Request) {
	if b.See(r) && r.Status == 429 {
		b.refused++
		if r.Failure != history.Limited {
			b.bare++
		}
	}
}

func (b *bareRefusals) Value() figure.Value {
	switch none := b.Missing(); {
	case none != nil:
		return figure.Value{None: none}
	case b.refused == 0:
		return figure.NoData("clients that ask for more than the limit", "no request of %s was answered 429", b.Sel.Text)
	}
	return figure.Value{X: float64(b.bare), Samples: b.refused, Grain: 1}
}

func startRate(is func(r *history.Request, selected bool) bool) func(*probe.Walk, []expr.Arg) probe.Probe {
	return func(_ *probe.Walk, args []expr.Arg) probe.Probe { return probe.NewPerSecond(args[0].Selector, is) }
}
