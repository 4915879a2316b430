package claim

import (
	"fmt"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// A Round is what one claim saw in one round: its sides' values, its guards'
// complaints. Opaque to callers. The zero Round counts for nothing.
type Round struct {
	sides []sides     // of every comparison of holds
	aside []complaint // why the round does not count; empty: it does
}

// sides are the values of one comparison in one round.
type sides struct {
	lhs    figure.Value
	bounds []figure.Value
}

// noFigure is the first side without data; nil: both have some.
func (s sides) noFigure() *figure.Absence {
	for _, v := range append([]figure.Value{s.lhs}, s.bounds...) {
		if v.None != nil {
			return v.None
		}
	}
	return nil
}

// Observe evaluates the claim's sides and guards on one arm's part of one round.
// It walks the events once and then the requests once, in flat memory. A measure
// that panics leaves its figure without data.
func (c *Claim) Observe(h history.History) Round {
	return ObserveAll([]*Claim{c}, h)[0]
}

// ObserveAll is Observe for several claims in one walk; what several of them
// measure is measured once. The Rounds are in the order of the claims.
func ObserveAll(claims []*Claim, h history.History) []Round {
	w := &walk{shared: map[string]*watched{}}
	if len(claims) > 0 {
		w.paths = claims[0].paths
	}
	holds, requires := make([][]*watched, len(claims)), make([][]*watched, len(claims))
	for i, c := range claims {
		holds[i], requires[i] = w.watch(c.holds), w.watch(c.requires)
	}
	unread := w.through(h)
	rounds := make([]Round, len(claims))
	for i, c := range claims {
		r := &rounds[i]
		if r.aside = w.guards.complaints(c); unread != "" {
			r.aside = append(r.aside, complaint{kind: "history", text: unread, settle: "a history that can be read"})
		}
		for _, t := range c.holds.terms {
			r.sides = append(r.sides, t.sides(figures(holds[i])))
		}
		for _, t := range c.requires.terms {
			if missed := t.met(figures(requires[i])); missed != nil {
				r.aside = append(r.aside, complaint{kind: "requires " + t.text, text: missed.Why, settle: missed.Remedy})
			}
		}
	}
	return rounds
}

// A walk goes through one history on behalf of many calls.
type walk struct {
	guards guards
	probes []*watched
	book   *book               // nil: no probe needs one
	paths  map[string]string   // of streams
	shared map[string]*watched // by the text of the call: the same text measures the same
}

// watch is a probe for each call of f.
func (w *walk) watch(f *formula) []*watched {
	out := make([]*watched, len(f.calls))
	for i, c := range f.calls {
		if w.shared[c.text] == nil {
			p := &watched{text: c.text}
			p.safely(func() { p.probe = c.start() })
			if reader, ok := p.probe.(interface{ open(*book) }); ok {
				if w.book == nil {
					w.book = newBook(w.paths)
				}
				reader.open(w.book)
			}
			w.shared[c.text] = p
			w.probes = append(w.probes, p)
		}
		out[i] = w.shared[c.text]
	}
	return out
}

// through shows h to every probe; not empty: why it could not be read.
func (w *walk) through(h history.History) (unread string) {
	defer func() {
		if e := recover(); e != nil {
			unread = fmt.Sprintf("reading the history: %v", e)
		}
	}()
	// One variable each for the whole walk: probes get its address, and a new one
	// for every request would be garbage for every request.
	var e history.Event
	for e = range h.Events() {
		w.guards.event(&e)
		if w.book != nil {
			w.book.event(&e)
		}
		for _, p := range w.probes {
			p.safely(func() { p.probe.event(&e) })
		}
	}
	var r history.Request
	for r = range h.Requests() {
		w.guards.request(&r)
		if w.book != nil {
			w.book.request(&r)
		}
		for _, p := range w.probes {
			p.safely(func() { p.probe.request(&r) })
		}
	}
	return ""
}

// watched is a probe whose panic costs its own figure and nothing else.
type watched struct {
	probe  probe
	text   string
	broken *figure.Absence
}

func (w *watched) safely(f func()) {
	if w.broken != nil {
		return
	}
	defer func() {
		if e := recover(); e != nil {
			w.broken = figure.Absent(fmt.Sprintf("measuring %s: panic: %v", w.text, e), "a measure that does not panic: report this")
		}
	}()
	f()
}

// figures are the values of probes.
func figures(probes []*watched) []figure.Value {
	out := make([]figure.Value, len(probes))
	for i, w := range probes {
		w.safely(func() { out[i] = w.probe.value() })
		if w.broken != nil {
			out[i] = figure.Value{None: w.broken}
		}
	}
	return out
}

// sides evaluates a comparison on the values of the formula's calls.
func (c *comparison) sides(calls []figure.Value) sides {
	s := sides{lhs: c.lhs.eval(calls)}
	for _, b := range c.bounds {
		s.bounds = append(s.bounds, b.eval(calls))
	}
	return s
}

// met is nil where a requirement is met on one round's figures. If not, it says
// what was met instead. A figure that is only a limit meets nothing that it does
// not prove.
func (c *comparison) met(calls []figure.Value) *figure.Absence {
	s := c.sides(calls)
	if none := s.noFigure(); none != nil {
		return figure.Absent(fmt.Sprintf("%s is required: %s", c.text, none.Why), none.Remedy)
	}
	settle := "rounds in which " + c.text
	if c.ofLag() {
		settle = settleLag
	}
	if c.op == "" {
		if s.lhs.X == 1 {
			return nil
		}
		return figure.Absent(c.text+" is required, and it was not", settle)
	}
	for i, op := range c.ops() {
		b := s.bounds[i]
		up, down := s.lhs.Cut == figure.AtLeast || b.Cut == figure.AtMost, s.lhs.Cut == figure.AtMost || b.Cut == figure.AtLeast
		proves := provable(op, up, down)
		if !proves || !figure.Compare(op, s.lhs.X, b.X) {
			return figure.Absent(fmt.Sprintf("%s is required: %s against %s", c.text, figure.Format(s.lhs.X, c.unit), figure.Format(b.X, c.unit)), settle)
		}
	}
	return nil
}

// ops are the comparisons with each bound: of a range, two.
func (c *comparison) ops() []string {
	if c.op == "in" {
		return []string{">=", "<="}
	}
	return []string{c.op}
}

// provable reports whether op can be shown to be true where the left side may
// really lie further up or down than it was seen to.
func provable(op string, up, down bool) bool {
	switch op {
	case "<", "<=":
		return !up
	case ">", ">=":
		return !down
	}
	return !up && !down
}
