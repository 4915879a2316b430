package reports

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/figure"
)

// word is a verdict as it is printed: readable without colour, and hard to
// overlook when a promise is broken. Any unknown verdict is undecided.
func word(v claim.Verdict) string {
	switch v {
	case claim.Holds:
		return "holds"
	case claim.Refuted:
		return "REFUTED"
	}
	return "undecided"
}

const wordWidth = len("undecided")

// A shown is the figure of one comparison, ready to print.
type shown struct {
	value    string // "0.41ms", "≥ 2.0s", with the mark when it is injected; empty: no figure
	interval string // "[0.39..0.44]"; empty: exact, or not known
	n        string // "n=1204"
}

const injectedMark = "*"

// figureOf prepares the deciding figure of a result.
func figureOf(r *claim.Result) shown {
	f := newFigure(r.Measured, r.Lo, r.Hi, r.N, r.Rounds, r.Unit, lowerLimit(r))
	if f.value != "" && len(r.Injected) > 0 {
		f.value += injectedMark
	}
	return f
}

// newFigure prepares a figure of n samples in so many rounds. With n = 0, lo and hi
// are not known; with rounds = 0 as well, there is no figure.
func newFigure(measured, lo, hi float64, n, rounds int, unit string, atLeast bool) shown {
	if n == 0 && rounds == 0 {
		return shown{}
	}
	if !figure.Bounded(measured) { // of a failed request
		return shown{value: "failed"}
	}
	f := shown{value: figure.Format(measured, unit), n: "n=" + strconv.Itoa(n)}
	if n > 0 {
		f.interval = interval(f.value, measured, lo, hi, unit)
	} else {
		f.n = "in " + plural(rounds, "round")
	}
	if atLeast {
		f.value = "≥ " + f.value
	}
	return f
}

// lowerLimit reports whether the figure that decides r is a lower bound: its observation ended first.
func lowerLimit(r *claim.Result) bool {
	return slices.ContainsFunc(r.Parts, func(p claim.Part) bool {
		return p.AtLeast && p.Bound == r.Bound && p.Measured == r.Measured
	})
}

// interval prints lo and hi, without the unit where it is that of the value beside it.
// An end that is not known is left open; an exact figure has no interval.
func interval(value string, measured, lo, hi float64, unit string) string {
	loKnown, hiKnown := figure.Bounded(lo), figure.Bounded(hi)
	if !loKnown && !hiKnown || lo == measured && hi == measured {
		return ""
	}
	var a, b string
	if loKnown {
		a = figure.Format(lo, unit)
	}
	if hiKnown {
		b = figure.Format(hi, unit)
	}
	_, suffix := splitUnit(value)
	numA, unitA := splitUnit(a)
	numB, unitB := splitUnit(b)
	if (a == "" || unitA == suffix) && (b == "" || unitB == suffix) {
		a, b = numA, numB
	}
	return "[" + a + ".." + b + "]"
}

// splitUnit splits "0.41 ms" into "0.41" and " ms".
func splitUnit(s string) (num, unit string) {
	i := strings.LastIndexAny(s, "0123456789") + 1
	return s[:i], s[i:]
}

// signs makes the comparison signs of an expression's bound readable.
var signs = strings.NewReplacer("<=", "≤", ">=", "≥", "==", "=")

// promises are the bounds that a row's claim is held to, those that decide first.
func promises(r row, arms []string) []string {
	var bounds []string
	add := func(b string) {
		if b = signs.Replace(b); b != "" && !slices.Contains(bounds, b) {
			bounds = append(bounds, b)
		}
	}
	for _, a := range arms {
		if res := r.results[a]; res != nil {
			add(res.Bound)
		}
	}
	for _, a := range arms {
		if res := r.results[a]; res != nil {
			for _, p := range res.Parts {
				add(p.Bound)
			}
		}
	}
	return bounds
}

// promised is the bound, or all bounds, that a row's claim is held to.
func promised(r row, arms []string) string { return strings.Join(promises(r, arms), ", ") }

// which names the deciding bound of several; empty: there is only one.
func which(res *claim.Result, all string) string {
	if b := signs.Replace(res.Bound); b != "" && b != all {
		return fmt.Sprintf("for %s", b)
	}
	return ""
}
