package page

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/picture"
)

const timelineHeight = 190

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
func timeline(p *picture.Picture, s span, limits []limitLine, layers *Shared) *Chart {
	if len(p.Columns) == 0 || len(p.Phases) == 0 {
		return nil
	}
	x, y := whole(p), s.scale()
	c := &Chart{Title: "Response time over time", H: timelineHeight, Down: "response time, log scale", Desc: describe(p)}
	c.Left = left(y, timelineHeight, 6, seconds)
	c.phases(p, x, columnsOf(p))
	c.marks(p, x, y)
	c.layered(layers, slug("t", p.Scenario, p.Arm), columnsOf(p), times(p, x, y)...)
	for _, l := range limits {
		c.boundLine((1-y.in(l.at))*timelineHeight, l.text)
	}
	for i, one := range p.Slowest {
		c.Named = append(c.Named, []string{fmt.Sprint(i + 1), seconds(one.Took), one.Stream + " on instance " + one.Instance, one.Phase, fmt.Sprint(one.Round), cmp.Or(one.Failure, one.Source, "–")})
	}
	c.NamedHead = []string{"slowest", "took", "request", "phase", "round", "outcome"}
	c.Legend = []Key{{"k-median", "median"}, {"k-range", "least to greatest"}}
	if len(p.Failures) > 0 {
		c.Legend = append(c.Legend, Key{"k-fail", "failed: " + failures(p.Failures)})
	}
	if len(p.Faults) > 0 {
		c.Legend = append(c.Legend, Key{"k-fault", "fault: " + faultsText(p)})
	}
	if len(limits) > 0 {
		c.Legend = append(c.Legend, Key{"k-bound", "bound"})
	}
	c.Note = fmt.Sprintf("%s of %s laid over one another; a column is %s wide.", figure.Count(p.Requests, "requests"), figure.Count(p.Rounds, "rounds"), seconds(p.Step))
	c.Under = band(p, x, layers)
	return c
}

// phases draws what is planned: names of phases and, over w across, their ends; and faults.
func (c *Chart) phases(p *picture.Picture, x scale, w int) {
	var ends strings.Builder
	for _, f := range p.Faults {
		c.Shades = append(c.Shades, Box{X: percent(x.in(f.From)), W: percent(max(0.002, x.in(f.To)-x.in(f.From))), Y: "0", H: fmt.Sprint(c.H), Class: "fault",
			Title: faultText(f) + ", " + seconds(f.From) + " to " + seconds(f.To)})
	}
	for i, ph := range p.Phases {
		if i > 0 {
			fmt.Fprintf(&ends, "M%s 0V%d", num(float64(w)*x.at(ph.From)), c.H)
		}
		share := (ph.To - ph.From) / x.hi
		if wide := share*560 > float64(6*len(ph.Name)+6); wide {
			c.Labels = append(c.Labels, Label{X: percent(x.at((ph.From + ph.To) / 2)), Y: fmt.Sprint(c.H - 5), Text: ph.Name, Class: "phase", Wide: share*250 < float64(6*len(ph.Name)+6)})
		}
	}
	if ends.Len() > 0 {
		c.Paths = append(c.Paths, Path{ends.String(), "phase"})
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
func failures(all []picture.Failure) string {
	n := map[string]int{}
	for _, f := range all {
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
		text += " Failed: " + failures(p.Failures) + "."
	} else {
		text += " No request failed."
	}
	if len(p.Slowest) > 0 {
		text += fmt.Sprintf(" The slowest took %s.", seconds(p.Slowest[0].Took))
	}
	return text
}

// times are the least, the median and the greatest of each column, and the slowest requests. Steps are told from the
// place before, in few bytes: bars of columns side by side are one line, down and up; a median that stays is one step.
func times(p *picture.Picture, x, y scale) []Path {
	var bars, median, slow strings.Builder
	row := func(v float64) int { return int((1 - y.in(v)) * timelineHeight) }
	barAt, barEnd, down := 0, 0, true
	at, end, stays := -100, 0, 0
	stay := func() {
		if stays > 0 {
			fmt.Fprintf(&median, "h%d", stays)
		}
		stays = 0
	}
	for i, c := range p.Columns {
		from, to, middle := row(c.Max), row(c.Min)+1, row(c.Median)
		if !down {
			from, to = to, from
		}
		if i > 0 && from == barEnd && c.At == barAt+1 {
			fmt.Fprintf(&bars, "h1v%d", to-from)
		} else {
			fmt.Fprintf(&bars, "m%d%sv%d", c.At-barAt, step(from-barEnd), to-from)
		}
		barAt, barEnd, down = c.At, to, !down
		switch {
		case c.At > at+8: // nothing was due for a while
			stay()
			fmt.Fprintf(&median, "M%d %dh0", c.At, middle)
		case middle == end:
			stays += c.At - at
		default:
			stay()
			fmt.Fprintf(&median, "l%d%s", c.At-at, step(middle-end))
		}
		at, end = c.At, middle
	}
	stay()
	for _, one := range p.Slowest {
		fmt.Fprintf(&slow, "M%s %dh0", num(x.in(one.At)*float64(columnsOf(p))), row(one.Took))
	}
	return []Path{{bars.String(), "range"}, {median.String(), "median"}, {slow.String(), "slow"}}
}

// step is a number that follows another one.
func step(n int) string {
	if n < 0 {
		return fmt.Sprint(n)
	}
	return fmt.Sprintf(" %d", n)
}

// mostFailures are as many marks as stand beside one another on a narrow page.
const mostFailures = 40

// inside keeps a sign in the middle of a place within the chart, also on a phone.
func inside(share float64) float64 { return min(max(share, 0.02), 0.98) }

// beside is above a mark, or below it where there is no room.
func beside(y float64) float64 {
	if y < 16 {
		return y + 15
	}
	return y - 6
}

// marks are the failures, together where marks would cover one another, and the numbers of the slowest requests.
func (d *Drawing) marks(p *picture.Picture, x, y scale) {
	var together []picture.Failure
	place := -1
	flush := func() {
		if len(together) > 0 {
			at := together[0].At
			d.Dots = append(d.Dots, Dot{X: percent(inside(x.in(at))), Y: "7", Class: "fail", Title: failures(together) + " from " + seconds(at)})
		}
		together = nil
	}
	for _, f := range p.Failures {
		if at := int(x.in(f.At) * mostFailures); at != place {
			flush()
			place = at
		}
		together = append(together, f)
	}
	flush()
	taken := []float64{}
	for i, one := range p.Slowest {
		place := x.in(one.At)
		if !slices.ContainsFunc(taken, func(t float64) bool { return math.Abs(t-place) < 0.04 }) {
			taken = append(taken, place)
			d.Labels = append(d.Labels, Label{X: percent(inside(place)), Y: num(beside((1 - y.in(one.Took)) * timelineHeight)), Text: fmt.Sprint(i + 1), Class: "slow"})
		}
	}
}

// columnsOf are the columns that there can be.
func columnsOf(p *picture.Picture) int {
	return max(1, int(math.Ceil(whole(p).hi/p.Step-1e-9)))
}

// A limitLine is a response time that a claim names.
type limitLine struct {
	at   float64
	text string
}
