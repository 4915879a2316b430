package page

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/picture"
)

const bandHeight = 34

// sources are where answers come from, in the order in which a band stacks them.
var sources = []string{"redis", "memory", "cache", "database", "ai", picture.Unsaid, picture.Limited}

// band is where the answers came from, as shares of each column.
func band(p *picture.Picture, x scale, layers *Shared) *Chart {
	c := &Chart{Title: "Where the answers came from", H: bandHeight, Across: "time since the round began"}
	c.Left = []Tick{{Y: 6, Text: "100 %"}, {Y: bandHeight - 1, Text: "0 %"}}
	c.Below = below(x, 6, seconds)
	var said []string
	total := 0
	sums := map[string]int{}
	for _, col := range p.Columns {
		for s, n := range col.Sources {
			sums[s] += n
			total += n
		}
		sums[failedSource] += col.Failed
		total += col.Failed
	}
	for _, s := range append(slices.Clone(sources), failedSource) {
		if sums[s] > 0 {
			text := figure.Format(short(float64(sums[s])/float64(total)), "ratio")
			c.Legend = append(c.Legend, Key{"k-" + slug(s), s + " " + text})
			said = append(said, s+" "+text)
		}
	}
	c.Desc = "Shares over the whole picture: " + strings.Join(said, ", ") + "."
	return c.layered(layers, slug("s", p.Scenario, p.Arm), columnsOf(p), shares(p)...)
}

const failedSource = "failed"

// short is a share with three digits.
func short(x float64) float64 {
	y, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 3, 64), 64)
	return y
}

// shares stacks them: each source is drawn from the bottom up to where it ends, those that stand higher first.
func shares(p *picture.Picture) (out []Path) {
	all := append(slices.Clone(sources), failedSource)
	for i, s := range all {
		var d strings.Builder
		any, at, y := false, 0, bandHeight
		to := func(column, height int) {
			if height != y {
				if column > at {
					fmt.Fprintf(&d, "h%d", column-at)
				}
				fmt.Fprintf(&d, "v%d", height-y)
				at, y = column, height
			}
		}
		next := 0
		for _, c := range p.Columns {
			if c.At > next {
				to(next, bandHeight)
			}
			above, total := 0, 0
			for k, o := range all {
				n := c.Sources[o]
				if o == failedSource {
					n = c.Failed
				}
				if total += n; k < i {
					above += n
				}
				any = any || k == i && n > 0
			}
			height := bandHeight
			if total > above {
				height = bandHeight * above / total
			}
			to(c.At, height)
			next = c.At + 1
		}
		to(next, bandHeight)
		if any {
			out = append(out, Path{fmt.Sprintf("M0 %d%sz", bandHeight, d.String()), "source s-" + slug(s)})
		}
	}
	return out
}
