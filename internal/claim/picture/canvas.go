package picture

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/impact"
	"github.com/trektribe/bench/internal/history"
)

const (
	// mostColumns are as many as a page can show apart.
	mostColumns = 300
	// mostSlow are named.
	mostSlow = 6
)

// A Planned is a phase of the scenario.
type Planned struct {
	Name string
	For  time.Duration
}

// A Claim is what a scenario claims: its limits are drawn.
type Claim struct{ ID, Holds string }

// A Canvas is painted one round after the other. Not safe for concurrent use.
type Canvas struct {
	scope  expr.Scope
	phases []Phase
	step   float64
	limits []limited

	rounds, requests int
	columns          map[int]*column
	failures         map[failed]*Failure
	slowest          []Slow
	classes          classes
	faults           map[faulted]*placed
	rasters          []*Raster // by limit; nil: none was seen
	why              string
}

// failed is what failures of one column have in common.
type failed struct {
	at   int
	kind string
}

// New is the canvas of one arm.
func New(scope expr.Scope, phases []Planned, claims []Claim) *Canvas {
	c := &Canvas{scope: scope, columns: map[int]*column{}, failures: map[failed]*Failure{}, faults: map[faulted]*placed{}}
	at := 0.0
	for _, p := range phases {
		c.phases = append(c.phases, Phase{Name: p.Name, From: at, To: at + p.For.Seconds()})
		at += p.For.Seconds()
	}
	c.step = stepOf(at)
	c.limits = limitsOf(scope, claims)
	c.rasters = make([]*Raster, len(c.limits))
	return c
}

// stepOf is a round width of columns: 1, 2 or 5 of a power of ten.
func stepOf(whole float64) float64 {
	least := max(whole/mostColumns, 1e-3)
	power := math.Pow(10, math.Floor(math.Log10(least)))
	for _, m := range []float64{1, 2, 5} {
		if m*power >= least*(1-1e-9) {
			return m * power
		}
	}
	return 10 * power
}

// A Sheet is what one round adds. The zero Sheet adds nothing.
type Sheet struct {
	requests int
	columns  map[int]*column
	failures map[failed]*Failure
	slowest  []Slow
	classes  classes
	faults   []fault
	rasters  []*Raster
	why      string
}

// Observe looks at one arm's part of one round: once at its events and once at its
// requests. It keeps as much whatever their number.
func (c *Canvas) Observe(h history.History) (out *Sheet) {
	defer func() {
		if e := recover(); e != nil {
			out = &Sheet{why: fmt.Sprintf("reading the round: panic: %v", e)}
		}
	}()
	o := &observer{Sheet: Sheet{columns: map[int]*column{}, failures: map[failed]*Failure{}},
		canvas: c, axis: axis{phases: c.phases, real: map[string]history.Event{}}, texts: map[string]string{}}
	o.log = newDecisions(c)
	for e := range h.Events() {
		o.event(&e)
	}
	o.Sheet.faults = faultsOf(o.events, &o.axis)
	for r := range h.Requests() {
		o.request(&r)
	}
	o.rasters = o.log.rasters(&o.axis)
	return &o.Sheet
}

// Add lays a round over those before.
func (c *Canvas) Add(s *Sheet) {
	if s.why != "" || s.columns == nil {
		c.why = cmp.Or(c.why, s.why)
		return
	}
	c.rounds++
	c.requests += s.requests
	for at, one := range s.columns {
		if c.columns[at] == nil {
			c.columns[at] = &column{sources: map[string]int{}}
		}
		c.columns[at].merge(one)
	}
	for k, f := range s.failures {
		f.Round = c.rounds
		if old := c.failures[k]; old != nil {
			old.N, old.Took = old.N+f.N, max(old.Took, f.Took)
		} else {
			c.failures[k] = f
		}
	}
	for _, one := range s.slowest {
		one.Round = c.rounds
		c.slowest = slower(c.slowest, one)
	}
	c.classes.merge(&s.classes)
	for _, f := range s.faults {
		if c.faults[f.faulted] == nil {
			c.faults[f.faulted] = &placed{detail: f.detail}
		}
		c.faults[f.faulted].add(f)
	}
	for i, r := range s.rasters {
		if r != nil && (c.rasters[i] == nil || r.Errors > c.rasters[i].Errors) {
			r.Round = c.rounds
			c.rasters[i] = r
		}
	}
}

