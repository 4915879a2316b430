package claim

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/baseline"
	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/guard"
	"github.com/trektribe/bench/internal/claim/measure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/history"
)

// observeRest measures again, without what the service does without any fault, where it does anything then that
// could count against it.
func observeRest(claims []*Claim, s expr.Scope, own *baseline.Round, h history.History, rounds []Round) {
	slow := slices.ContainsFunc(claims, func(c *Claim) bool {
		return slices.ContainsFunc(c.holds.Terms, func(t *expr.Comparison) bool { return startsSlowly(t, own) })
	})
	if len(own.Own) == 0 && !slow {
		return
	}
	w := newWalk(s)
	probes := make([][]*probe.Watched, len(claims))
	for i, c := range claims {
		probes[i] = measure.Watch(w, c.holds)
	}
	if w.Through(own.Without(h)) != "" {
		return
	}
	for i, c := range claims {
		for _, t := range c.holds.Terms {
			rounds[i].rest = append(rounds[i].rest, sidesOf(t, measure.Values(probes[i])))
		}
	}
}

// startsSlowly reports whether the comparison allows starts less time than the instances take without any fault.
func startsSlowly(t *expr.Comparison, own *baseline.Round) bool {
	return slices.ContainsFunc(t.Measures(), func(c *expr.Call) bool { return c.Inner().Name == "time_to_ready" }) &&
		slices.ContainsFunc(t.Bounds, func(b *expr.Node) bool {
			return b.Form == expr.Constant && b.Literal.X < own.Start().Seconds()
		})
}

// spare judges a comparison that does not hold again without what the service does without any fault. What is still
// refuted is refuted for its true reason. What is not is undecided: the fault has not shown in it.
func (c *Claim) spare(t *expr.Comparison, term int, f finding, rounds []Round, alpha float64, looks Looks) finding {
	counted := slices.DeleteFunc(slices.Clone(rounds), func(r Round) bool { return len(r.aside) > 0 || r.own == nil })
	var each []*baseline.Round
	for _, r := range counted {
		each = append(each, r.own)
	}
	all := baseline.Together(each)
	of, fails := failing(t)
	var own []baseline.Own
	if fails {
		faulty := all.Hurts(c.holds.About)
		own = slices.DeleteFunc(all.Fails(c.holds.About, of), func(o baseline.Own) bool {
			return !faulty && !o.Limited() && !o.Absent() || o.Limited() && aboutLimits(of)
		})
	}
	slow := startsSlowly(t, all)
	if len(own) == 0 && !slow {
		return c.tellFailures(t, f, all, of, fails, nil)
	}
	rest := c.judge(t, observed(without(counted, of, own), term), alpha, looks)
	switch {
	case rest.part.Verdict == Refuted && rest.part.N == f.part.N && slices.Equal(rest.part.Rounds, f.part.Rounds):
		return c.tellFailures(t, f, all, of, fails, own) // it changes nothing
	case rest.part.Verdict == Refuted:
		rest = c.tellFailures(t, rest, all, of, fails, own)
		rest.notes = append(slices.Clone(rest.notes), "not counted: "+c.says(own, slow, all.Start()))
		return rest
	case f.part.Verdict == Inconclusive && rest.part.Verdict == Inconclusive && !(f.code == code.NoFigure && explains(own, of)):
		return f // more than that is open
	}
	f.part.Verdict = Inconclusive
	f.because = c.says(own, slow, all.Start())
	f.wrong = nil
	f.more = len(rounds) < looks.Max && len(own) > 0 && !slices.ContainsFunc(own, func(o baseline.Own) bool { return !o.Seldom() })
	switch f.code = code.Own; {
	case len(own) == 0:
		f.remedy = "a service that starts in time without any fault"
	case own[0].Limited():
		f.code, f.remedy = code.Limited, unlimited
	default:
		f.remedy = "a service that answers " + own[0].Call(c.scope.Paths[own[0].Stream]) + " without any fault, or traffic without it"
	}
	return f
}

// limited is why a requirement was not met: the same, or that the service limits the generator where it does.
func (c *Claim) limited(t *expr.Comparison, own *baseline.Round, unmet guard.Complaint) guard.Complaint {
	of, fails := failing(t)
	if !fails {
		return unmet
	}
	for _, o := range own.Fails(c.holds.About, of) {
		if o.Limited() {
			unmet.Code, unmet.Remedy = code.Limited, unlimited
			unmet.Text = o.Says(c.scope.Paths[o.Stream]) + "; " + unmet.Text
			break
		}
	}
	return unmet
}

