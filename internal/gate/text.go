package gate

import (
	"cmp"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/compare"
)

// Text writes the report for a terminal: what changed, a line each; what did not is counted.
func (r *Report) Text(w io.Writer) error {
	fmt.Fprintf(w, "A  %s\nB  %s\n\n", r.Builds[0], r.Builds[1])
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range r.rows() {
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	if len(r.rows()) > 0 {
		fmt.Fprintln(t)
	}
	if err := t.Flush(); err != nil {
		return err
	}
	return text(w, r.summary(), r.answer(), r.Because)
}

// Markdown writes the report for the summary of a CI job.
func (r *Report) Markdown(w io.Writer) error {
	table := []string{fmt.Sprintf("A: `%s` · B: `%s`", r.Builds[0], r.Builds[1])}
	for i, row := range r.rows() {
		if i == 0 {
			table = append(table, "")
		}
		table = append(table, "| "+escaped(row)+" |")
		if i == 0 {
			table = append(table, "|"+strings.Repeat("---|", len(row)))
		}
	}
	return markdown(w, r.answer(), r.Because, table, r.summary())
}

// text writes what was found for a terminal: the answer last, where it is read first.
func text(w io.Writer, summary []string, answer string, because []string) error {
	for _, line := range summary {
		fmt.Fprintln(w, line)
	}
	fmt.Fprintf(w, "\n%s\n", answer)
	for _, b := range because {
		fmt.Fprintf(w, "  %s\n", b)
	}
	return nil
}

// markdown writes it for the summary of a CI job: the answer first.
func markdown(w io.Writer, answer string, because, table, summary []string) error {
	fmt.Fprintf(w, "## %s\n\n", answer)
	for _, b := range because {
		fmt.Fprintf(w, "- %s\n", b)
	}
	if len(table) > 0 {
		fmt.Fprintf(w, "\n%s\n", strings.Join(table, "\n"))
	}
	for _, line := range summary {
		fmt.Fprintf(w, "\n%s\n", line)
	}
	return nil
}

func (r *Report) answer() string {
	switch r.Outcome {
	case "alarm":
		return "ALARM: B is worse than A"
	case "undecided":
		return "undecided"
	}
	return "pass: B is not worse than A, as far as this can see"
}

// rows are what is worth a line: verdicts that differ, figures that do, and suspects that were not confirmed.
func (r *Report) rows() [][]string {
	rows := [][]string{{"", "A", "B", "B against A", ""}}
	for _, t := range r.Verdicts {
		if t.A == t.B && t.State == Alike {
			continue
		}
		note := map[State]string{Alarm: "worse", Better: "better", Open: "open", Alike: "not confirmed"}[t.State]
		if t.Fresh != "" {
			note += " (fresh: " + strings.ReplaceAll(t.Fresh, string(claim.Inconclusive), "undecided") + ")"
		}
		rows = append(rows, []string{t.Claim, word(t.A), word(t.B), "", note})
	}
	for i, c := range r.Changes {
		suspect := slices.Contains(r.suspects, i)
		if !suspect {
			continue
		}
		note := "not confirmed"
		switch {
		case c.Verdict == compare.Different && c.Better == 0:
			note = "different"
		case c.Verdict == compare.Different && c.Worse():
			note = "worse"
		case c.Verdict == compare.Different:
			note = "better"
		case c.Verdict == compare.Same:
			note = "same"
		case r.Fresh == "":
			note = "suspicious"
		}
		rows = append(rows, []string{c.Name, figure.Format(c.A, c.Unit), figure.Format(c.B, c.Unit), interval(c), note})
	}
	if len(rows) == 1 {
		return nil
	}
	return rows
}

// summary counts what has no line, and says how far it can be trusted.
func (r *Report) summary() []string {
	var alike, same, open, few int
	var more []int
	for _, t := range r.Verdicts {
		if t.A == t.B {
			alike++
		}
	}
	for i, c := range r.Changes {
		switch {
		case slices.Contains(r.suspects, i):
		case c.Verdict == compare.Same:
			same++
		case c.Rounds < compare.FewestRounds:
			few++
		default:
			open++
			more = append(more, c.More)
		}
	}
	out := []string{fmt.Sprintf("%d of %d verdicts are alike; the same within %s: %s", alike, len(r.Verdicts), percent(r.Effect), figure.Count(same, "figures"))}
	if open > 0 {
		slices.Sort(more)
		out = append(out, fmt.Sprintf("not suspicious, and not shown to be the same: %s; about %d rounds more would show half of them", figure.Count(open, "figures"), more[len(more)/2]))
	}
	if few > 0 {
		out = append(out, fmt.Sprintf("not compared, with fewer than %d rounds: %s; their claims' verdicts are", compare.FewestRounds, figure.Count(few, "figures")))
	}
	if r.Splits > 0 {
		out = append(out, fmt.Sprintf("false alarms: %d of %d random splits of these rounds, as if A and B were one build", r.FalseAlarms, r.Splits))
	} else {
		out = append(out, "false alarms: not known, since the rounds are too few to be split")
	}
	out = append(out, r.sight()...)
	out = append(out, "rounds: "+rounds(r.screened, r.confirmed))
	return append(out, "evidence: "+r.Dir)
}

// sight says of each scenario how small a change is seen.
func (r *Report) sight() []string {
	var out []string
	for at := 0; at < len(r.Smallest); {
		scenario := r.Smallest[at].Scenario
		var all []Smallest
		for ; at < len(r.Smallest) && r.Smallest[at].Scenario == scenario; at++ {
			if r.Smallest[at].Scale == compare.Ratio {
				all = append(all, r.Smallest[at])
			}
		}
		slices.SortStableFunc(all, func(a, b Smallest) int { return cmp.Compare(a.Change, b.Change) })
		if n := len(all); n > 0 {
			out = append(out, fmt.Sprintf("seen of %s in nine of ten such comparisons: %s of %s; %s of half of its times; %s of %s",
				scenario, percent(all[0].Change), all[0].Name, percent(all[n/2].Change), percent(all[n-1].Change), all[n-1].Name))
		}
	}
	return out
}

func rounds(first, fresh map[string]int) string {
	var out []string
	for s, n := range first {
		text := fmt.Sprintf("%s %d", s, n)
		if m := fresh[s]; m > 0 {
			text += fmt.Sprintf(" and %d fresh", m)
		}
		out = append(out, text)
	}
	slices.Sort(out)
	return strings.Join(out, ", ")
}

// interval is a change with its interval.
func interval(c compare.Change) string {
	if c.Rounds < compare.FewestRounds {
		return fmt.Sprintf("%d rounds", c.Rounds)
	}
	unit := " %"
	if c.Scale == compare.Share {
		unit = " points"
	}
	return fmt.Sprintf("%+.1f%s [%+.1f..%+.1f]", 100*c.Change, unit, 100*c.Lo, 100*c.Hi)
}

func amount(s compare.Scale, x float64) string {
	if s == compare.Share {
		return fmt.Sprintf("%.1f percentage points", 100*x)
	}
	return percent(x)
}

func percent(x float64) string {
	return fmt.Sprintf("%s %%", strings.TrimSuffix(fmt.Sprintf("%.1f", 100*math.Abs(x)), ".0"))
}

func word(v claim.Verdict) string {
	if v == claim.Inconclusive {
		return "undecided"
	}
	return string(v)
}

// escaped is a row of a Markdown table.
func escaped(row []string) string {
	var out []string
	for _, cell := range row {
		out = append(out, strings.ReplaceAll(cell, "|", `\|`))
	}
	return strings.Join(out, " | ")
}
