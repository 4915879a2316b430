package claim

import (
	"fmt"
	"reflect"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// A Condition is a comparison that is asked of the last seconds of the traffic while it is
// played: what a claim asks of a round. Immutable, safe for concurrent use.
type Condition struct{ formula *formula }

// CompileCondition checks the text of a condition against s and reports every mistake at once, each by its
// column; field is what the scenario calls it. It may use the measures that look at requests alone, of all
// phases together: what else there is, such as counters of the service, is read between phases.
func CompileCondition(field, text string, s Scope) (*Condition, []*Error) {
	f, errs := parse(field, text, s)
	if len(errs) > 0 {
		return nil, errs
	}
	for _, n := range f.nodes() {
		c := f.calls[n.call]
		switch {
		case !fits(c):
			errs = append(errs, &Error{Field: field, Col: n.from + 1, Msg: fmt.Sprintf(
				"%s is not known while the traffic runs; a condition may use %s", c.text, strings.Join(fitting(), ", "))})
		case slices.ContainsFunc(c.sels, func(s selector) bool { return s.has("phase") }):
			errs = append(errs, &Error{Field: field, Col: n.from + 1, Msg: "a condition is about the last seconds, whichever phase they are in; leave phase out"})
		}
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return &Condition{formula: f}, nil
}

// nodes are the calls in f's comparisons, in the order in which they stand there.
func (f *formula) nodes() []*node {
	var out []*node
	var visit func(n *node)
	visit = func(n *node) {
		switch {
		case n == nil:
		case n.op == 'c':
			out = append(out, n)
		default:
			visit(n.a)
			visit(n.b)
		}
	}
	for _, t := range f.terms {
		for _, n := range append([]*node{t.lhs}, t.bounds...) {
			visit(n)
		}
	}
	slices.SortStableFunc(out, func(a, b *node) int { return a.from - b.from })
	return out
}

// fits reports whether a call needs nothing but requests, each by itself: its probe is deaf to events.
func fits(c call) bool {
	t := reflect.TypeOf(c.start())
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t.Kind() != reflect.Struct {
		return false
	}
	f, ok := t.FieldByName("deaf")
	return ok && f.Anonymous
}

// fitting are the measures that a condition may use.
func fitting() []string {
	var names []string
	for _, m := range measures() {
		args := make([]arg, len(m.params))
		if slices.ContainsFunc(m.params, func(p param) bool { return p != selection && p != selectionOrSet }) {
			continue
		}
		if fits(call{start: func() probe { return m.start(args) }}) {
			names = append(names, m.Name)
		}
	}
	return names
}

// A Reading is what a condition was at one instant.
type Reading struct {
	Known bool // whether the requests say something of all that it compares
	Holds bool // whether it was true; false where it is not known
	// Part is the comparison that decides: one that is false, else one that is not known, else the first.
	// Was is its left side, with its unit; of one that is not known, why.
	Part, Was string
}

// Read evaluates the condition on requests. It goes through them once.
func (c *Condition) Read(requests []history.Request) Reading {
	w := &walk{shared: map[string]*watched{}}
	probes := w.watch(c.formula)
	for i := range requests {
		for _, p := range w.probes {
			p.safely(func() { p.probe.request(&requests[i]) })
		}
	}
	calls := figures(probes)
	var unknown *Reading
	for _, t := range c.formula.terms {
		holds, known, was := t.now(calls)
		r := Reading{Known: known, Holds: holds && known, Part: t.text, Was: was}
		switch {
		case known && !holds:
			return r
		case !known && unknown == nil:
			unknown = &r
		}
	}
	if unknown != nil {
		return *unknown
	}
	first := c.formula.terms[0]
	_, _, was := first.now(calls)
	return Reading{Known: true, Holds: true, Part: first.text, Was: was}
}

// now is whether a comparison is true of one round's figures, whether they can show that, and its left side.
func (c *comparison) now(calls []figure.Value) (holds, known bool, was string) {
	s := c.sides(calls)
	if none := s.noFigure(); none != nil {
		return false, false, none.Why
	}
	was = figure.Format(s.lhs.X, c.unit)
	switch {
	case s.lhs.Cut == figure.AtLeast:
		was = "at least " + was
	case s.lhs.Cut == figure.AtMost:
		was = "at most " + was
	}
	holds, known = true, true
	for i, op := range c.ops() {
		b := s.bounds[i]
		up, down := s.lhs.Cut == figure.AtLeast || b.Cut == figure.AtMost, s.lhs.Cut == figure.AtMost || b.Cut == figure.AtLeast
		is := figure.Compare(op, s.lhs.X, b.X)
		// What is only a limit shows that something is so where it could not become otherwise.
		if is && !provable(op, up, down) || !is && !provable(opposite[op], up, down) {
			known = false
			continue
		}
		if !is {
			return false, true, was
		}
	}
	return holds && known, known, was
}

// opposite of a comparison is true where it is false.
var opposite = map[string]string{"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "=="}
