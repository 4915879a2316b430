package claim

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/trektribe/bench/internal/claim/baseline"
	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/guard"
	"github.com/trektribe/bench/internal/claim/measure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/claim/witness"
	"github.com/trektribe/bench/internal/history"
)

// A Round is what one claim saw in one round: the values of its sides, and the
// complaints of its guard. Opaque to callers; the zero Round counts for nothing.
type Round struct {
	sides []sides           // of every comparison of holds
	aside []guard.Complaint // why the round does not count; empty: it does
	doubt []guard.Doubt     // why it shows nothing though it is as promised; empty: it does
	own   *baseline.Round   // what the service does without any fault
	rest  []sides           // like sides, without that; nil: they are the same
	told  told              // what the wire says of where answers came from
}

// sides are the values of one comparison in one round.
type sides struct {
	left   figure.Value
	bounds []figure.Value
}

// noFigure is the first side without data; nil: both have some.
func (s sides) noFigure() *figure.Absence {
	for _, v := range append([]figure.Value{s.left}, s.bounds...) {
		if v.None != nil {
			return v.None
		}
	}
	return nil
}

// Observe reads what the claim needs of one arm's part of one round. It walks the
// events once and then the requests once, in flat memory. A measure that panics gives
// no figure.
func (c *Claim) Observe(h history.History) Round {
	return ObserveAll([]*Claim{c}, h)[0]
}

// ObserveAll is Observe for several claims in one walk. What several of them measure
// is measured once. The Rounds are in the order of the claims.
func ObserveAll(claims []*Claim, h history.History) []Round {
	var scope expr.Scope
	if len(claims) > 0 {
		scope = claims[0].scope
	}
	var g guard.Guard
	base := baseline.Watch{NoRedis: scope.NoRedis}
	w := newWalk(scope, &g, &base)
	see := testify(h, scope)
	sourced := w // of what rests on where answers came from
	if see.Speaks() {
		sourced = newWalk(scope)
	}
	holds, requires := make([][]*probe.Watched, len(claims)), make([][]*probe.Watched, len(claims))
	for i, c := range claims {
		walk := w
		if c.sourced() {
			walk = sourced
		}
		holds[i], requires[i] = measure.Watch(walk, c.holds), measure.Watch(walk, c.requires)
	}
	unread := w.Through(h)
	if sourced != w {
		h = see.As(witness.Known)
		unread = cmp.Or(unread, sourced.Through(h))
	}
	rounds := make([]Round, len(claims))
	own := base.Round()
	for i, c := range claims {
		r := &rounds[i]
		r.own, r.doubt = own, g.Doubts(c.doubts)
		if r.aside = g.Complaints(c.rules); unread != "" {
			r.aside = append(r.aside, guard.Complaint{Code: code.Unreadable, Text: unread, Remedy: "a history that can be read"})
		}
		needs := see.values(c.requires, requires[i])
		held := see.values(c.holds, holds[i])
		for _, t := range c.holds.Terms {
			r.sides = append(r.sides, sidesOf(t, held))
		}
		if c.complies(measure.Values(holds[i])) {
			r.aside = slices.DeleteFunc(r.aside, func(a guard.Complaint) bool { return a.Brief })
		}
		for _, t := range c.requires.Terms {
			if missed := met(t, needs); missed != nil {
				r.aside = append(r.aside, c.limited(t, own, unmet(t, missed)))
			}
		}
	}
	if unread == "" {
		observeRest(claims, scope, own, h, rounds)
		see.observe(claims, scope, rounds)
	}
	return rounds
}

// complies reports whether counts and proofs alone decide the claim, and these are as it says: a brief stall can have
// made them worse, and no better.
func (c *Claim) complies(calls []figure.Value) bool {
	return c.Exact() && !slices.ContainsFunc(c.holds.Terms, func(t *expr.Comparison) bool {
		holds, known, _ := now(t, calls)
		return !holds || !known
	})
}

// newWalk shows a history to others before its probes.
func newWalk(s expr.Scope, others ...probe.Watcher) *probe.Walk {
	w := probe.NewWalk(s.Paths, others...)
	w.Forged, w.Env = s.Forged, s.Env
	return w
}

// unmet is the complaint about a requirement.
func unmet(t *expr.Comparison, missed *figure.Absence) guard.Complaint {
	c := guard.Complaint{Code: code.Requirement, About: t.Text, Text: missed.Why, Remedy: missed.Remedy}
	switch {
	case missed.Panicked:
		c.Code = code.Panic
	case t.OfGenerator():
		c.Code = code.LateGenerator
	}
	return c
}

// sidesOf evaluates a comparison on the values of the formula's calls.
func sidesOf(c *expr.Comparison, calls []figure.Value) sides {
	s := sides{left: c.Left.Eval(calls)}
	for _, b := range c.Bounds {
		s.bounds = append(s.bounds, b.Eval(calls))
	}
	return s
}

// met is nil where a requirement is met on one round's figures. If not, it says
// what was met instead. A figure that is only a limit meets nothing that it does
// not prove.
func met(c *expr.Comparison, calls []figure.Value) *figure.Absence {
	s := sidesOf(c, calls)
	if none := s.noFigure(); none != nil {
		missed := *none
		missed.Why = fmt.Sprintf("%s is required: %s", c.Text, none.Why)
		return &missed
	}
	remedy := "rounds in which " + c.Text
	if c.OfGenerator() {
		remedy = guard.LagRemedy
	}
	if c.Op == "" {
		if s.left.X == 1 {
			return nil
		}
		return figure.Absent(c.Text+" is required and was not true", remedy)
	}
	for i, op := range c.Ops() {
		b := s.bounds[i]
		up, down := s.left.Cut == figure.AtLeast || b.Cut == figure.AtMost, s.left.Cut == figure.AtMost || b.Cut == figure.AtLeast
		proves := provable(op, up, down)
		if !proves || !figure.Compare(op, s.left.X, b.X) {
			return figure.Absent(fmt.Sprintf("%s is required: %s against %s", c.Text, figure.Format(s.left.X, c.Unit), figure.Format(b.X, c.Unit)), remedy)
		}
	}
	return nil
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
