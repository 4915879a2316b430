package page

import (
	"fmt"
	"strings"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/picture"
)

const rasterRow = 24

// raster is the decisions of a rate limiter: each client a row, each decision a mark.
func raster(p *picture.Picture, r *picture.Raster, id string, layers *[]*Layer) *Chart {
	x := whole(p)
	c := &Chart{ID: id, Title: "Decisions of the rate limiter, client by client", H: rasterRow*len(r.Rows) + 16, Names: true, Down: "client", Across: "time since the round began", Below: below(x, 6, seconds)}
	c.phases(p, x)
	wrong := 0
	for i, row := range r.Rows {
		wrong += row.Over + row.Falsely
		c.Left = append(c.Left, Tick{Y: rasterRow*i + rasterRow/2 + 4, Text: shorten(row.Client, 14)})
		for k, w := range row.Windows {
			c.Shades = append(c.Shades, Box{X: percent(x.in(w)), W: percent(x.in(w+r.Window) - x.in(w)), Y: fmt.Sprint(rasterRow*i + 3), H: fmt.Sprint(rasterRow - 4), Class: fmt.Sprintf("window w%d", k%2),
				Title: fmt.Sprintf("%s: a window from %s to %s", row.Client, seconds(w), seconds(w+r.Window))})
		}
	}
	base := slug("r", p.Scenario, p.Arm, r.Reading)
	c.Layer = layerOnce(layers, base, func() *Layer { return rasterLayer(r, x, base, c.H) })
	c.Legend = []Key{{"k-allowed", "allowed"}, {"k-refused", "refused"}, {"k-ring", "provably wrong"}, {"k-window", fmt.Sprintf("window, at most %d", r.Limit)}}
	c.Desc = fmt.Sprintf("Read as %s. %s of %s in round %d are provable.", r.Reading, figure.Count(r.Errors, "errors"), figure.Count(r.Clients, "clients"), r.Round)
	c.Note = c.Desc + " Windows stand where this reading begins them if each decision was made when it was asked for. The rings are some of the fewest decisions that must be wrong."
	if len(r.Rows) < r.Clients {
		c.Note += fmt.Sprintf(" The %d clients with most errors are shown.", len(r.Rows))
	}
	if r.Cut {
		c.Note += " Only the first 50,000 requests of a round are drawn."
	}
	for _, row := range r.Rows {
		if row.Over+row.Falsely > 0 {
			c.Named = append(c.Named, []string{row.Client, fmt.Sprint(row.Over), fmt.Sprint(row.Falsely)})
		}
	}
	if wrong > 0 {
		c.NamedHead = []string{"client", "allowed over the limit", "refused below it"}
	}
	return c
}

func rasterLayer(r *picture.Raster, x scale, id string, h int) *Layer {
	l := &Layer{ID: id, W: 1000, H: h}
	paths := map[string]*strings.Builder{}
	for i, row := range r.Rows {
		for _, m := range row.Marks {
			y := rasterRow*i + 6
			if m.Answer != "allowed" {
				y += 8
			}
			if paths[m.Answer] == nil {
				paths[m.Answer] = &strings.Builder{}
			}
			fmt.Fprintf(paths[m.Answer], "M%s %dv6", num(1000*x.in(m.At)), y)
			if m.Wrong {
				l.Dots = append(l.Dots, Dot{X: percent(x.in(m.At)), Y: fmt.Sprint(y + 3), R: "5", Class: "ring", Title: fmt.Sprintf("%s at %s: %d provably wrong, %s", row.Client, seconds(m.At), m.N, m.Answer)})
			}
		}
	}
	for _, a := range []string{"allowed", "refused", "unanswered"} {
		if paths[a] != nil {
			l.Paths = append(l.Paths, Path{paths[a].String(), "mark m-" + a})
		}
	}
	return l
}

// shorten leaves out the middle of a long name.
func shorten(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most/2]) + "…" + string(r[len(r)-most/2+1:])
}
