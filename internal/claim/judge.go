package claim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/guard"
	"github.com/trektribe/bench/internal/stats"
)

// Judge decides the claim on the rounds seen so far, in the order in which they
// were played. It refutes when a part is refuted, and holds when all hold.
// Scenario, Arm, Policy and Injected of the Result are left to the caller.
func (c *Claim) Judge(rounds []Round, looks Looks) (r Result) {
	defer func() {
		if e := recover(); e != nil {
			r = c.blank()
			r.Code, r.Because = code.Panic, fmt.Sprintf("judging: panic: %v", e)
			r.Remedy = "arithmetic that does not panic: report this"
		}
	}()
	looks.Min = max(1, looks.Min)
	looks.Max = max(looks.Min, looks.Max)
	r = c.blank()
	r.setAside(rounds)
	each := stats.Spend(stats.Alpha, looks.Max-looks.Min+1) / float64(c.comparisons())
	var all []finding
	for i, t := range c.holds.Terms {
		f := c.compare(t, i, rounds, each, looks)
		all = append(all, f)
		r.Parts = append(r.Parts, f.part)
	}
	head := decisive(all)
	r.Verdict = head.part.Verdict
	r.Measured, r.Lo, r.Hi, r.N = head.part.Measured, head.part.Lo, head.part.Hi, head.part.N
	r.Rounds, r.Unit, r.Bound, r.Because = len(head.part.Rounds), head.part.Unit, head.part.Bound, head.because
	if r.Verdict == Inconclusive {
		r.Code, r.Remedy = head.code, head.remedy
		for _, f := range all {
			r.More = r.More || f.more
		}
	}
	r.tell(all)
	r.toldByWire(rounds)
	if r.Verdict != Refuted {
		r.doubt(rounds)
	}
	return r
}

// doubt leaves open what holds where a round that counts shows nothing, and tells what the service says falsely.
func (r *Result) doubt(rounds []Round) {
	for _, round := range rounds {
		if len(round.aside) > 0 {
			continue
		}
		for _, d := range round.doubt {
			if r.Verdict == Holds {
				r.Verdict, r.Code, r.Because, r.Remedy = Inconclusive, d.Code, d.Text, d.Remedy
			}
			r.Findings = figure.Together(r.Findings, d.Findings)
		}
	}
}

// tell gives the notes, and a claim that does not hold what is wrong, as the comparisons of its verdict have it.
func (r *Result) tell(all []finding) {
	for _, f := range all {
		for _, n := range f.notes {
			if !slices.Contains(r.Notes, n) {
				r.Notes = append(r.Notes, n)
			}
		}
	}
	if r.Verdict == Holds {
		return
	}
	for _, f := range all {
		if f.part.Verdict == r.Verdict {
			r.Findings = figure.Together(r.Findings, f.wrong)
		}
	}
	if r.Verdict == Refuted && len(r.Findings) > 0 {
		var says []string
		for _, f := range r.Findings {
			says = append(says, f.Says)
		}
		r.Because += ": " + strings.Join(says, "; ")
	}
}

// setAside says of every round that does not count why.
func (r *Result) setAside(rounds []Round) {
	for i, round := range rounds {
		var said []code.Code
		for _, a := range round.aside {
			r.Warnings = append(r.Warnings, fmt.Sprintf("round %d set aside: %s", i+1, a.Text))
			if slices.Contains(said, a.Code) {
				continue
			}
			said = append(said, a.Code)
			at := slices.IndexFunc(r.Aside, func(o Aside) bool { return o.Code == a.Code })
			if at < 0 {
				at = len(r.Aside)
				r.Aside = append(r.Aside, Aside{Code: a.Code})
			}
			r.Aside[at].Rounds, r.Aside[at].Numbers = r.Aside[at].Rounds+1, append(r.Aside[at].Numbers, i+1)
		}
	}
}

// blank is the Result of a claim of which nothing is known.
func (c *Claim) blank() Result {
	return Result{ID: c.Text.ID, Verdict: Inconclusive, Says: c.Text.Says, Source: c.Text.Source, Reading: c.Text.Reading, Holds: c.Text.Holds}
}

// comparisons is the number of intervals that share the confidence. A range between
// literals needs only one.
func (c *Claim) comparisons() int {
	n := 0
	for _, t := range c.holds.Terms {
		n++
		if t.Op == "in" && !t.BoundsFixed() {
			n++
		}
	}
	return n
}

// A finding is what is known of one comparison.
type finding struct {
	part    Part
	because string
	code    code.Code // inconclusive only
	remedy  string    // inconclusive only
	more    bool      // inconclusive only: another round may decide it
	lacks   bool      // inconclusive only: no round can, since what it needs was never sent
	wrong   []figure.Finding
	notes   []string
}

// decisive is the finding that decides the claim: the first that is refuted; else the
// first that no rounds can decide; else the first that is undecided; else the first, which its
// author thought of first.
func decisive(all []finding) finding {
	for _, is := range []func(finding) bool{
		func(f finding) bool { return f.part.Verdict == Refuted },
		func(f finding) bool { return f.lacks },
		func(f finding) bool { return f.part.Verdict == Inconclusive },
	} {
		if i := slices.IndexFunc(all, is); i >= 0 {
			return all[i]
		}
	}
	return all[0]
}

