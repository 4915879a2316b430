package page

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/picture"
)

const (
	timelineHeight = 190
	bandHeight     = 34
)

// sources are where answers come from, in the order in which a band stacks them.
var sources = []string{"redis", "memory", "cache", "database", "ai", picture.Unsaid, picture.Limited}

// A span is the scale of response times that the arms of a scenario share.
type span struct{ lo, hi float64 }

func (s *span) add(x float64) {
	if x <= 0 || !figure.Bounded(x) {
		return
	}
	if s.lo == 0 || x < s.lo {
		s.lo = x
	}
	s.hi = max(s.hi, x)
}

func (s span) scale() scale { return logScale(s.lo, s.hi) }

// spanOf is that of pictures and of bounds beside them.
func spanOf(all []picture.Picture, bounds []float64) (s span) {
	for _, p := range all {
		for _, c := range p.Columns {
			s.add(c.Min)
			s.add(c.Max)
		}
	}
	for _, b := range bounds {
		s.add(b)
	}
	return s
}

func seconds(x float64) string { return figure.Format(x, "s") }

// whole is how long the rounds of a picture lasted.
func whole(p *picture.Picture) scale {
	return scale{0, p.Phases[len(p.Phases)-1].To, false}
}

// timeline is how long requests took, over the time at which they were due, and where the answers came from.
func timeline(p *picture.Picture, s span, limits []limitLine, id string, layers *[]*Layer) *Chart {
	if len(p.Columns) == 0 || len(p.Phases) == 0 {
		return nil
	}
	x, y := whole(p), s.scale()
	c := &Chart{ID: id, Title: "Response time over time", H: timelineHeight, Down: "response time, log scale", Across: "time since the round began",
		Desc: describe(p), Left: left(y, timelineHeight, 6, seconds)}
	c.phases(p, x)
	base := slug("t", p.Scenario, p.Arm)
	c.Layer = layerOnce(layers, base, func() *Layer { return timelineLayer(p, x, y, base) })
	for _, l := range limits {
		c.boundLine((1-y.in(l.at))*timelineHeight, l.text)
	}
	for i, one := range p.Slowest {
		c.Named = append(c.Named, []string{fmt.Sprint(i + 1), seconds(one.Took), one.Stream + " on instance " + one.Instance, one.Phase, fmt.Sprint(one.Round), cmp.Or(one.Failure, one.Source, "–")})
	}
	c.NamedHead = []string{"slowest", "took", "request", "phase", "round", "outcome"}
	c.Legend = []Key{{"k-median", "median"}, {"k-range", "least to greatest"}}
	if len(p.Failures) > 0 {
		c.Legend = append(c.Legend, Key{"k-fail", "failed: " + failures(p)})
	}
	if len(p.Faults) > 0 {
		c.Legend = append(c.Legend, Key{"k-fault", "fault: " + faultsText(p)})
	}
	if len(limits) > 0 {
		c.Legend = append(c.Legend, Key{"k-bound", "bound"})
	}
	c.Note = fmt.Sprintf("%s of %s laid over one another; a column is %s wide.", figure.Count(p.Requests, "requests"), figure.Count(p.Rounds, "rounds"), seconds(p.Step))
	c.Under = band(p, x, id+"-band", layers)
	return c
}

// phases draws what is planned: names and ends of phases, and faults.
func (c *Chart) phases(p *picture.Picture, x scale) {
	for _, f := range p.Faults {
		c.Shades = append(c.Shades, Box{X: percent(x.in(f.From)), W: percent(max(0.002, x.in(f.To)-x.in(f.From))), Y: "0", H: fmt.Sprint(c.H), Class: "fault",
			Title: faultText(f) + ", " + seconds(f.From) + " to " + seconds(f.To)})
	}
	for i, ph := range p.Phases {
		if i > 0 {
			c.Lines = append(c.Lines, Line{X1: percent(x.at(ph.From)), X2: percent(x.at(ph.From)), Y1: "0", Y2: fmt.Sprint(c.H), Class: "phase"})
		}
		share := (ph.To - ph.From) / x.hi
		if wide := share*560 > float64(6*len(ph.Name)+6); wide {
			c.Labels = append(c.Labels, Label{X: percent(x.at((ph.From + ph.To) / 2)), Y: fmt.Sprint(c.H - 5), Text: ph.Name, Class: "phase", Anchor: "middle", Wide: share*250 < float64(6*len(ph.Name)+6)})
		}
	}
}

func faultText(f picture.Fault) string {
	s := f.Kind + " on " + f.On
	if f.Instance != "" {
		s += " of instance " + f.Instance
	}
	return s
}

