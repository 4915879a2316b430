package page

import (
	"fmt"
	"math"
	"strings"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/recovery"
)

const recoveryRow = 34

// steps are the recovery times that a timeline shows; some count from the lift of the fault.
var steps = []struct {
	name, letter string
	afterLift    bool
}{
	{recovery.FirstTouched, "T", false}, {recovery.Detected, "D", false}, {recovery.Fallback, "F", false}, {recovery.GoodAgain, "G", false},
	{recovery.UsedAgain, "U", true}, {recovery.SteadyAgain, "S", true},
}

// recoveries is a timeline for each stream and instance.
func recoveries(all []recovery.Times, limits []recoveryLimit, layers *Shared) *Chart {
	var rows []recovery.Times
	for _, t := range all {
		if t.Why == "" && t.Named(recovery.Lifted).N > 0 {
			rows = append(rows, t)
		}
	}
	if len(rows) == 0 {
		return nil
	}
	xs := []float64{0}
	lifted := 0.0
	for _, t := range rows {
		l := t.Named(recovery.Lifted).Median
		lifted = max(lifted, l)
		for _, s := range steps {
			if one := t.Named(s.name); one.N > 0 {
				xs = append(xs, place(one.Hi, s.afterLift, l))
			}
		}
		xs = append(xs, l)
	}
	for _, l := range limits {
		xs = append(xs, place(l.at, l.afterLift, lifted))
	}
	x, top := scaleOf(xs, false), 6+13*max(1, len(limits)) // above the rows: what is allowed
	c := &Chart{Title: "Recovery, instance by instance", H: recoveryRow*len(rows) + top, Names: true, Down: "stream and instance", Across: "time since the fault began"}
	c.Below = below(x, 6, seconds)
	c.Shades = append(c.Shades, Box{X: percent(x.in(0)), W: percent(x.in(lifted) - x.in(0)), Y: "0", H: fmt.Sprint(c.H), Class: "fault", Title: "the fault: " + strings.Join(rows[0].Faults, ", ")})
	used := map[string]bool{}
	var spread strings.Builder
	for i, t := range rows {
		y := top + recoveryRow*i + recoveryRow/2
		name := t.Stream + " " + t.Instance
		c.Left = append(c.Left, Tick{Y: y, Text: shorten(name, 14)})
		l := t.Named(recovery.Lifted).Median
		last := -1.0
		level := 0
		for _, s := range steps {
			one := t.Named(s.name)
			if one.N == 0 {
				continue
			}
			used[s.letter] = true
			at := x.in(place(one.Median, s.afterLift, l))
			if last >= 0 && math.Abs(at-last) < 0.05 {
				level++
			} else {
				level = 0
			}
			last = at
			nudge := []int{0, 9, -9}[level%3] // those close to one another stand on three levels
			if one.Lo < one.Hi {
				fmt.Fprintf(&spread, "M%.0f %dH%.0f", 1000*x.in(place(one.Lo, s.afterLift, l)), y-nudge, 1000*x.in(place(one.Hi, s.afterLift, l)))
			}
			c.Dots = append(c.Dots, Dot{X: percent(at), Y: fmt.Sprint(y - nudge), Class: "step", Title: s.letter})
		}
	}
	for i, l := range limits {
		c.boundAt(x.in(place(l.at, l.afterLift, lifted)), l.text, float64(12+13*i))
	}
	for _, s := range steps {
		if used[s.letter] {
			text := s.letter + ": " + s.name
			if s.afterLift {
				text += ", since the lift"
			}
			c.Legend = append(c.Legend, Key{"k-step", text})
		}
	}
	c.Legend = append(c.Legend, Key{"k-fault", "fault: " + strings.Join(rows[0].Faults, ", ")})
	c.Desc = "The medians of the rounds; they are in the table of the whole picture."
	for _, t := range rows {
		line := []string{t.Stream + " " + t.Instance}
		for _, s := range steps {
			one := t.Named(s.name)
			text := "–"
			if one.N > 0 {
				if text = seconds(one.Median); one.AtLeast {
					text = "≥ " + text
				}
			}
			line = append(line, text)
		}
		c.Named = append(c.Named, append(line, fmt.Sprintf("%s of %s", figure.Grouped(fmt.Sprint(t.Lost)), figure.Grouped(fmt.Sprint(t.Asked)))))
	}
	c.NamedHead = []string{"stream, instance", "touched", "detected", "fallback", "good again", "used again", "steady again", "lost"}
	return c.layered(layers, slug("i", rows[0].Scenario, rows[0].Arm), 1000, Path{spread.String(), "spread"})
}

// place is a time on the axis that begins with the fault.
func place(t float64, afterLift bool, lifted float64) float64 {
	if afterLift {
		return lifted + t
	}
	return t
}

// A recoveryLimit is how long a claim allows for a step.
type recoveryLimit struct {
	at        float64
	afterLift bool
	text      string
}
