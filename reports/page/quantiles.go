package page

import (
	"fmt"
	"math"
	"strings"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/picture"
)

const quantilesHeight = 170

// nines is where a quantile stands: between 0 and 99.99 %, by how few are beyond it.
func nines(q float64) float64 { return min(1, -math.Log10(max(1e-4, 1-q))/4) }

// quantiles is how long hits, misses and answers that fell back took.
func quantiles(p *picture.Picture, s span, limits []limitLine, layers *Shared) *Chart {
	if len(p.Quantiles) == 0 {
		return nil
	}
	y := s.scale()
	c := &Chart{Title: "Percentiles of correct answers", H: quantilesHeight, Down: "response time, log scale", Across: "share of answers that took no longer, 1/(1 − q) scale"}
	c.Left = left(y, quantilesHeight, 6, seconds)
	var grid strings.Builder
	for _, q := range []float64{0, 0.5, 0.9, 0.99, 0.999, 0.9999} {
		at := nines(q)
		c.Below = append(c.Below, Tick{X: percent(at), Text: figure.Format(q, "ratio"), Anchor: anchor(at), Narrow: q != 0.5 && q != 0.999})
		fmt.Fprintf(&grid, "M%.0f 0V%d", 1000*at, c.H)
	}
	var said []string
	for _, one := range p.Quantiles {
		c.Legend = append(c.Legend, Key{"k-q-" + one.Name, one.Name + ", n=" + figure.Grouped(fmt.Sprint(one.N))})
		last := one.Points[len(one.Points)-1]
		said = append(said, fmt.Sprintf("%s: median %s, the slowest shown %s", one.Name, seconds(quantileAt(one, 0.5)), seconds(last.X)))
	}
	if len(limits) > 0 {
		c.Legend = append(c.Legend, Key{"k-bound", "bound"})
	}
	c.Desc = strings.Join(said, ". ") + "."
	paths := []Path{{grid.String(), "grid"}}
	for _, one := range p.Quantiles {
		var d strings.Builder
		lastX, lastY := 0, 0
		for i, q := range one.Points {
			toX, toY := int(math.Round(1000*nines(q.Q))), int(math.Round((1-y.in(q.X))*quantilesHeight))
			fmt.Fprintf(&d, "%s%d%s", map[bool]string{true: "M", false: "l"}[i == 0], toX-lastX, step(toY-lastY))
			lastX, lastY = toX, toY
		}
		paths = append(paths, Path{d.String(), "q q-" + one.Name})
	}
	c.layered(layers, slug("q", p.Scenario, p.Arm), 1000, paths...)
	for _, l := range limits {
		c.boundLine((1-y.in(l.at))*quantilesHeight, l.text)
	}
	return c
}

func quantileAt(s picture.Series, q float64) float64 {
	for _, p := range s.Points {
		if p.Q >= q-1e-9 {
			return p.X
		}
	}
	return 0
}
