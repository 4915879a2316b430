package claim

import (
	"slices"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
)

// A Measure is a named function of one history.
type Measure struct {
	expr.Signature
	Unit string // of what it gives: "duration", "share", "count", "rate", "set of durations", "yes or no"
	Doc  string
	Live bool // it needs nothing but requests, so that it can be asked while the traffic runs

	// start makes a probe for one call. A probe that needs the book of all requests takes w's.
	start func(w *probe.Walk, args []expr.Arg) probe.Probe
}

// Measures lists every measure, in a fixed order.
func Measures() []Measure { return table() }

// Explain is the text of one measure: its call, its unit and what it is. False:
// there is no measure of that name.
func Explain(name string) (string, bool) {
	m, ok := named(name)
	if !ok {
		return "", false
	}
	return m.Name + m.Args + " → " + m.Unit + "\n" + m.Doc, true
}

// signatures are what the language knows of the measures.
func signatures() []expr.Signature {
	var out []expr.Signature
	for _, m := range table() {
		out = append(out, m.Signature)
	}
	return out
}

func named(name string) (Measure, bool) {
	all := table()
	i := slices.IndexFunc(all, func(m Measure) bool { return m.Name == name })
	if i < 0 {
		return Measure{}, false
	}
	return all[i], true
}

// Start makes the probe of a call that was checked, for one walk.
func Start(w *probe.Walk, c *expr.Call) probe.Probe {
	m, _ := named(c.Name)
	return m.start(w, c.Args)
}

// Watch has w measure every call of f. The values are then those of the calls.
func Watch(w *probe.Walk, f *expr.Formula) []*probe.Watched {
	var out []*probe.Watched
	for _, c := range f.Calls {
		out = append(out, w.Watch(c.Text, func() probe.Probe { return Start(w, c) }))
	}
	return out
}

// Values are what the probes say, after the walk.
func Values(probes []*probe.Watched) []figure.Value {
	var out []figure.Value
	for _, p := range probes {
		out = append(out, p.Value())
	}
	return out
}
