package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/figure"
)

// clockColumns are the columns of the report, with the clocks they show.
var clockColumns = []string{claim.ClockTouched, claim.ClockDetected, claim.ClockFallback, claim.ClockGood, claim.ClockLifted,
	claim.ClockUsed, claim.ClockSteady, claim.ClockWorst, claim.ClockStall}

// clocks writes a table for each arm of each scenario with a fault.
func (d *document) clocks() {
	if len(d.run.Clocks) == 0 {
		return
	}
	d.line("## Recovery clocks", "",
		"What became of the faults, without any claim: the median of the rounds, and the rounds between which it lies. ≥: it was not seen to end while it was watched.",
		"From the begin of the first fault: *first touched*, the first request that failed or took longer than any before and 5 ms; *detected*, `/health` says down; *fallback*, the first correct answer from elsewhere; *good again*, back to correct answers within the bound while the fault lasts; *lifted*.",
		"From the end of the last heal: *used again*, Redis answers; *steady again*, as before the fault (`bench explain time_to_steady`).",
		"*Worst wait* is the longest of the fault, *longest stall*, of answers from a cache, what exceeds their median before it; where few came from one, of all answers, and of loads what exceeds the longest before. *Predicted* is what the calls of Redis of such a request should cost, in the worst case of all requests of the service; faults that repeat are not in it. *Lost* were not answered correctly within the bound (twice the p99 before the fault, and 5 ms), from the fault on.", "")
	for _, f := range faces(d.run.Clocks) {
		d.face(f)
	}
}

func (d *document) face(f face) {
	d.line("### "+escape(f.scenario+", "+f.arm), "")
	if t := f.tracks[0]; t.Why != "" {
		d.line("- No clocks: "+escape(t.Why), "")
		return
	}
	d.line("- "+escape(strings.Join(f.tracks[0].Faults, ", ")+": "+f.line()), "")
	// Only where something was predicted is there a column for it.
	predicted := slices.ContainsFunc(f.tracks, func(t claim.Clocks) bool { return t.Predicted != nil })
	head := append([]string{"stream", "instance"}, clockColumns...)
	if predicted {
		head = append(head, "predicted")
	}
	d.table(append(head, "bound", "lost", "failed"), true)
	resolution := []string{"resolution", ""}
	for _, name := range clockColumns {
		finest := 0.0
		for _, t := range f.tracks {
			finest = max(finest, t.Named(name).Resolution)
		}
		if finest > 0 {
			resolution = append(resolution, "± "+escape(figure.Format(finest, "s")))
		} else {
			resolution = append(resolution, "")
		}
	}
	for _, t := range f.tracks {
		fields := []string{escape(t.Stream), escape(t.Instance)}
		for _, name := range clockColumns {
			fields = append(fields, escape(clockCell(t.Named(name), t.Rounds)))
		}
		if predicted {
			fields = append(fields, escape(foretold(t.Predicted)))
		}
		// Without a bound only failures are lost.
		bound := "–"
		if t.Bound > 0 {
			bound = figure.Format(t.Bound, "s")
		}
		failed := t.Failed
		if failed == "" {
			failed = "none"
		}
		d.table(append(fields, escape(bound), escape(fmt.Sprintf("%d of %d", t.Lost, t.Asked)), escape(failed)), false)
	}
	if predicted {
		resolution = append(resolution, "")
	}
	d.table(append(resolution, "", "", ""), false)
	d.line("")
	d.arithmetic(f)
	d.lasting(f)
	d.silences(f)
}

// lasting says what it means that a service was not steady again.
func (d *document) lasting(f face) {
	var who []string
	for _, t := range f.tracks {
		if c := t.Named(claim.ClockSteady); c.AtLeast {
			who = append(who, fmt.Sprintf("%s on %s, %s", t.Stream, t.Instance, figure.Format(c.Median, "s")))
		}
	}
	if len(who) > 0 {
		d.line("- Not steady again while it was watched ("+escape(strings.Join(who, "; "))+"): an overload that sustains itself after its cause is gone "+
			"(a metastable failure), or a recovery that takes longer. A longer phase after the fault tells which.", "")
	}
}

// foretold is what a forecast says; its arithmetic stands below the table.
func foretold(f *claim.Forecast) string {
	switch {
	case f == nil || !f.Known && f.Hi == 0 && f.Lo == 0:
		return "–"
	case !f.Known && f.Hi == 0:
		return "≥ " + figure.Format(f.Lo, "s")
	case !f.Known && f.Lo == 0:
		return "≤ " + figure.Format(f.Hi, "s")
	case !f.Known:
		return fmt.Sprintf("[%s..%s]", figure.Format(f.Lo, "s"), figure.Format(f.Hi, "s"))
	}
	s := figure.Format(f.Stall, "s")
	if f.Hi-f.Lo > 0.1*f.Stall {
		s += fmt.Sprintf(" [%s..%s]", figure.Format(f.Lo, "s"), figure.Format(f.Hi, "s"))
	}
	return s
}

// arithmetic says once how each stall was predicted, or why it was not.
func (d *document) arithmetic(f face) {
	var said []string
	for _, t := range f.tracks {
		if p := t.Predicted; p != nil && !slices.Contains(said, p.Why) {
			said = append(said, p.Why)
			d.line("- Predicted from the options of the service's client: " + escape(p.Why))
		}
	}
	if len(said) > 0 {
		d.line("")
	}
}

// silences says once why clocks have no figure, and of rounds that they do not count.
func (d *document) silences(f face) {
	var texts []string
	who := map[string][]string{}
	for _, t := range f.tracks {
		for _, c := range t.Clocks {
			if c.N > 0 || c.Why == "" {
				continue
			}
			text := c.Name + ": " + c.Why
			if who[text] == nil {
				texts = append(texts, text)
			}
			who[text] = append(who[text], t.Stream+" on "+t.Instance)
		}
	}
	for _, text := range texts {
		d.line("- No figure, " + escape(text+" ("+strings.Join(who[text], ", ")+")"))
	}
	for _, a := range f.tracks[0].Aside {
		d.line("- Does not count: " + escape(a))
	}
	if len(texts)+len(f.tracks[0].Aside) > 0 {
		d.line("")
	}
}

// clockCell is a clock in a table, of so many rounds.
func clockCell(c claim.Clock, rounds int) string {
	if c.N == 0 {
		return "–"
	}
	s := figure.Format(c.Median, "s")
	if c.AtLeast {
		s = "≥ " + s
	}
	if c.N > 1 && c.Lo != c.Hi {
		s += " [" + figure.Format(c.Lo, "s") + ".." + figure.Format(c.Hi, "s") + "]"
	}
	if c.Cut > 0 && c.Cut < c.N {
		s += fmt.Sprintf(", %d cut", c.Cut)
	}
	if c.N < rounds {
		s += fmt.Sprintf(", n=%d", c.N)
	}
	return s
}