// Picture is what was painted. Scenario and Arm are left to the caller.
func (c *Canvas) Picture() Picture {
	out := Picture{Rounds: c.rounds, Requests: c.requests, Phases: c.phases, Step: c.step, Columns: []Column{}, Slowest: []Slow{}, Quantiles: c.classes.series()}
	if c.rounds == 0 {
		out.Why = cmp.Or(c.why, "no round was played to its end")
		return out
	}
	for _, at := range slices.Sorted(maps.Keys(c.columns)) {
		out.Columns = append(out.Columns, c.columns[at].column(at))
	}
	for _, f := range c.failures {
		out.Failures = append(out.Failures, *f)
	}
	slices.SortFunc(out.Failures, func(a, b Failure) int { return cmp.Or(cmp.Compare(a.At, b.At), cmp.Compare(a.Kind, b.Kind)) })
	out.Slowest = append(out.Slowest, c.slowest...)
	for f, p := range c.faults {
		out.Faults = append(out.Faults, p.fault(f))
	}
	slices.SortFunc(out.Faults, func(a, b Fault) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.On, b.On), cmp.Compare(a.Instance, b.Instance))
	})
	for _, r := range c.rasters {
		if r != nil {
			out.Rasters = append(out.Rasters, *r)
		}
	}
	return out
}

// slower adds one to the slowest.
func slower(all []Slow, one Slow) []Slow {
	if n := len(all); n == mostSlow && all[n-1].Took >= one.Took {
		return all
	}
	all = append(all, one)
	slices.SortStableFunc(all, func(a, b Slow) int { return cmp.Compare(b.Took, a.Took) })
	return all[:min(len(all), mostSlow)]
}

// An observer looks at one round.
type observer struct {
	Sheet
	canvas *Canvas
	axis   axis
	events []history.Event // faults
	log    *decisions
	texts  map[string]string // each text once
}

func (o *observer) event(e *history.Event) {
	if e.Kind == history.PhaseSpan {
		o.axis.real[e.Name] = *e
	}
	if impact.IsFault(e, "") {
		o.events = append(o.events, *e)
	}
	o.log.event(e)
}

func (o *observer) request(r *history.Request) {
	if r.Failure == history.Canceled {
		return
	}
	o.log.request(r)
	x, ok := o.axis.of(r.Phase, r.Intended)
	if !ok {
		return
	}
	o.requests++
	at := int(x / o.canvas.step)
	one := o.columns[at]
	if one == nil {
		one = &column{sources: map[string]int{}}
		o.columns[at] = one
	}
	took := r.Response().Seconds()
	one.add(took)
	switch {
	case r.OK():
		one.sources[cmp.Or(o.once(r.Source), Unsaid)]++
		o.classes.add(r, underFault(o.events, r))
	case r.Failure == history.Limited:
		one.sources[Limited]++
	default:
		one.failed++
		k := failed{at, kindOf(r)}
		if o.failures[k] == nil {
			o.failures[k] = &Failure{At: figure.Finite(x), Kind: k.kind, Phase: o.once(r.Phase), Stream: o.once(r.Stream), Instance: o.once(r.Instance)}
		}
		f := o.failures[k]
		f.N, f.Took = f.N+1, max(f.Took, took)
	}
	if n := len(o.slowest); n < mostSlow || o.slowest[n-1].Took < took {
		o.slowest = slower(o.slowest, Slow{At: figure.Finite(x), Took: took, Phase: o.once(r.Phase), Stream: o.once(r.Stream), Instance: o.once(r.Instance), Source: o.once(r.Source), Failure: kindOf(r)})
	}
}

// kindOf is how a request failed, with its status; empty: it did not.
func kindOf(r *history.Request) string {
	if r.Failure == history.Status {
		return fmt.Sprintf("status %d", r.Status)
	}
	return string(r.Failure)
}

// once keeps each text once: those of a history hold on to all that was read with them.
func (o *observer) once(s string) string {
	if kept, ok := o.texts[s]; ok {
		return kept
	}
	s = strings.Clone(s)
	o.texts[s] = s
	return s
}
