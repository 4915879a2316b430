package probe

import (
	"slices"
	"strconv"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// A PerSecond is a Probe: a number of requests over the time of the phases in which
// the stream ran.
type PerSecond struct {
	Tally
	n     int
	is    func(r *history.Request, selected bool) bool
	spans map[string]time.Duration // of every phase
	ran   []string                 // phases in which something was asked
}

// NewPerSecond counts the requests that sel is about and that is accepts.
func NewPerSecond(sel expr.Selector, is func(r *history.Request, selected bool) bool) *PerSecond {
	return &PerSecond{Tally: Tally{Sel: sel}, is: is, spans: map[string]time.Duration{}}
}

// Event takes the spans of phases.
func (p *PerSecond) Event(e *history.Event) {
	if e.Kind == history.PhaseSpan && e.Until > e.At {
		p.spans[e.Name] += e.Until - e.At
	}
}

// Request counts.
func (p *PerSecond) Request(r *history.Request) {
	before := p.Asked
	selected := p.See(r)
	if p.Asked == before {
		return
	}
	if !slices.Contains(p.ran, r.Phase) {
		p.ran = append(p.ran, r.Phase)
	}
	if p.is(r, selected) {
		p.n++
	}
}

// Value is the rate.
func (p *PerSecond) Value() figure.Value {
	if a := p.Missing(); a != nil {
		return figure.Value{None: a}
	}
	span, none := p.Span()
	if none != nil {
		return figure.Value{None: none}
	}
	return figure.Value{X: float64(p.n) / span.Seconds(), Samples: p.Asked, Grain: 1 / span.Seconds()}
}

// Span is how long the phases in which something was asked lasted.
func (p *PerSecond) Span() (span time.Duration, none *figure.Absence) {
	for _, name := range p.ran {
		if p.spans[name] == 0 {
			return 0, figure.Absent("how long phase "+strconv.Quote(name)+" lasted was not recorded", "a history with the span of every phase")
		}
		span += p.spans[name]
	}
	return span, nil
}