// evidence is what the rounds say of one comparison.
type evidence struct {
	played  int
	figures []sides // of the rounds that count
	numbers []int   // of these rounds, from 1
	aside   []guard.Complaint
	absent  []figure.Absence // of rounds that count and have no figure
}

func observed(rounds []Round, term int) evidence {
	ev := evidence{played: len(rounds)}
	for i, r := range rounds {
		switch {
		case len(r.aside) > 0:
			ev.aside = append(ev.aside, r.aside[0])
		case term >= len(r.sides):
			ev.aside = append(ev.aside, guard.Complaint{Code: code.Unobserved, Text: "the round was not observed", Remedy: "a round that is observed"})
		case r.sides[term].noFigure() != nil:
			ev.absent = append(ev.absent, *r.sides[term].noFigure())
		default:
			ev.figures = append(ev.figures, r.sides[term])
			ev.numbers = append(ev.numbers, i+1)
		}
	}
	return ev
}

// samples is the number behind the measured side, over all rounds.
func (ev evidence) samples() int {
	n := 0
	for _, s := range ev.figures {
		n += s.left.Samples
	}
	return n
}

// judge decides one comparison.
func (c *Claim) judge(t *expr.Comparison, ev evidence, alpha float64, looks Looks) finding {
	f := finding{part: Part{Text: t.Text, Verdict: Inconclusive, Unit: t.Unit, Bound: t.Bound, Rounds: []float64{}, Method: method(t)}}
	for i, s := range ev.figures {
		f.part.Rounds = append(f.part.Rounds, s.left.X)
		f.part.AtLeast = f.part.AtLeast || s.left.Cut == figure.AtLeast
		if found := s.left.Findings; i == 0 || figure.Errors(found) > figure.Errors(f.wrong) {
			f.wrong, f.notes = found, s.left.Notes
		}
	}
	if len(ev.figures) < looks.Min {
		f.part.Measured = mean(f.part.Rounds)
		f.tooFew(t, ev, looks)
		return f
	}
	e := estimated(t, ev.figures, alpha)
	f.part.Method, f.part.N = e.method, ev.samples()
	f.part.Measured, f.part.Lo, f.part.Hi = figure.Finite(e.measured), figure.Finite(e.lo), figure.Finite(e.hi)
	if e.unknown {
		f.part.Lo, f.part.Hi, f.part.N = 0, 0, 0
	}
	f.part.Verdict = e.verdict
	say := sentence{claim: c, term: t, estimate: e, evidence: ev, alpha: alpha, looks: looks}
	switch {
	case e.verdict == Holds && len(ev.absent) > 0:
		// A round without a figure may be the one in which the service failed so
		// badly that there was nothing to measure.
		f.part.Verdict = Inconclusive
		f.because, f.code, f.remedy = say.absent(), code.NoFigure, ev.absent[0].Remedy
	case e.verdict == Inconclusive:
		f.because, f.code, f.remedy = say.undecided()
		f.more = !e.limited && ev.played < looks.Max
	default:
		f.because = say.decided()
	}
	return f
}

// A reason is why rounds have no figure.
type reason struct {
	code         code.Code
	cause        string // tells reasons of one code apart
	text, remedy string // as most of its rounds have it
	rounds       int
	said         map[string]int // rounds, by text
}

// reasons are why rounds have no figure for t, the most frequent first.
func (ev evidence) reasons(t *expr.Comparison) []*reason {
	var out []*reason
	add := func(c code.Code, cause, text, remedy string) {
		at := slices.IndexFunc(out, func(r *reason) bool { return r.code == c && r.cause == cause })
		if at < 0 {
			at = len(out)
			out = append(out, &reason{code: c, cause: cause, said: map[string]int{}})
		}
		r := out[at]
		r.rounds++
		r.said[text]++
		if r.said[text] > r.said[r.text] {
			r.text, r.remedy = text, remedy
		}
	}
	for _, a := range ev.aside {
		add(a.Code, a.About, "set aside: "+a.Text, a.Remedy)
	}
	for _, a := range ev.absent {
		c := code.NoFigure
		if a.Panicked {
			c = code.Panic
		}
		add(c, a.Remedy, "without a figure for "+t.Text+": "+a.Why, a.Remedy)
	}
	slices.SortStableFunc(out, func(a, b *reason) int { return b.rounds - a.rounds })
	return out
}

// tooFew explains a comparison with fewer figures than a verdict needs, by the most
// frequent reason.
func (f *finding) tooFew(t *expr.Comparison, ev evidence, looks Looks) {
	left := looks.Max - ev.played
	f.more = left > 0 && len(ev.figures)+left >= looks.Min && (len(ev.absent) == 0 || len(ev.figures) > 0)
	reasons := ev.reasons(t)
	if len(reasons) == 0 {
		f.because = fmt.Sprintf("%s of the %d that a verdict needs", figure.Count(ev.played, "rounds"), looks.Min)
		f.code, f.remedy = code.FewRounds, "more rounds"
		return
	}
	most := reasons[0]
	f.because = fmt.Sprintf("%d of %s %s", most.rounds, figure.Count(ev.played, "rounds"), most.text)
	f.code, f.remedy = most.code, cmp.Or(most.remedy, "more rounds")
}
