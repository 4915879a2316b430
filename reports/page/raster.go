package page

import (
	"fmt"
	"strings"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/picture"
)

const rasterRow = 24

// raster is the decisions of a rate limiter: each client a row, each decision a mark.
func raster(p *picture.Picture, r *picture.Raster, layers *Shared) *Chart {
	x := whole(p)
	c := &Chart{Title: "Decisions of the rate limiter, client by client", H: rasterRow*len(r.Rows) + 16, Names: true, Down: "client", Across: "time since the round began"}
	c.Below = below(x, 6, seconds)
	c.phases(p, x, 1000)
	wrong := 0
	for i, row := range r.Rows {
		wrong += row.Over + row.Falsely
		c.Left = append(c.Left, Tick{Y: rasterRow*i + rasterRow/2 + 1, Text: shorten(row.Client, 14)})
	}
	c.Legend = []Key{{"k-allowed", "allowed"}, {"k-refused", "refused"}, {"k-ring", "provably wrong"}, {"k-window", fmt.Sprintf("window, at most %d", r.Limit)}}
	c.Desc = fmt.Sprintf("Read as %s. %s of %s in round %d are provable.", r.Reading, figure.Count(r.Errors, "errors"), figure.Count(r.Clients, "clients"), r.Round)
	c.Note = c.Desc
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
	return c.layered(layers, slug("r", p.Scenario, p.Arm, r.Reading), 1000, decisions(r, x)...)
}

// below8 is how much lower a mark stands than one of an answer that was allowed.
func below8(m picture.Mark) int {
	if m.Answer == "allowed" {
		return 0
	}
	return 8
}

// decisions are the windows of the clients and, on them, a mark for each decision, on a ring where it is wrong: a disk on
// which a smaller one lies.
func decisions(r *picture.Raster, x scale) (out []Path) {
	classes := []string{"window w0", "window w1", "ring", "mark m-allowed", "mark m-refused", "mark m-unanswered"}
	paths := map[string]*strings.Builder{}
	for _, c := range classes {
		paths[c] = &strings.Builder{}
	}
	for i, row := range r.Rows {
		for k, w := range row.Windows {
			wide := 1000 * (x.in(w+r.Window) - x.in(w))
			fmt.Fprintf(paths[classes[k%2]], "M%s %dh%sv%dh-%sz", num(1000*x.in(w)), rasterRow*i+3, num(wide), rasterRow-4, num(wide))
		}
		for _, m := range row.Marks {
			if m.Wrong {
				fmt.Fprintf(paths["ring"], "M%.0f %dh0", 1000*x.in(m.At), rasterRow*i+9+below8(m))
			}
			fmt.Fprintf(paths["mark m-"+m.Answer], "M%.0f %dv6", 1000*x.in(m.At), rasterRow*i+6+below8(m))
		}
	}
	for _, c := range classes {
		if d := paths[c].String(); d != "" {
			out = append(out, Path{d, c})
			if c == "ring" {
				out = append(out, Path{d, "ring hole"})
			}
		}
	}
	return out
}

// shorten leaves out the middle of a long name.
func shorten(s string, most int) string {
	r := []rune(s)
	if len(r) <= most {
		return s
	}
	return string(r[:most/2]) + "…" + string(r[len(r)-most/2+1:])
}
