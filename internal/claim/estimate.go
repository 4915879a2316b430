package claim

import (
	"math"
	"slices"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/stats"
)

// An estimate is the interval of what is measured and the verdict it gives.
type estimate struct {
	measured, lo, hi float64
	refs             []float64 // the bounds it is held against
	method           string
	verdict          Verdict
	k, n             int  // binomial: pooled
	worst            int  // exact: index of the figure that decides
	limited          bool // undecided only because a figure is a mere limit
	unknown          bool // lo and hi say nothing
	failed           int  // figures that are those of failed requests: slower than any bound
}

// method is how the comparison is decided. Only the figures tell whether a t-interval
// is one of logarithms.
func method(c *expr.Comparison) string {
	switch {
	case c.Left.Form == expr.Share && c.BoundsFixed():
		return "binomial"
	case c.Op == "==":
		return "exact"
	case c.BoundsFixed() && slices.Contains([]expr.Form{expr.Counted, expr.Proved, expr.Truth}, c.Left.Form):
		return "exact"
	}
	return "t"
}

// estimated decides a comparison at confidence 1−alpha. There is at least one figure.
func estimated(c *expr.Comparison, figures []sides, alpha float64) estimate {
	var e estimate
	switch e.method = method(c); e.method {
	case "binomial":
		e.binomial(c, figures, alpha)
	case "exact":
		e.exact(c, figures)
	default:
		e.t(c, figures, alpha)
	}
	return e
}

// binomial holds a share against literals.
func (e *estimate) binomial(c *expr.Comparison, figures []sides, alpha float64) {
	var k, n []int
	for _, s := range figures {
		k, n = append(k, s.left.K), append(n, s.left.N)
		e.k, e.n = e.k+s.left.K, e.n+s.left.N
	}
	p, iv := stats.Binomial(k, n, alpha)
	e.measured, e.lo, e.hi = p, max(0, iv.Lo), min(1, iv.Hi)
	var each []Verdict
	for i, op := range c.Ops() {
		ref := c.Bounds[i].Literal.X
		e.refs = append(e.refs, ref)
		each = append(each, decide(op, e.lo-ref, e.hi-ref, figure.Whole))
	}
	e.verdict = together(each)
}

// exact holds counts and proved times against literals, or one count against
// another: every round must comply, and one that does not refutes.
func (e *estimate) exact(c *expr.Comparison, figures []sides) {
	e.verdict = Holds
	e.lo, e.hi = math.Inf(1), math.Inf(-1)
	farthest := math.Inf(-1) // by how much a figure misses its bound
	for i, s := range figures {
		e.lo, e.hi = min(e.lo, s.left.X), max(e.hi, s.left.X)
		for j, op := range c.Ops() {
			over := s.left.X - s.bounds[j].X
			switch op {
			case ">", ">=":
				over = -over
			case "==":
				over = math.Abs(over)
			}
			if over > farthest {
				farthest, e.worst = over, i
			}
			if !figure.Compare(op, s.left.X, s.bounds[j].X) {
				e.verdict = Refuted
			}
		}
	}
	e.measured = figures[e.worst].left.X
	for _, b := range figures[e.worst].bounds {
		e.refs = append(e.refs, b.X)
	}
}

