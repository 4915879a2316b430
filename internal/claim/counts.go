package claim

import (
	"slices"
	"strconv"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// countRow is the row of count.
func countRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "count", Args: "(stream[…])", Params: []expr.Param{expr.Selection}, Keys: expr.FilterKeys(),
			Form: expr.Counted, Label: "count", Noun: "requests",
		},
		Unit: "count", Live: true,
		Doc:   "How many requests are selected, whatever became of them.",
		start: startCount,
	}
}

// failuresRow is the row of failures.
func failuresRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "failures", Args: "(stream[…])", Params: []expr.Param{expr.Selection}, Keys: []string{"phase", "instance", "status"},
			Form: expr.Counted, Label: "failures", Noun: "requests",
		},
		Unit: "count", Live: true,
		Doc:   "How many of the selected requests got no correct answer. Takes no source: a failed request has none.",
		start: startFailures,
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
		Doc:   "Selected requests per second of the phases in which the stream ran.",
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
		Doc:   "Planned requests per second, sent or not.",
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

// counter counts the selected requests that also are what it asks.
type counter struct {
	deaf
	tally
	n  int
	is func(*history.Request) bool
}

func startCount(_ *walk, args []expr.Arg) probe {
	return &counter{tally: tally{sel: args[0].Selector}, is: func(*history.Request) bool { return true }}
}

func startFailures(_ *walk, args []expr.Arg) probe {
	return &counter{tally: tally{sel: args[0].Selector}, is: func(r *history.Request) bool { return !r.OK() }}
}

func (c *counter) Request(r *history.Request) {
	if c.see(r) && c.is(r) {
		c.n++
	}
}

func (c *counter) Value() figure.Value {
	if a := c.missing(); a != nil {
		return figure.Value{None: a}
	}
	return figure.Value{X: float64(c.n), Samples: c.asked, Grain: 1}
}

// perSecond is a number of requests over the time of the phases they fall in.
type perSecond struct {
	tally
	n     int
	is    func(r *history.Request, selected bool) bool
	spans map[string]time.Duration // of every phase
	ran   []string                 // phases in which something was asked
}

func newPerSecond(sel expr.Selector, is func(r *history.Request, selected bool) bool) *perSecond {
	return &perSecond{tally: tally{sel: sel}, is: is, spans: map[string]time.Duration{}}
}

func startRate(is func(r *history.Request, selected bool) bool) func(*walk, []expr.Arg) probe {
	return func(_ *walk, args []expr.Arg) probe { return newPerSecond(args[0].Selector, is) }
}

func (p *perSecond) Event(e *history.Event) {
	if e.Kind == history.PhaseSpan && e.Until > e.At {
		p.spans[e.Name] += e.Until - e.At
	}
}

func (p *perSecond) Request(r *history.Request) {
	before := p.asked
	selected := p.see(r)
	if p.asked == before {
		return
	}
	if !slices.Contains(p.ran, r.Phase) {
		p.ran = append(p.ran, r.Phase)
	}
	if p.is(r, selected) {
		p.n++
	}
}

func (p *perSecond) Value() figure.Value {
	if a := p.missing(); a != nil {
		return figure.Value{None: a}
	}
	span, none := p.span()
	if none != nil {
		return figure.Value{None: none}
	}
	return figure.Value{X: float64(p.n) / span.Seconds(), Samples: p.asked, Grain: 1 / span.Seconds()}
}

// span is how long the phases lasted in which something was asked.
func (p *perSecond) span() (span time.Duration, none *figure.Absence) {
	for _, name := range p.ran {
		if p.spans[name] == 0 {
			return 0, figure.Absent("how long phase "+strconv.Quote(name)+" lasted was not recorded", "a history with the span of every phase")
		}
		span += p.spans[name]
	}
	return span, nil
}
