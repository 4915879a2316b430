package page

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
)

// A Chart is one picture. Places across are shares of its width, and grow with it; places down are pixels, so that
// text keeps its size on a phone.
type Chart struct {
	Title, Desc  string // where Layer is not nil, it has Desc
	H            int
	Names        bool   // the scale at the left has names
	Scales              // where Layer is nil
	Down, Across string // what the scales show, with their unit
	Drawing             // of this chart alone, where Layer is nil: else what is drawn on top of it, without scales
	Layer        *Layer
	Legend       []Key
	Under        *Chart // drawn right below, on the same scale across
	Named        [][]string
	NamedHead    []string
	Note         string
	Whole        bool   // the one that others of the same layer refer to
	More         string // what the whole one has and this one leaves out
}

// A Drawing is what stands in a chart.
type Drawing struct {
	Left   []Tick // Y in pixels
	Below  []Tick
	Shades []Box
	Lines  []Line
	Paths  []Path // stretched: they reach over W across
	W      int
	Dots   []Dot
	Labels []Label
}

// A Layer is drawn once in the page, and shown by all charts that have it: its drawing with the scales and, stretched
// across, paths.
type Layer struct {
	ID, Title, Desc string
	Drawing
	Scales
	H int

	of string // what it shows, and of what
}

// Scales are the ids of the scales of a chart.
type Scales struct{ LeftID, BelowID string } // BelowID is empty where there is none

// A Scale is drawn once in the page, and shown by all charts that have the same one.
type Scale struct {
	ID, Class string
	Ticks     []Tick
}

// Shared is what charts have in common.
type Shared struct {
	Layers []*Layer
	Scales []Scale
}

// scale gives the id of a scale. Ids are short, since there are thousands of references.
func (s *Shared) scale(class string, ticks []Tick) string {
	for _, o := range s.Scales {
		if o.Class == class && slices.Equal(o.Ticks, ticks) {
			return o.ID
		}
	}
	id := fmt.Sprintf("s%d", len(s.Scales))
	s.Scales = append(s.Scales, Scale{id, class, ticks})
	return id
}

// scales are those of what is drawn.
func (s *Shared) scales(d Drawing, names bool) (out Scales) {
	class := "left"
	if names {
		class += " names"
	}
	out.LeftID = s.scale(class, d.Left)
	if len(d.Below) > 0 {
		out.BelowID = s.scale("below", d.Below)
	}
	return out
}

// A Tick is a number on a scale.
type Tick struct {
	X, Text, Anchor string
	Y               int
	Narrow          bool // also on a phone
}

// What charts are made of.
type (
	Box struct {
		X, W, Y, H, Class, Title string
	}
	Path struct{ D, Class string }
	Line struct {
		X1, X2, Y1, Y2, Class string
	}
	Dot struct {
		X, Y, Class, Title string // Title: of a step, its letter
	}
	Label struct {
		X, Y, Text, Class, Anchor string // Anchor: empty for the one of its class
		Wide                      bool   // not on a phone
	}
	// A Key explains a mark.
	Key struct{ Class, Text string }
)

// anchor keeps a label near an edge inside.
func anchor(share float64) string {
	switch {
	case share < 0.08:
		return "start"
	case share > 0.92:
		return "end"
	}
	return "middle"
}

// below are the ticks of a scale across. On a phone, each other is left out where there are many.
func below(s scale, n int, text func(float64) string) (out []Tick) {
	ticks := s.ticks(n)
	for i, x := range ticks {
		out = append(out, Tick{X: percent(s.at(x)), Text: text(x), Anchor: anchor(s.at(x)), Narrow: len(ticks) <= 4 || i%2 == 0})
	}
	return out
}

// Grid are lines at the ticks of a scale at the left, as a path that is longer than any chart is wide.
func (s Scale) Grid() string {
	if s.Class == "below" {
		return ""
	}
	var out strings.Builder
	for _, t := range s.Ticks {
		fmt.Fprintf(&out, "M0 %dH4e3", t.Y)
	}
	return out.String()
}

// GridID is that of the scale of which the grid is drawn; empty: there is none.
func (l *Layer) GridID() string { return l.LeftID }

// GridID is empty: its layer has the grid, and lines for each round would be too many.
func (c *Chart) GridID() string { return "" }

// layered makes what the chart has drawn a layer, with paths that reach over w across, unless all has it already: of says
// what it shows.
func (c *Chart) layered(all *Shared, of string, w int, paths ...Path) *Chart {
	if i := slices.IndexFunc(all.Layers, func(l *Layer) bool { return l.of == of }); i >= 0 {
		c.Layer = all.Layers[i]
	} else {
		c.Paths, c.W = append(c.Paths, paths...), w
		c.Layer = &Layer{ID: fmt.Sprintf("p%d", len(all.Layers)), of: of, Title: c.Title, Desc: c.Desc, Drawing: c.Drawing, Scales: all.scales(c.Drawing, c.Names), H: c.H}
		all.Layers = append(all.Layers, c.Layer)
	}
	c.Desc, c.Drawing = "", Drawing{}
	return c
}

// brief leaves to the whole chart what takes room: its table, and its note.
func (c *Chart) brief() {
	c.More = "Whole picture"
	if len(c.Named) > 0 {
		c.More += ", and as a table"
	}
	c.Named, c.Note = nil, ""
}

// left are the ticks of a scale down, over h pixels.
func left(s scale, h, n int, text func(float64) string) (out []Tick) {
	for _, y := range s.ticks(n) {
		out = append(out, Tick{Y: int((1 - s.at(y)) * float64(h)), Text: text(y)})
	}
	return out
}

// boundLine draws a bound across, at a height.
func (c *Chart) boundLine(y float64, text string) {
	c.Lines = append(c.Lines, Line{X1: "0", X2: "100%", Y1: num(y), Y2: num(y), Class: "bound"})
	l := Label{X: "99.5%", Y: num(y - 4), Text: text, Class: "bound", Anchor: "end"}
	if y < 15 {
		l.Y = num(y + 12)
	}
	for _, o := range c.Labels { // another bound is close: at the other end
		if other, err := strconv.ParseFloat(o.Y, 64); err == nil && o.Class == "bound" && o.Anchor == "end" && math.Abs(other-y) < 16 {
			l.X, l.Anchor = "0.5%", "start"
		}
	}
	c.Labels = append(c.Labels, l)
}

// boundAt draws a bound down, at a share of the width.
func (c *Chart) boundAt(share float64, text string, y float64) {
	c.Lines = append(c.Lines, Line{X1: percent(share), X2: percent(share), Y1: "0", Y2: fmt.Sprint(c.H), Class: "bound"})
	c.Labels = append(c.Labels, Label{X: percent(share), Y: num(y), Text: text, Class: "bound", Anchor: anchorWide(share)})
}

// slug is a text as an id. What arms may be named stays apart.
func slug(parts ...string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r >= 'a' && r <= 'z', r >= 'A' && r <= 'Z', r >= '0' && r <= '9', strings.ContainsRune("-_.", r):
			return r
		case r == '+':
			return ':'
		}
		return '-'
	}, strings.Join(parts, "-"))
}
