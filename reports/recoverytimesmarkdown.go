package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/recovery"
)

// timeColumns are the recovery times that are columns of the report.
var timeColumns = []string{recovery.FirstTouched, recovery.Detected, recovery.Fallback, recovery.GoodAgain, recovery.Lifted,
	recovery.UsedAgain, recovery.SteadyAgain, recovery.WorstWait, recovery.LongestStall}

// recoveryTimes writes a table for each arm of each scenario with a fault.
func (d *document) recoveryTimes() {
	if len(d.run.RecoveryTimes) == 0 {
		return
	}
	d.line("## Recovery times", "",
		"Recovery times of each fault, independent of claims: median and range over rounds. ≥: the event had not come when the observation ended.",
		"From the beginning of the first fault: *first touched*, the first request that failed, or took over 5 ms longer than any before; *detected*, `/health` says down; *fallback*, the first correct answer that is not from Redis; *good again*, correct answers within the bound while the fault lasts; *lifted*, the end of the fault.",
		"From the end of the last fault: *used again*, answers come from Redis; *steady again*, as before the fault (`bench explain time_to_steady`).",
		"*Worst wait* is the longest wait during the fault. *Longest stall* is, of answers from a cache, the time beyond their median before the fault. When few answers came from a cache, it is that of all answers, and for loads the time beyond the longest load before the fault.",
		"*Predicted* is what the calls of Redis should cost such a request, in the worst case of all requests of the service. It leaves out that faults repeat. *Lost* requests got no correct answer within the bound (twice the p99 before the fault, plus 5 ms), from the beginning of the fault.", "")
	for _, f := range timesByArm(d.run.RecoveryTimes) {
		d.armTimes(f)
	}
}

func (d *document) armTimes(f armTimes) {
	d.line("### "+escape(f.scenario+", "+f.arm), "")
	if t := f.tracks[0]; t.Why != "" {
		d.line("- No recovery times: "+escape(t.Why), "")
		return
	}
	d.line("- "+escape(strings.Join(f.tracks[0].Faults, ", ")+": "+f.line()), "")
	// Only where something was predicted is there a column for it.
	predicted := slices.ContainsFunc(f.tracks, func(t recovery.Times) bool { return t.Predicted != nil })
	head := append([]string{"stream", "instance"}, timeColumns...)
	if predicted {
		head = append(head, "predicted")
	}
	d.table(append(head, "bound", "lost", "failed"), true)
	resolution := []string{"resolution", ""}
	for _, name := range timeColumns {
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
		for _, name := range timeColumns {
			fields = append(fields, escape(timeCell(t.Named(name), t.Rounds)))
		}
		if predicted {
			fields = append(fields, escape(predictionText(t.Predicted)))
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
func (d *document) lasting(f armTimes) {
	var who []string
	for _, t := range f.tracks {
		if c := t.Named(recovery.SteadyAgain); c.AtLeast {
			who = append(who, fmt.Sprintf("%s on %s, %s", t.Stream, t.Instance, figure.Format(c.Median, "s")))
		}
	}
	if len(who) > 0 {
		d.line("- Not steady again within the time observed ("+escape(strings.Join(who, "; "))+"): either an overload that sustains itself after its cause is gone "+
			"(a metastable failure), or a longer recovery. A longer phase after the fault tells which.", "")
	}
}

// predictionText is what a prediction says; its arithmetic stands below the table.
func predictionText(f *recovery.Forecast) string {
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
func (d *document) arithmetic(f armTimes) {
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

// silences says once why recovery times have no figure, and of rounds that they do not count.
func (d *document) silences(f armTimes) {
	var texts []string
	who := map[string][]string{}
	for _, t := range f.tracks {
		for _, c := range t.Times {
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

// timeCell is a recovery time in a table, of so many rounds.
func timeCell(c recovery.Time, rounds int) string {
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