// unlimited is what would settle what a limit of the service leaves open.
const unlimited = "switch the limit of the service off, or use more clients"

// explains reports whether the failures are why there is nothing to measure: most of what is asked for fails so, or
// the service answers no longer.
func explains(own []baseline.Own, of []expr.Selector) bool {
	return len(own) > 0 && (own[0].Limited() || of != nil && !own[0].Seldom())
}

// aboutLimits reports whether a selector asks for answers 429, or for others: they are then what the claim is about.
func aboutLimits(of []expr.Selector) bool {
	return slices.ContainsFunc(of, func(s expr.Selector) bool {
		return slices.ContainsFunc(s.Filters, func(f expr.Filter) bool { return f.Key == "status" && f.Status == 429 })
	})
}

// failing are the selectors of what is measured, nil where it is of all requests; and whether all of it is such that
// a request that fails counts against the service.
func failing(t *expr.Comparison) (of []expr.Selector, fails bool) {
	whole := false
	for _, c := range t.Measures() {
		inner := c.Inner()
		if !c.Failing || !inner.Failing {
			return nil, false
		}
		whole = whole || len(inner.Selectors) == 0
		of = append(of, inner.Selectors...)
	}
	if whole {
		of = nil
	}
	return of, true
}

// without are the rounds with what is left of them. A round that alone tells otherwise what is the service's own does
// not count, unless it has no such failure at all.
func without(rounds []Round, of []expr.Selector, own []baseline.Own) (out []Round) {
	for _, r := range rounds {
		agrees := true
		for stream, fates := range r.own.Fates(of, nil) {
			for fate := range fates {
				f := baseline.Failure{Stream: stream, Fate: fate}
				all := slices.ContainsFunc(own, func(o baseline.Own) bool { return o.Failure == f })
				agrees = agrees && all == r.own.Own[f]
			}
		}
		if !agrees {
			continue
		}
		if r.rest != nil {
			r.sides = r.rest
		}
		out = append(out, r)
	}
	return out
}

// says tells what the service does without any fault.
func (c *Claim) says(own []baseline.Own, slow bool, start time.Duration) string {
	var out []string
	for _, o := range own[:min(len(own), 3)] {
		out = append(out, o.Says(c.scope.Paths[o.Stream]))
	}
	if slow {
		out = append(out, "the service takes "+figure.Format(start.Seconds(), "s")+" to start without any fault")
	}
	return strings.Join(out, "; ")
}

// tellFailures adds to what is refuted how the requests failed, other than as they do without any fault. A share that
// most of its requests miss in another way, such as by coming late, has another cause; so has one of sources.
func (c *Claim) tellFailures(t *expr.Comparison, f finding, r *baseline.Round, of []expr.Selector, fails bool, own []baseline.Own) finding {
	m := t.Left.Call
	if f.part.Verdict != Refuted || !fails || m == nil || m.Form != expr.Share && m.Name != "failures" {
		return f
	}
	failed := 0
	for _, fates := range r.Fates(of, own) {
		failed += fates.Sum()
	}
	if m.Form == expr.Share && float64(failed) < (1-f.part.Measured)*float64(f.part.N)/2 || slices.ContainsFunc(of, func(s expr.Selector) bool { return s.Has("source") }) {
		return f
	}
	if how := c.failures(r, of, own); how != "" {
		f.because += ": " + how
	}
	return f
}

// failures tells how the other requests failed, by stream: "GET /api/trips: 50 × no answer in time".
func (c *Claim) failures(r *baseline.Round, of []expr.Selector, own []baseline.Own) string {
	failed := r.Fates(of, own)
	var out []string
	for _, stream := range slices.SortedFunc(maps.Keys(failed), func(a, b string) int {
		return cmp.Or(failed[b].Sum()-failed[a].Sum(), cmp.Compare(a, b))
	}) {
		out = append(out, fmt.Sprintf("of %s of %s %d failed (%s)", figure.Count(r.Asked(of, stream), "requests"),
			cmp.Or(c.scope.Paths[stream], stream), failed[stream].Sum(), failed[stream]))
	}
	return strings.Join(out[:min(len(out), 3)], "; ")
}