// t takes one figure a round, the logarithm of the sides' ratio or their difference,
// and its t-interval, which is shown as one of the measured side.
func (e *estimate) t(c *expr.Comparison, figures []sides, alpha float64) {
	log := c.Left.Product
	for _, s := range figures {
		log = log && s.left.X > 0
		for j, b := range s.bounds {
			log = log && c.Bounds[j].Product && b.X > 0
		}
	}
	if log {
		e.method = "log t"
	}
	var each, frank []Verdict // frank: as if no figure were a mere limit
	for j, op := range c.Ops() {
		d := differences(figures, j, log, alpha)
		lo, hi := d.mean-d.half, d.mean+d.half
		e.unknown = e.unknown || math.IsInf(d.half, 1)
		each, frank = append(each, decide(op, lo, hi, d.open)), append(frank, decide(op, lo, hi, figure.Whole))
		show := func(x float64) float64 { return x + d.ref }
		if log {
			show = func(x float64) float64 { return math.Exp(x) * d.ref }
		}
		e.refs = append(e.refs, d.ref)
		if j == 0 {
			e.measured, e.lo, e.hi = show(d.mean), show(lo), show(hi)
			if c.Left.Call != nil {
				e.lo = max(0, e.lo) // no measure is negative
			}
			switch d.open { // a figure that is a mere limit leaves that end open
			case figure.AtLeast:
				e.hi = math.Inf(1)
			case figure.AtMost:
				e.lo = math.Inf(-1)
			}
		}
	}
	e.verdict = together(each)
	e.limited = e.verdict == Inconclusive && together(frank) != Inconclusive
	for _, s := range figures {
		if s.left.X >= figure.Never { // no mean of it and of others says anything
			e.measured, e.failed = figure.Never, e.failed+1
			e.unknown = true
		}
	}
}

// A spread is what the rounds say of the difference between the sides.
type spread struct {
	mean, half float64
	ref        float64 // the bound, in its own unit: its mean, geometric for logarithms
	open       figure.Cut
}

// differences are between the measured side and bound j. The half-width is at least
// what sketches cannot resolve and what a single event would change: without that,
// rounds that agree by accident would prove anything.
func differences(figures []sides, j int, log bool, alpha float64) spread {
	var s spread
	var ys []float64
	var resolution, grain float64
	n := float64(len(figures))
	opens := map[figure.Cut]bool{}
	for _, f := range figures {
		a, b := f.left, f.bounds[j]
		wa, wb := 1/n, 1/n
		if log {
			ys = append(ys, math.Log(a.X)-math.Log(b.X))
			s.ref += math.Log(b.X) / n
			wa, wb = wa/a.X, wb/b.X
		} else {
			ys = append(ys, a.X-b.X)
			s.ref += b.X / n
		}
		resolution += wa*a.Resolution + wb*b.Resolution
		grain += wa*a.Grain + wb*b.Grain
		opens[a.Cut], opens[-b.Cut] = true, true
	}
	if log {
		s.ref = math.Exp(s.ref)
	}
	var iv stats.Interval
	s.mean, iv = stats.T(ys, alpha)
	// The rule of three at this confidence: what was not seen in all rounds
	// together may still occur −ln(alpha/2) times in them.
	s.half = max(iv.Hi-s.mean, resolution+grain*-math.Log(alpha/2)/n)
	switch {
	case opens[figure.AtLeast] && opens[figure.AtMost]:
		s.half = math.Inf(1)
	case opens[figure.AtLeast]:
		s.open = figure.AtLeast
	case opens[figure.AtMost]:
		s.open = figure.AtMost
	}
	return s
}

// decide holds the interval lo..hi of a difference against zero. An interval that is
// open upwards may lie higher: it proves no upper bound.
func decide(op string, lo, hi float64, open figure.Cut) Verdict {
	var holds, refuted bool
	switch op {
	case "<=":
		holds, refuted = hi <= 0, lo > 0
	case "<":
		holds, refuted = hi < 0, lo >= 0
	case ">=":
		holds, refuted = lo >= 0, hi < 0
	case ">":
		holds, refuted = lo > 0, hi <= 0
	}
	upper := op == "<=" || op == "<"
	switch {
	case holds && !(upper && open == figure.AtLeast) && !(!upper && open == figure.AtMost):
		return Holds
	case refuted && !(upper && open == figure.AtMost) && !(!upper && open == figure.AtLeast):
		return Refuted
	}
	return Inconclusive
}

// together is the verdict of all: refuted where one is, and holds where all do.
func together(each []Verdict) Verdict {
	out := Holds
	for _, v := range each {
		if v == Refuted {
			return Refuted
		}
		if v != Holds {
			out = Inconclusive
		}
	}
	return out
}

func mean(xs []float64) float64 {
	if len(xs) == 0 {
		return 0
	}
	sum := 0.0
	for _, x := range xs {
		sum += x / float64(len(xs))
	}
	return figure.Finite(sum)
}
