package claim

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/guard"
	"github.com/trektribe/bench/internal/claim/measure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/claim/source"
	"github.com/trektribe/bench/internal/claim/witness"
	"github.com/trektribe/bench/internal/history"
)

// told is what the wire says of where the answers of a round came from that do not say so.
type told struct {
	speaks bool
	open   int       // answers of which it does not
	worlds [][]sides // like sides, in each of witness.Worlds; nil: they are all the same
}

// falseSources is the measure that rests on the service's word alone.
const falseSources = "false_sources"

// NoSource is why there is no figure of what rests on where answers came from.
const NoSource = probe.NoSource

// toldByWire tells the reader of figures that rest on the wire.
func (r *Result) toldByWire(rounds []Round) {
	if slices.ContainsFunc(rounds, func(o Round) bool { return len(o.aside) == 0 && o.told.speaks }) {
		r.Notes = append(r.Notes, "the wire shows where the answers came from; the service does not say")
	}
}

// A testimony is what the wire shows of one history.
type testimony struct{ *witness.Witness }

// testify reads the wire. What cannot be read is told by the walk, which reads it too.
func testify(h history.History, s expr.Scope) (t testimony) {
	t.Witness = &witness.Witness{History: h}
	defer func() { _ = recover() }()
	t.Witness = witness.Read(h, s)
	return t
}

// sourced reports whether the claim rests on where answers came from. One that holds what the service says of that
// against its own counts rests on its word.
func (c *Claim) sourced() bool {
	is := false
	for _, call := range append(slices.Clone(c.holds.Calls), c.requires.Calls...) {
		if call.Inner().Name == falseSources {
			return false
		}
		is = is || call.Inner().Sourced || slices.ContainsFunc(call.Inner().Selectors, func(s expr.Selector) bool { return s.Has("source") })
	}
	return is
}

// counts reports whether a call rests on the counter of queries, which the wire's loads may stand for.
func counts(c *expr.Call) bool {
	return slices.ContainsFunc(c.Args, func(a expr.Arg) bool { return a.Name == probe.QueriesTotal && len(a.Labels) == 0 })
}

// values are what the calls of f give. Of those that need a word of the service it says why the wire does not give it.
func (t testimony) values(f *expr.Formula, probes []*probe.Watched) []figure.Value {
	vs := measure.Values(probes)
	for i, v := range vs {
		if v.None != nil && counts(f.Calls[i].Inner()) {
			if why := t.Uncounted(f.Calls[i].Inner().Selectors); why != "" {
				vs[i].None = figure.Absent(v.None.Why+", and the wire does not show the loads ("+why+")",
					"GET /metrics with "+probe.QueriesTotal+", or a lower rate: requests that do not overlap are told apart on the wire")
			}
		}
		if v.None == nil || !strings.Contains(v.None.Why, probe.NoSource) || f.Calls[i].Inner().Name == falseSources {
			continue
		}
		var streams []string
		for _, s := range f.Calls[i].Inner().Selectors {
			streams = append(streams, s.Stream)
		}
		if why := t.Why(streams); why != "" {
			vs[i].None = figure.Absent(v.None.Why+", and the wire does not show it ("+why+")", v.None.Remedy)
		}
	}
	return vs
}

// observe measures what is open in each world that it may be, and notes what the service and the wire say differently.
func (t testimony) observe(claims []*Claim, s expr.Scope, rounds []Round) {
	if wrong, is := t.Dissent(); is {
		says := fmt.Sprintf("%s, %d times", wrong.Says, wrong.Count)
		for i, c := range claims {
			if c.sourced() || slices.ContainsFunc(c.holds.Calls, func(c *expr.Call) bool { return c.Name == falseSources }) {
				rounds[i].doubt = append(rounds[i].doubt, guard.Doubt{Findings: []figure.Finding{wrong},
					Complaint: guard.Complaint{Code: code.Contradiction, About: "source", Text: says, Remedy: "a service that says where its answers come from as its commands do"}})
			}
		}
	}
	open := t.Open()
	for i, c := range claims {
		rounds[i].told = told{speaks: c.sourced() && t.Speaks(), open: open}
	}
	if !t.Speaks() || t.Certain() {
		return
	}
	for _, world := range witness.Worlds {
		w := newWalk(s)
		probes := make([][]*probe.Watched, len(claims))
		for i, c := range claims {
			if c.sourced() {
				probes[i] = measure.Watch(w, c.holds)
			}
		}
		if w.Through(t.As(world)) != "" {
			return
		}
		for i, c := range claims {
			if !c.sourced() {
				continue
			}
			var in []sides
			for _, term := range c.holds.Terms {
				in = append(in, sidesOf(term, measure.Values(probes[i])))
			}
			rounds[i].told.worlds = append(rounds[i].told.worlds, in)
		}
	}
}

// certain leaves open what is decided only by what is not known: where answers came from of which neither the service nor
// the wire tells it.
func (c *Claim) certain(t *expr.Comparison, term int, f finding, rounds []Round, alpha float64, looks Looks) finding {
	if !slices.ContainsFunc(rounds, func(r Round) bool { return len(r.told.worlds) > 0 }) {
		return f
	}
	open := 0
	for _, r := range rounds {
		if len(r.aside) == 0 {
			open += r.told.open
		}
	}
	for i := range witness.Worlds {
		if f.part.Verdict == Inconclusive {
			return f
		}
		in := slices.Clone(rounds)
		for k, r := range in {
			if i < len(r.told.worlds) {
				in[k].sides = r.told.worlds[i]
			}
		}
		if w := c.judge(t, observed(in, term), alpha, looks); w.part.Verdict != f.part.Verdict {
			f.part.Verdict, f.code, f.wrong = Inconclusive, code.Untold, nil
			f.because = fmt.Sprintf("%s hangs on where %s came from, which neither the service nor the wire tells", t.Text, figure.Count(open, "answers"))
			f.remedy = source.Wanted
			if open == 0 {
				f.because = t.Text + " hangs on which answers shared a load, which the wire does not tell"
				f.remedy = "GET /metrics with trips_db_queries_total"
			}
			f.more = open > 0 && len(rounds) < looks.Max
		}
	}
	return f
}
