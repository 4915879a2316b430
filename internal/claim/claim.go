// Package claim turns histories into verdicts. A claim is a pure function of
// histories: the same records give the same verdict, anywhere.
//
// In go the text of a claim and one History a round; out comes a Result. The
// zero Verdict is inconclusive, and a claim that has no data, or whose measure
// panics, keeps it.
package claim

import (
	"slices"
	"time"
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

// Scope is what a claim may name.
type Scope struct {
	Streams, Phases, Faults []string
	Paths                   map[string]string // of streams; what a stream without one asks for is its own
	Env                     map[string]string // of the target: $NAME in an expression is the duration that it holds
}

// An Error is a mistake in an expression.
type Error struct {
	Field string // "holds" or "requires"
	Col   int    // 1-based, in runes, within that field's text
	Msg   string // one line, with the nearest right word where there is one
}

func (e *Error) Error() string { return e.Msg }

// A Claim is a compiled Text. Immutable, safe for concurrent use.
type Claim struct {
	Text     Text
	holds    *formula
	requires *formula // without comparisons where nothing is required
	faults   []string // kinds that must have been delivered
	mostLag  time.Duration
	paths    map[string]string
}

// Compile checks t against s and reports every mistake at once, those of holds
// before those of requires, each by column. The Claim is nil where there is one.
func Compile(t Text, s Scope) (*Claim, []*Error) {
	holds, errs := parse("holds", t.Holds, s)
	requires, more := parse("requires", t.Requires, s)
	if errs = append(errs, more...); len(errs) > 0 {
		return nil, errs
	}
	return &Claim{Text: t, holds: holds, requires: requires, faults: slices.Clone(s.Faults), mostLag: holds.mostLag(), paths: s.Paths}, nil
}

// Times reports whether a time that c measures may be one of answers from a
// source: a delay that was injected there is then part of the figure.
func (c *Claim) Times(source string) bool {
	return slices.ContainsFunc(c.holds.calls, func(k call) bool { return k.times(source) })
}

// about reports whether c measures, or requires, anything of the phase.
func (c *Claim) about(phase string) bool {
	speaks := func(k call) bool { return k.about(phase) }
	return slices.ContainsFunc(c.holds.calls, speaks) || slices.ContainsFunc(c.requires.calls, speaks)
}
