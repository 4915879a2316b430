package page

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/claim/figure"
)

// extent is what a scale of the part reaches over: the rounds, the interval and the bound.
func (p *Part) extent() []float64 {
	if !p.drawn() {
		return nil
	}
	xs := append([]float64{p.Measured}, p.Rounds...)
	if p.Known {
		for _, x := range []float64{p.Lo, p.Hi} {
			// An end far away would press everything else together: the bar then runs off the edge.
			if p.Measured == 0 || p.Unit == "ratio" || x < 20*p.Measured && x > p.Measured/20 {
				xs = append(xs, x)
			}
		}
	}
	if b, ok := boundOf(p.Bound); ok {
		xs = append(xs, b.ends()...)
	}
	return xs
}

// partScale is the scale that the nth comparison of a claim has in all arms.
func partScale(c Claim, n int) scale {
	var xs []float64
	unit := ""
	for _, x := range c.Cells {
		if n < len(x.Parts) {
			xs, unit = append(xs, x.Parts[n].extent()...), x.Parts[n].Unit
		}
	}
	s := scaleOf(xs, unit != "ratio")
	if unit == "ratio" && len(xs) > 0 {
		// Shares stay within what shares can be, with room for a mark at either end.
		room := 0.04 * (s.hi - s.lo)
		if s.hi > 1 && slices.Max(xs) <= 1 {
			s.hi = 1 + room
		}
		if slices.Min(xs) >= 0 {
			s.lo = max(s.lo, -room)
		}
	}
	return s
}

// drawn reports whether there is anything to draw.
func (p *Part) drawn() bool { return len(p.Rounds) > 0 }

// promised is the shade of what is promised, within h pixels.
func promised(s scale, b bound, h int) (Box, bool) {
	from, to := s.in(b.promisedFrom()), s.in(b.promisedTo())
	if b.op == "==" || to <= from {
		return Box{}, false
	}
	return Box{X: percent(from), W: percent(to - from), Y: "0", H: fmt.Sprint(h), Class: "promised"}, true
}

// rowOf is the height of a row where there are so many rounds.
func rowOf(rounds int) int {
	if rounds > 12 {
		return 6
	}
	return 12
}

// roundTicks are the scale at the left of so many rounds.
func roundTicks(rounds int) []Tick {
	row := rowOf(rounds)
	out := []Tick{{Y: 8, Text: "round"}}
	for i := range rounds {
		if row > 6 || i%5 == 0 {
			out = append(out, Tick{Y: 22 + row*i + row/2, Text: fmt.Sprint(i + 1)})
		}
	}
	return append(out, Tick{Y: 22 + row*rounds + 10, Text: "all"})
}

// alike reports whether all rounds have the same figure: one below the other, they say no more.
func (p *Part) alike() bool {
	return p.drawn() && slices.Min(p.Rounds) == slices.Max(p.Rounds)
}

// dots are the figures of the rounds beside the bound, with the interval; nil: there are none, or they are alike.
func (p *Part) dots(s scale, shared *Shared) *Chart {
	if !p.drawn() || p.alike() {
		return nil
	}
	b, ok := boundOf(p.Bound)
	row := rowOf(len(p.Rounds))
	c := &Chart{H: 22 + row*len(p.Rounds) + 20}
	c.Left = roundTicks(len(p.Rounds))
	c.Below = below(s, 5, func(x float64) string { return figure.Format(x, p.Unit) })
	if slices.Min(p.extent()) >= 0 { // a mark at 0 has room at its left, which is no negative number
		c.Below = slices.DeleteFunc(c.Below, func(t Tick) bool { return strings.HasPrefix(t.Text, "-") })
	}
	if ok {
		if shade, any := promised(s, b, c.H); any {
			c.Shades = append(c.Shades, shade)
		}
		for _, x := range b.ends() {
			c.Lines = append(c.Lines, Line{X1: percent(s.at(x)), X2: percent(s.at(x)), Y1: "0", Y2: fmt.Sprint(c.H), Class: "bound"})
		}
		c.Labels = append(c.Labels, Label{X: percent(s.in(b.lo)), Y: "11", Text: "promised " + p.Promised, Class: "bound", Anchor: anchorWide(s.in(b.lo))})
	}
	var texts []string
	var rounds strings.Builder
	for i, x := range p.Rounds {
		texts = append(texts, figure.Format(x, p.Unit))
		fmt.Fprintf(&rounds, "M%.0f %dh0", 1000*s.in(x), 22+row*i+row/2)
	}
	c.Paths, c.W = []Path{{rounds.String(), "round"}}, 1000
	y := 22 + row*len(p.Rounds) + 10
	if p.Known {
		lo, hi := s.in(p.Lo), s.in(p.Hi)
		c.Lines = append(c.Lines, Line{X1: percent(lo), X2: percent(hi), Y1: fmt.Sprint(y), Y2: fmt.Sprint(y), Class: "interval " + p.Verdict})
	}
	c.Dots = append(c.Dots, Dot{X: percent(s.in(p.Measured)), Y: fmt.Sprint(y), Class: "all " + p.Verdict})
	c.Desc = fmt.Sprintf("Round by round: %s. Promised %s.", strings.Join(texts, ", "), p.Promised)
	c.Scales = shared.scales(c.Drawing, false)
	return c
}

// anchorWide is for a long label: it grows away from the nearer edge.
func anchorWide(share float64) string {
	if share < 0.5 {
		return "start"
	}
	return "end"
}

// A Mini is a figure with its interval and its bound, without scales.
type Mini struct {
	Shade       *Box // nil: nothing is promised on one side
	Bounds      []string
	Lo, W, X    string
	Verdict     string
	HasInterval bool
}

// mini is the picture in the ledger.
func (p *Part) mini(s scale) *Mini {
	b, ok := boundOf(p.Bound)
	if !p.drawn() || !ok {
		return nil
	}
	m := &Mini{X: percent(s.in(p.Measured)), Verdict: p.Verdict}
	if shade, any := promised(s, b, 18); any {
		m.Shade = &shade
	}
	for _, x := range b.ends() {
		m.Bounds = append(m.Bounds, percent(s.at(x)))
	}
	if p.Known {
		lo, hi := s.in(p.Lo), s.in(p.Hi)
		m.Lo, m.W, m.HasInterval = percent(lo), percent(hi-lo), hi > lo
	}
	return m
}
