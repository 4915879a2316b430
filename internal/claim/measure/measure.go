// Package measure holds the measures of the claim language: what a figure of one
// history is, and how it is read.
//
// In go checked calls and one history; out comes a value for each call, or why there
// is none. A measure is a row of the table and a probe. It knows no claim: it never
// compares rounds, and holds nothing against a bound.
package measure

import (
	"slices"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
)

// A Measure is a named function of one history.
type Measure struct {
	expr.Signature
	Unit  string // of its figure, in words: "duration", "share", "count", "rate", "set of durations", "yes or no"
	Truth string // where it comes from: outside, service, wire, harness, or several of them
	Doc   string // what it is, for `bench explain`
	Live  bool   // it needs nothing but requests: it can be asked while the traffic runs

	// start makes the probe of one call. A probe that compares requests with one
	// another selects them in w's book.
	start func(w *probe.Walk, args []expr.Arg) probe.Probe
}

// Explain is the text of one measure: its call, its unit, what it is and where its truth comes from. False:
// there is no measure of that name.
func Explain(name string) (string, bool) {
	m, ok := Named(name)
	if !ok {
		return "", false
	}
	return m.Name + m.Args + " → " + m.Unit + "\n" + m.Doc + "\nSource of truth: " + m.Truth + ".", true
}

// Signatures are what the language knows of the measures.
func Signatures() []expr.Signature {
	var out []expr.Signature
	for _, m := range All() {
		out = append(out, m.Signature)
	}
	return out
}

// Named finds a measure.
func Named(name string) (Measure, bool) {
	all := All()
	i := slices.IndexFunc(all, func(m Measure) bool { return m.Name == name })
	if i < 0 {
		return Measure{}, false
	}
	return all[i], true
}

// Start makes the probe of a call that was checked, for one walk.
func Start(w *probe.Walk, c *expr.Call) probe.Probe {
	m, _ := Named(c.Name)
	return m.start(w, c.Args)
}

// Watch has w measure every call of f, in the order of f.Calls.
func Watch(w *probe.Walk, f *expr.Formula) []*probe.Watched {
	var out []*probe.Watched
	for _, c := range f.Calls {
		out = append(out, w.Watch(c.Text, func() probe.Probe { return Start(w, c) }))
	}
	return out
}

// Values are what the probes say after the walk: those that f.Terms are evaluated on.
func Values(probes []*probe.Watched) []figure.Value {
	var out []figure.Value
	for _, p := range probes {
		out = append(out, p.Value())
	}
	return out
}
