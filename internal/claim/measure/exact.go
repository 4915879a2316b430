package measure

import (
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/ledger"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/exact/evidence"
	"github.com/trektribe/bench/internal/history"
)

// earlier is how long before its client saw it a service may have ended a session or a socket. The close is sent at
// the same time or, by a service that shuts down, within the second that it gives its clients to answer.
const earlier = time.Second

// ledgerOf is the ledger that all measures of one walk share.
func ledgerOf(w *probe.Walk) *ledger.Ledger {
	return w.Beside("ledger", func(paths map[string]string) probe.Watcher { return ledger.New(paths) }).(*ledger.Ledger)
}

// A shared keeps what a checker said, for all measures of one walk that ask it the same.
type shared[R any] struct {
	probe.Deaf
	probe.Blind
	said map[any]answer[R] // by what was asked
}

type answer[R any] struct {
	reports []R
	none    *figure.Absence
}

func sharedBy[R any](w *probe.Walk, checker string) *shared[R] {
	return w.Beside(checker, func(map[string]string) probe.Watcher { return &shared[R]{said: map[any]answer[R]{}} }).(*shared[R])
}

// ask has check answer what was not asked before.
func (s *shared[R]) ask(what any, check func() ([]R, *figure.Absence)) ([]R, *figure.Absence) {
	a, known := s.said[what]
	if !known {
		a.reports, a.none = check()
		s.said[what] = a
	}
	return a.reports, a.none
}

// together makes one finding of what a checker found in each state of the service.
func together(found ...evidence.Finding) (n int, longest time.Duration, all []figure.Finding) {
	var f figure.Finding
	for _, e := range found {
		n += e.Count
		longest = max(longest, e.Longest)
		f.Code, f.Says = e.Code, e.Says
		for _, w := range e.Witnesses {
			f.Witnesses = append(f.Witnesses, figure.Witness{At: w.At, Until: w.Until, Text: w.Text})
		}
	}
	if f.Count = n; n == 0 {
		return 0, longest, nil
	}
	f.Witnesses = figure.Shorten(f.Witnesses)
	return n, longest, []figure.Finding{f}
}

// gathered is one finding of each report, and the number of cases that could have shown one.
func gathered[R any](reports []R, of func(*R) evidence.Finding, samples func(*R) int) (n int, found []evidence.Finding) {
	for i := range reports {
		n += samples(&reports[i])
		found = append(found, of(&reports[i]))
	}
	return n, found
}

// countOf is the figure of a count of errors, of so many in which there could have been one.
func countOf(samples int, found ...evidence.Finding) figure.Value {
	n, _, all := together(found...)
	return figure.Value{X: float64(n), Samples: max(1, samples), Grain: 1, Findings: all}
}

// longestOf is the figure of the longest error.
func longestOf(samples int, found ...evidence.Finding) figure.Value {
	_, longest, all := together(found...)
	return figure.Value{X: longest.Seconds(), Samples: max(1, samples), Findings: all}
}

// undone says how the requests to a path failed that change something, to follow a sentence; empty: none did.
func undone(all []history.Request, is func(r history.Request) bool) string {
	var fates probe.Fates
	for i := range all {
		if is(all[i]) && !all[i].OK() {
			fates.Add(&all[i])
		}
	}
	if len(fates) == 0 {
		return ""
	}
	return " (" + fates.String() + ")"
}

// exactRow is the row of a measure that one selection shows: a count of errors, or the longest that one lasted.
func exactRow(name, label, noun, doc string, form expr.Form, start func(w *probe.Walk, args []expr.Arg) probe.Probe) Measure {
	m := Measure{
		Signature: expr.Signature{Name: name, Args: "(stream[…])", Params: []expr.Param{expr.Selection}, Keys: expr.PlannedKeys(), Form: form, Label: label, Noun: noun, Timeless: true},
		Unit:      "count", Doc: doc, start: start,
	}
	if form == expr.Proved {
		m.Dims, m.Unit = figure.Seconds, "duration"
	}
	return m
}

// byState gathers what is read in each state.
type byState[T any] map[int][]T

func (b byState[T]) states() []int {
	var all []int
	for s := range b {
		all = append(all, s)
	}
	slices.Sort(all)
	return all
}
