package claim

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/operation"
	"github.com/trektribe/bench/internal/history"
)

// Once is what one round by itself shows of a claim: whether it was so this time. It has no interval, and says
// nothing of another time.
type Once struct {
	Known bool       // whether the round shows it
	Holds bool       // false where it is not known
	Parts []OncePart // every comparison, in order
	Why   string     // not known: why
	Note  string     // what a reader should know beside the figures; may be empty
}

// A OncePart is one comparison, once.
type OncePart struct {
	Text         string
	Known, Holds bool
	Was          string // the measured side with its unit; of one that is not known, why
}

// Once reads the claim in one round. A stall of the machine, or a generator that sends late, can only have made the
// service look worse, because a response counts from when it was due: what holds in spite of it holds, and what does not is
// not known.
func (c *Claim) Once(h history.History) (out Once) {
	defer func() {
		if e := recover(); e != nil {
			out = Once{Why: fmt.Sprintf("reading it: panic: %v", e)}
		}
	}()
	r := c.Observe(h)
	var stalled string
	for _, a := range r.aside {
		if a.Code != code.Stall && a.Code != code.LateGenerator {
			return Once{Why: a.Text}
		}
		stalled = a.Text
	}
	out = Once{Known: true, Holds: true}
	for i, t := range c.holds.Terms {
		holds, known, was := read(t, r.sides[i])
		if known && blurred(t, r.sides[i]) {
			holds, known, was = false, false, fmt.Sprintf("%s ± %s", was, figure.Format(r.sides[i].left.Resolution, t.Unit))
		}
		out.Parts = append(out.Parts, OncePart{Text: t.Text, Known: known, Holds: holds, Was: was})
		if !known {
			out.Known, out.Why = false, cmp.Or(out.Why, unknown(t, r.sides[i], was))
		}
		out.Holds = out.Holds && holds
	}
	// One comparison that is false decides, whatever is not known of others.
	if slices.ContainsFunc(out.Parts, func(p OncePart) bool { return p.Known && !p.Holds }) {
		out.Known, out.Why = true, ""
		if stalled != "" {
			out.Known, out.Why = false, stalled+", which may be why"
		}
		return out
	}
	if out.Known && len(r.doubt) > 0 {
		out.Known, out.Why = false, r.doubt[0].Text
	}
	if out.Holds = out.Holds && out.Known; out.Holds && stalled != "" {
		out.Note = stalled
	}
	return out
}

// unknown says why a comparison is not known.
func unknown(c *expr.Comparison, s sides, was string) string {
	if s.noFigure() != nil {
		return was
	}
	if s.left.Cut == figure.Whole && blurred(c, s) {
		return fmt.Sprintf("%s was %s: the bound is within that", c.Measured, was)
	}
	return fmt.Sprintf("%s was seen of %s before the end", was, c.Text)
}

// blurred reports whether what the measured side is known to decides the comparison either way.
func blurred(c *expr.Comparison, s sides) bool {
	for i, op := range c.Ops() {
		if by := s.left.Resolution + s.bounds[i].Resolution; figure.Compare(op, s.left.X-by, s.bounds[i].X) != figure.Compare(op, s.left.X+by, s.bounds[i].X) {
			return true
		}
	}
	return false
}

// Measures are the names of the measures that c is held by, each once, also of those inside another.
func (c *Claim) Measures() (names []string) {
	var add func(call *expr.Call)
	add = func(call *expr.Call) {
		if !slices.Contains(names, call.Name) {
			names = append(names, call.Name)
		}
		for _, a := range call.Args {
			if a.Inner != nil {
				add(a.Inner)
			}
		}
	}
	for _, call := range c.holds.Calls {
		add(call)
	}
	return names
}

// Alerts are the names of the alerts that c is about, each once.
func (c *Claim) Alerts() (names []string) {
	about := operation.OfAlerts()
	for _, call := range c.holds.Calls {
		if slices.ContainsFunc(about, func(r operation.Row) bool { return r.Name == call.Name }) && !slices.Contains(names, call.Args[0].Name) {
			names = append(names, call.Args[0].Name)
		}
	}
	return names
}

// read is whether a comparison is true of one round's sides, whether they can show that, and its left side.
func read(c *expr.Comparison, s sides) (holds, known bool, was string) {
	if none := s.noFigure(); none != nil {
		return false, false, none.Why
	}
	was = figure.Format(s.left.X, c.Unit)
	switch {
	case s.left.Cut == figure.AtLeast:
		was = "at least " + was
	case s.left.Cut == figure.AtMost:
		was = "at most " + was
	}
	holds, known = true, true
	for i, op := range c.Ops() {
		b := s.bounds[i]
		up, down := s.left.Cut == figure.AtLeast || b.Cut == figure.AtMost, s.left.Cut == figure.AtMost || b.Cut == figure.AtLeast
		is := figure.Compare(op, s.left.X, b.X)
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
