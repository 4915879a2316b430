package claim

import (
	"slices"
	"strconv"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// number of requests that the tally's selector selects and which also are.
type counter struct {
	deaf
	tally
	n  int
	is func(*history.Request) bool
}

func startCount(args []arg) probe {
	return &counter{tally: tally{sel: args[0].sel}, is: func(*history.Request) bool { return true }}
}

func startFailures(args []arg) probe {
	return &counter{tally: tally{sel: args[0].sel}, is: func(r *history.Request) bool { return !r.OK() }}
}

func (c *counter) request(r *history.Request) {
	if c.see(r) && c.is(r) {
		c.n++
	}
}

func (c *counter) value() figure.Value {
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

func startRate(is func(r *history.Request, selected bool) bool) func([]arg) probe {
	return func(args []arg) probe {
		return &perSecond{tally: tally{sel: args[0].sel}, is: is, spans: map[string]time.Duration{}}
	}
}

func (p *perSecond) event(e *history.Event) {
	if e.Kind == history.PhaseSpan && e.Until > e.At {
		p.spans[e.Name] += e.Until - e.At
	}
}

func (p *perSecond) request(r *history.Request) {
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

func (p *perSecond) value() figure.Value {
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
