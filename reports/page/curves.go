package page

import (
	"fmt"
	"strings"

	"github.com/trektribe/bench/internal/claim/curve"
	"github.com/trektribe/bench/internal/claim/figure"
)

const curveHeight = 190

// curveChart is the load of the database over how often a key is asked for within its time to live.
func curveChart(k *curve.Curve, layers *Shared) *Chart {
	if len(k.Points) == 0 {
		return nil
	}
	lo, hi := k.Points[0].X, k.Points[len(k.Points)-1].X
	x, y := scale{lo / 1.5, max(hi, lo*10) * 1.5, true}, scale{-0.04, 1.02, false}
	at := func(v float64) float64 { return (1 - y.in(v)) * curveHeight }
	c := &Chart{Title: "Database load over load × time to live", H: curveHeight, Down: "database queries per request", Across: "requests per key and time to live, log scale"}
	c.Left = left(y, curveHeight, 5, func(v float64) string { return figure.Format(v, "") })
	c.Below = below(x, 6, func(v float64) string { return figure.Format(v, "") })
	var said []string
	if n := len(k.Falls); n > 0 {
		most, least := 1-k.Falls[0].Share, 1-k.Falls[n-1].Share
		c.Shades = append(c.Shades, Box{X: "0", W: "100%", Y: num(at(most)), H: num(at(least) - at(most)), Class: "promised", Title: "the promised band"})
		c.boundLine(at(most), fmt.Sprintf("promised: %s fewer queries", percentText(k.Falls[0].Share)))
		c.Labels[0].X, c.Labels[0].Anchor = "0.5%", "start" // the points fall towards the right
		for _, f := range k.Falls {
			if f.From == 0 {
				said = append(said, percentText(f.Share)+" fewer nowhere")
				continue
			}
			c.Lines = append(c.Lines, Line{X1: percent(x.in(f.From)), X2: percent(x.in(f.From)), Y1: "0", Y2: fmt.Sprint(c.H), Class: "from"})
			c.Labels = append(c.Labels, Label{X: percent(x.in(f.From)), Y: num(14 + 14*float64(len(said))), Text: percentText(f.Share) + " from " + figure.Format(f.From, ""), Class: "from", Anchor: anchorWide(x.in(f.From))})
			said = append(said, percentText(f.Share)+" fewer from "+figure.Format(f.From, "")+" requests per key and time to live")
		}
	}
	var alone, shared, spread strings.Builder
	for i, p := range k.Points {
		move := map[bool]string{true: "M", false: "L"}[i == 0]
		fmt.Fprintf(&alone, "%s%s %s", move, num(1000*x.in(p.X)), num(at(p.Alone)))
		fmt.Fprintf(&shared, "%s%s %s", move, num(1000*x.in(p.X)), num(at(p.Shared)))
		fmt.Fprintf(&spread, "M%s %sV%s", num(1000*x.in(p.X)), num(at(p.Lo)), num(at(p.Hi)))
		c.Dots = append(c.Dots, Dot{X: percent(x.in(p.X)), Y: num(at(p.Queries)), Class: "round", Title: fmt.Sprintf("%s requests per key and time to live: %s queries per request", figure.Format(p.X, ""), figure.Format(p.Queries, ""))})
	}
	c.Legend = []Key{{"k-round", "measured, with its interval"}, {"k-t-shared", "arithmetic, shared loads"}, {"k-t-alone", "arithmetic, each miss loads"}, {"k-promised", "promised band"}}
	c.Desc = fmt.Sprintf("%s, arm %s. %s.", k.Says, k.Arm, strings.Join(said, "; "))
	return c.layered(layers, slug("k", k.Scenario, k.Arm, k.ID), 1000, Path{alone.String(), "theory t-alone"}, Path{shared.String(), "theory t-shared"}, Path{spread.String(), "spread"})
}

func percentText(share float64) string { return figure.Format(share, "ratio") }
