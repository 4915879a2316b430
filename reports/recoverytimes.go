package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/recovery"
)

// armTimes are the recovery times of one arm in one scenario.
type armTimes struct {
	scenario, arm string
	tracks        []recovery.Times
}

func timesByArm(all []recovery.Times) []armTimes {
	var out []armTimes
	for _, c := range all {
		i := slices.IndexFunc(out, func(f armTimes) bool { return f.scenario == c.Scenario && f.arm == c.Arm })
		if i < 0 {
			i = len(out)
			out = append(out, armTimes{scenario: c.Scenario, arm: c.Arm})
		}
		out[i].tracks = append(out[i].tracks, c)
	}
	return out
}

// worst is the longest recovery time of that name; false: none has a figure.
func (f armTimes) worst(name string) (worst recovery.Time, found bool) {
	for _, t := range f.tracks {
		c := t.Named(name)
		longer := c.AtLeast && !worst.AtLeast || c.AtLeast == worst.AtLeast && c.Median > worst.Median
		if c.N > 0 && (!found || longer) {
			worst, found = c, true
		}
	}
	return worst, found
}

type headTime struct{ name, said string }

// headTimes are the recovery times that matter most, and their names in a sentence.
var headTimes = []headTime{
	{recovery.Detected, "detected"}, {recovery.Fallback, "fallback"}, {recovery.UsedAgain, "used again"}, {recovery.SteadyAgain, "steady again"},
}

// line tells the head times of the worst instance and stream.
func (f armTimes) line() string {
	if len(f.tracks) == 1 && f.tracks[0].Why != "" {
		return "no recovery times: " + f.tracks[0].Why
	}
	var out []string
	for _, k := range headTimes {
		if c, found := f.worst(k.name); found {
			out = append(out, spent(k.said, c))
		}
	}
	if len(out) == 0 {
		return "no figures"
	}
	return strings.Join(out, " · ") + " (worst instance, median of " + plural(f.tracks[0].Rounds, "round") + ")"
}

// spent is a recovery time in words, also one that did not end while it was observed.
func spent(said string, c recovery.Time) string {
	if c.AtLeast {
		return fmt.Sprintf("not %s within the %s observed", strings.Replace(said, "fallback", "serving a fallback", 1), figure.Format(c.Median, "s"))
	}
	return said + " " + figure.Format(c.Median, "s")
}

// recoveryTimes writes a line for each arm with any figure: a table where that fits, sentences where not.
func (t *table) recoveryTimes(all []armTimes) {
	all = slices.DeleteFunc(all, func(f armTimes) bool {
		return !slices.ContainsFunc(headTimes, func(k headTime) bool { _, found := f.worst(k.name); return found })
	})
	if len(all) == 0 {
		return
	}
	head := []string{"recovery times", ""}
	for _, k := range headTimes {
		head = append(head, k.said)
	}
	rows, widths := [][]string{head}, make([]int, len(head))
	for _, f := range all {
		fields := []string{clean(f.scenario), clean(f.arm)}
		for _, k := range headTimes {
			c, _ := f.worst(k.name)
			fields = append(fields, shortly(c))
		}
		rows = append(rows, fields)
	}
	total := gap * (len(head) - 1)
	for i := range head {
		for _, r := range rows {
			widths[i] = max(widths[i], width(r[i]))
		}
		total += widths[i]
	}
	if total > t.style.Width {
		for _, f := range all {
			t.text("", "recovery times "+f.scenario+", "+f.arm+": "+f.line())
		}
		return
	}
	for _, r := range rows {
		t.record(widths, r, nil)
	}
	t.text("", "(worst instance, median over rounds; ≥: not ended within the observation; –: see report.md)")
	t.line("")
}

// shortly is a recovery time without the rounds behind it.
func shortly(c recovery.Time) string {
	switch {
	case c.N == 0:
		return "–"
	case c.AtLeast:
		return "≥ " + figure.Format(c.Median, "s")
	}
	return figure.Format(c.Median, "s")
}