// faultsText names the kinds of faults, each once.
func faultsText(p *picture.Picture) string {
	var out []string
	for _, f := range p.Faults {
		if s := f.Kind + " on " + f.On; !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return strings.Join(out, ", ")
}

// failures counts them by kind, the most frequent first.
func failures(p *picture.Picture) string {
	n := map[string]int{}
	for _, f := range p.Failures {
		n[f.Kind] += f.N
	}
	kinds := slices.SortedFunc(maps.Keys(n), func(a, b string) int { return cmp.Or(cmp.Compare(n[b], n[a]), cmp.Compare(a, b)) })
	var out []string
	for _, k := range kinds {
		out = append(out, figure.Grouped(fmt.Sprint(n[k]))+" × "+k)
	}
	return strings.Join(out, ", ")
}

// describe is the picture in a sentence.
func describe(p *picture.Picture) string {
	text := fmt.Sprintf("%s of arm %s: %s in %s.", p.Scenario, p.Arm, figure.Count(p.Requests, "requests"), figure.Count(p.Rounds, "rounds"))
	if len(p.Faults) > 0 {
		text += " Faults: " + faultsText(p) + "."
	}
	if len(p.Failures) > 0 {
		text += " Failed: " + failures(p) + "."
	} else {
		text += " No request failed."
	}
	if len(p.Slowest) > 0 {
		text += fmt.Sprintf(" The slowest took %s.", seconds(p.Slowest[0].Took))
	}
	return text
}

// layerOnce makes a layer the first time that it is asked for.
func layerOnce(all *[]*Layer, id string, draw func() *Layer) *Layer {
	for _, l := range *all {
		if l.ID == id {
			return l
		}
	}
	l := draw()
	*all = append(*all, l)
	return l
}

func timelineLayer(p *picture.Picture, x, y scale, id string) *Layer {
	l := &Layer{ID: id, W: columnsOf(p), H: timelineHeight}
	var bars, median strings.Builder
	last := -100
	at := func(v float64) string { return num((1 - y.in(v)) * timelineHeight) }
	row := func(v float64) int { return int((1 - y.in(v)) * timelineHeight) }
	for _, c := range p.Columns {
		fmt.Fprintf(&bars, "M%d %dV%d", c.At, row(c.Max), row(c.Min)+1)
		if c.At > last+8 { // nothing was due for a while
			fmt.Fprintf(&median, "M%d %dh0", c.At, row(c.Median))
		} else {
			fmt.Fprintf(&median, "L%d %d", c.At, row(c.Median))
		}
		last = c.At
	}
	l.Paths = []Path{{bars.String(), "range"}, {median.String(), "median"}}
	for _, f := range p.Failures {
		l.Dots = append(l.Dots, Dot{X: percent(x.in(f.At)), Y: "7", Class: "fail", Title: fmt.Sprintf("%d × %s at %s: first of %s on instance %s, round %d", f.N, f.Kind, seconds(f.At), f.Stream, f.Instance, f.Round)})
	}
	taken := []float64{}
	for i, one := range p.Slowest {
		place := x.in(one.At)
		l.Dots = append(l.Dots, Dot{X: percent(place), Y: at(one.Took), R: "3", Class: "slow", Title: fmt.Sprintf("slowest, number %d: %s", i+1, seconds(one.Took))})
		if !slices.ContainsFunc(taken, func(t float64) bool { return math.Abs(t-place) < 0.04 }) {
			taken = append(taken, place)
			l.Texts = append(l.Texts, Label{X: percent(place), Y: num(max(10, (1-y.in(one.Took))*timelineHeight-6)), Text: fmt.Sprint(i + 1), Class: "slow", Anchor: "middle"})
		}
	}
	return l
}

// band is where the answers came from, as shares of each column.
func band(p *picture.Picture, x scale, id string, layers *[]*Layer) *Chart {
	c := &Chart{ID: id, Title: "Where the answers came from", H: bandHeight, Down: "share of answers", Across: "time since the round began"}
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
	base := slug("s", p.Scenario, p.Arm)
	c.Layer = layerOnce(layers, base, func() *Layer { return bandLayer(p, base) })
	return c
}

const failedSource = "failed"

// short is a share with three digits.
func short(x float64) float64 {
	y, _ := strconv.ParseFloat(strconv.FormatFloat(x, 'g', 3, 64), 64)
	return y
}

// columnsOf are the columns that there can be.
func columnsOf(p *picture.Picture) int {
	return max(1, int(math.Ceil(whole(p).hi/p.Step-1e-9)))
}

// bandLayer stacks the shares: each source is drawn from the bottom up to where it ends, those that stand higher first.
func bandLayer(p *picture.Picture, id string) *Layer {
	l := &Layer{ID: id, W: columnsOf(p), H: bandHeight}
	all := append(slices.Clone(sources), failedSource)
	for i, s := range all {
		var d strings.Builder
		any, at, y := false, 0, bandHeight
		to := func(column, height int) {
			if height != y {
				if column > at {
					fmt.Fprintf(&d, "H%d", column)
				}
				fmt.Fprintf(&d, "V%d", height)
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
			l.Paths = append(l.Paths, Path{fmt.Sprintf("M0 %d%sz", bandHeight, d.String()), "source s-" + slug(s)})
		}
	}
	return l
}

// A limitLine is a response time that a claim names.
type limitLine struct {
	at   float64
	text string
}
