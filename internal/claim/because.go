package claim

import (
	"fmt"
	"math"
	"strings"

	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/stats"
)

// A sentence says in plain words what an estimate rests on.
type sentence struct {
	claim    *Claim
	term     *expr.Comparison
	estimate estimate
	evidence evidence
	alpha    float64 // of this comparison at one look
	looks    Looks
}

// decided explains a verdict.
func (s sentence) decided() string {
	if s.estimate.verdict == Refuted {
		return s.found(true) + ", where " + s.bound() + " was promised"
	}
	return s.found(false)
}

// absent explains why figures that comply do not prove the claim.
func (s sentence) absent() string {
	return fmt.Sprintf("%s, but %d of %s gave no figure: %s", s.found(false), len(s.evidence.absent),
		figure.Count(s.evidence.played, "rounds"), s.evidence.absent[0].Why)
}

// undecided explains an interval that decides nothing, and what would.
func (s sentence) undecided() (because string, why code.Code, remedy string) {
	e := s.estimate
	if e.failed > 0 {
		return s.found(false) + ", which leaves " + s.bound() + " open", code.Interval, "more rounds, or a service that fails always or never"
	}
	if e.limited {
		return fmt.Sprintf("%s, at least %s over %s: the observation ended first, which leaves %s open", s.subject(), s.show(e.measured), s.basis(), s.bound()),
			code.CutShort, "a longer timeout, or a longer phase after the fault, so that the wait ends within the observation"
	}
	if e.unknown && len(s.evidence.figures) < 2 {
		return fmt.Sprintf("%s %s in one round: a single round has no spread", s.subject(), s.show(e.measured)), code.FewRounds, "at least two rounds"
	}
	if e.unknown {
		return fmt.Sprintf("%s is a lower bound in some rounds and an upper bound in others, which leaves %s open", s.subject(), s.bound()),
			code.CutShort, "a longer window"
	}
	because = s.found(false) + ": the bound " + s.bound() + " lies within"
	if e.unanimous() {
		because = s.found(false) + ", which does not prove " + s.bound()
	}
	if need := s.needed(); need > 0 {
		return because, code.FewSamples, fmt.Sprintf("about %s in all, %s a round over %s", figure.Count(need, s.noun()),
			figure.Grouped(fmt.Sprint((need+s.looks.Max-1)/s.looks.Max)), figure.Count(s.looks.Max, "rounds"))
	}
	if s.evidence.played < s.looks.Max {
		return because, code.Interval, "more rounds"
	}
	return because, code.Interval, fmt.Sprintf("more than %s (rounds: max), longer phases, or a quieter machine", figure.Count(s.looks.Max, "rounds"))
}

// found is what was measured, its interval and what it rests on.
func (s sentence) found(refuted bool) string {
	e := s.estimate
	switch {
	case e.method == "exact":
		return s.exact(refuted)
	case e.failed > 0:
		return fmt.Sprintf("%s that of a failed request, which is slower than any bound, in %d of %s and %s",
			s.subject(), e.failed, figure.Count(len(s.evidence.figures), "rounds"), figure.Count(s.evidence.samples(), "requests"))
	case e.unanimous():
		return s.unanimous()
	}
	upper := s.term.Op == "<=" || s.term.Op == "<"
	for _, f := range s.evidence.figures {
		if f.left.Cut == figure.AtLeast { // its upper end is open
			return fmt.Sprintf("%s at least %s%s, over %s", s.subject(), s.show(e.lo), surely(), s.basis())
		}
	}
	text := s.subject() + " " + s.show(e.measured)
	switch {
	case e.verdict == Inconclusive || s.term.Op == "in":
		text += fmt.Sprintf(", between %s and %s%s", s.show(e.lo), s.show(e.hi), surely())
	case upper != refuted:
		text += ", at most " + s.show(e.hi) + surely()
	default:
		text += ", at least " + s.show(e.lo) + surely()
	}
	return text + ", over " + s.basis()
}

// exact tells the range of counts that comply, or the round that does not.
func (s sentence) exact(refuted bool) string {
	e := s.estimate
	rounds := figure.Count(len(s.evidence.figures), "rounds")
	switch {
	case refuted:
		return fmt.Sprintf("%s %s in round %d", s.subject(), s.show(e.measured), s.evidence.numbers[e.worst])
	case e.lo == e.hi:
		return fmt.Sprintf("%s %s in each of %s", s.subject(), s.show(e.lo), rounds)
	}
	return fmt.Sprintf("%s between %s and %s in each of %s", s.subject(), s.show(e.lo), s.show(e.hi), rounds)
}

// unanimous reports whether the estimate is of a share in which all observations agree.
func (e estimate) unanimous() bool {
	return e.method == "binomial" && e.n > 0 && (e.k == 0 || e.k == e.n)
}

// unanimous tells a share of none or all: it is a bound, not a certainty.
func (s sentence) unanimous() string {
	e := s.estimate
	n, over := figure.Count(e.n, s.noun()), " over "+figure.Count(len(s.evidence.figures), "rounds")
	switch {
	case e.k == e.n && s.subject() == "available":
		return fmt.Sprintf("no failure in %s%s: below %s%s", n, over, s.show(1-e.lo), surely())
	case e.k == e.n:
		return fmt.Sprintf("%s in all of %s%s: above %s%s", s.subject(), n, over, s.show(e.lo), surely())
	}
	return fmt.Sprintf("%s in none of %s%s: below %s%s", s.subject(), n, over, s.show(e.hi), surely())
}

// needed is how many observations would prove the bound if all comply as they did so
// far; 0 where more observations are not what is missing.
func (s sentence) needed() int {
	e := s.estimate
	if e.method != "binomial" || len(e.refs) != 1 {
		return 0
	}
	ref, upper := e.refs[0], s.term.Op == "<=" || s.term.Op == "<"
	if upper {
		ref = 1 - ref
	}
	if ref <= 0 || ref >= 1 || upper && e.k > 0 || !upper && e.k < e.n {
		return 0
	}
	return int(math.Ceil(math.Log(s.alpha/2) / math.Log(ref)))
}

// subject is what is measured, in words where it is a single measure.
func (s sentence) subject() string {
	if c := s.term.Left.Call; c != nil {
		return c.Label
	}
	return s.term.Measured
}

// basis is the rounds and samples.
func (s sentence) basis() string {
	return figure.Count(len(s.evidence.figures), "rounds") + " and " + figure.Count(s.evidence.samples(), s.noun())
}

// noun is what the samples are: those of the first measure on the left.
func (s sentence) noun() string { return s.term.First().Noun }

// bound is the bound as written, with its value where that was measured.
func (s sentence) bound() string {
	if s.term.BoundsFixed() {
		return s.term.Bound
	}
	var values []string
	for _, r := range s.estimate.refs {
		values = append(values, s.show(r))
	}
	return s.term.Bound + " (" + strings.Join(values, "..") + ")"
}

func (s sentence) show(x float64) string { return figure.Format(figure.Finite(x), s.term.Unit) }

// surely is the confidence, to follow the end of an interval.
func surely() string { return " at " + stats.Confidence() }
