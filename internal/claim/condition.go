package claim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/measure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/history"
)

// A Condition is a comparison on the last seconds of the traffic while it runs, as a
// claim is one on rounds. Immutable, safe for concurrent use.
type Condition struct{ formula *expr.Formula }

// CompileCondition checks the text of a condition against s and reports every mistake
// at once, each by its column; field is what the scenario calls it. A condition may
// use the measures that need nothing but requests, of all phases together: other
// things, such as counters of the service, are read between phases.
func CompileCondition(field, text string, s expr.Scope) (*Condition, []*expr.Error) {
	f, errs := expr.Parse(expr.Field{Name: field}, text, s, measure.Signatures())
	if len(errs) > 0 {
		return nil, errs
	}
	for _, c := range f.Calls {
		switch m, _ := measure.Named(c.Name); {
		case !m.Live || c.Reduces():
			errs = append(errs, &expr.Error{Field: field, Col: c.Col, Msg: fmt.Sprintf(
				"%s is not known while the traffic runs; a condition may use %s", c.Text, strings.Join(live(), ", "))})
		case slices.ContainsFunc(c.Selectors, func(s expr.Selector) bool { return s.Has("phase") }):
			errs = append(errs, &expr.Error{Field: field, Col: c.Col, Msg: "a condition is about the last seconds, whichever phase they are in; leave phase out"})
		}
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return &Condition{formula: f}, nil
}

// Without is c without the comparisons that ask for requests which are never sent, and why the first of those
// is not; a nil Condition: nothing is left of it, a nil Lack: all is.
func (c *Condition) Without(lacks func(expr.Selector) *Lack) (*Condition, *Lack) {
	var first *Lack
	rest := *c.formula
	rest.Terms = nil
	for _, t := range c.formula.Terms {
		var lack *Lack
		for _, s := range t.Selections() {
			lack = cmp.Or(lack, lacks(s))
		}
		if first = cmp.Or(first, lack); lack == nil {
			rest.Terms = append(rest.Terms, t)
		}
	}
	if len(rest.Terms) == 0 {
		return nil, first
	}
	return &Condition{&rest}, first
}

// live are the names of the measures that a condition may use.
func live() []string {
	var names []string
	for _, m := range measure.All() {
		if m.Live {
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
	w := probe.NewWalk(nil)
	probes := measure.Watch(w, c.formula)
	w.Through(history.Slice{R: requests})
	calls := measure.Values(probes)
	var unknown *Reading
	for _, t := range c.formula.Terms {
		holds, known, was := now(t, calls)
		r := Reading{Known: known, Holds: holds && known, Part: t.Text, Was: was}
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
	first := c.formula.Terms[0]
	_, _, was := now(first, calls)
	return Reading{Known: true, Holds: true, Part: first.Text, Was: was}
}

// now is whether a comparison is true of one round's figures, whether they can show that, and its left side.
func now(c *expr.Comparison, calls []figure.Value) (holds, known bool, was string) {
	return read(c, sidesOf(c, calls))
}

// opposite of a comparison is true where it is false.
var opposite = map[string]string{"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "=="}
