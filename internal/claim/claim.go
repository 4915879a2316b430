// Package claim turns histories into verdicts. A claim is a pure function of
// histories: the same records give the same verdict, anywhere.
//
// In go the text of a claim and one History a round; out comes a Result. A claim
// without data, or whose measure panics, is inconclusive. The package stands on the
// rooms below it: figures, the language, probes, measures and guards.
package claim

import (
	"slices"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/guard"
	"github.com/trektribe/bench/internal/claim/measure"
)

// A Verdict is what is known of a claim.
type Verdict string

const (
	Inconclusive Verdict = "inconclusive"
	Holds        Verdict = "holds"
	Refuted      Verdict = "refuted"
)

// Text is a claim as a scenario writes it.
type Text struct {
	ID       string // row of the claims ledger
	Says     string // the promise, in the document's words
	Source   string // section of the document
	Reading  string // how the promise was made measurable, where that is a choice
	Holds    string // the expression that must be true
	Requires string // what must be true for the data to count; empty: only the built-in guards
}

// A Claim is a compiled Text. Immutable, safe for concurrent use.
type Claim struct {
	Text     Text
	holds    *expr.Formula
	requires *expr.Formula // without comparisons where nothing is required
	rules    guard.Rules   // that a round must meet to count
	doubts   guard.Rules   // that it must meet to show that the claim holds
	scope    expr.Scope
	lacks    func(expr.Selector) *Lack // why a service was not sent what is selected; nil: it was sent everything
}

// Compile checks t against s and reports every mistake at once, those of holds
// before those of requires, each by column. The Claim is nil where there is one.
func Compile(t Text, s expr.Scope) (*Claim, []*expr.Error) {
	language := measure.Signatures()
	holds, errs := expr.Parse(expr.Field{Name: "holds"}, t.Holds, s, language)
	requires, more := expr.Parse(expr.Field{Name: "requires", Optional: true, Truths: true}, t.Requires, s, language)
	if errs = append(errs, more...); len(errs) > 0 {
		return nil, errs
	}
	about := func(phase string) bool { return holds.About(phase) || requires.About(phase) }
	rules := guard.Rules{Phases: about, Faults: slices.Clone(s.Faults), MostLag: guard.LagFor(holds.Shortest())}
	if holds.Timeless() && requires.Timeless() {
		rules.MostLag = guard.AnyLag
	}
	rules.Assumed = assumed(t, holds, s)
	doubts := rules
	doubts.Phases = holds.About
	return &Claim{Text: t, holds: holds, requires: requires, rules: rules, doubts: doubts, scope: s}, nil
}

// Times reports whether a time that c measures may be one of answers from a
// source: a delay that was injected there is then part of the figure.
func (c *Claim) Times(source string) bool { return c.holds.Times(source) }

// Exact reports whether c is decided by counts and proofs alone: no response time is in it, and a
// neighbour that takes some of the machine changes no figure.
func (c *Claim) Exact() bool {
	return !slices.ContainsFunc(c.holds.Terms, func(t *expr.Comparison) bool { return method(t) != "exact" })
}

// Asks reports whether c calls a measure.
func (c *Claim) Asks(measure string) bool {
	return slices.ContainsFunc(append(slices.Clone(c.holds.Calls), c.requires.Calls...), func(call *expr.Call) bool { return call.Inner().Name == measure })
}

// Names reports whether c selects the requests of a stream by its name.
func (c *Claim) Names(stream string) bool {
	return c.holds.Names(stream) || c.requires.Names(stream)
}
