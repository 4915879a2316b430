package reports

import (
	"fmt"
	"io"
	"strings"

	"github.com/trektribe/bench/internal/claim"
)

// Style is how a table is shown. The zero Style is plain text, 100 columns.
type Style struct {
	Color bool
	Width int  // columns; below 1: 100
	Wide  bool // with the interval and n of each figure, and all conditions
}

const defaultWidth = 100

// Table writes the verdict table for a terminal: one line for each claim, one column for each arm, why claims are
// refuted or undecided, and what the reader needs to judge the verdicts. The last line counts them. Where the columns
// do not fit into s.Width, arms stand below one another. The error is w's.
func Table(w io.Writer, r Run, s Style) error {
	if s.Width < 1 {
		s.Width = defaultWidth
	}
	t := &table{style: s}
	rs, arms := rows(r)
	if r.Interrupted {
		t.text("", "INTERRUPTED: judged on what was seen until then. Incomplete rounds do not count.")
		t.line("")
	}
	if len(rs) == 0 {
		t.text("", "No results: no claim was judged.")
	} else {
		t.rows(rs, arms)
		t.reasons(reasons(rs, arms))
	}
	t.line("")
	t.foot(r, rs)
	t.text("", join(" · ", summary(r, rs, arms), r.Dir))
	_, err := io.WriteString(w, t.out.String())
	return err
}

type table struct {
	style Style
	out   strings.Builder
}

// reasons says below the table why claims are refuted, then why they are undecided.
func (t *table) reasons(all []reason) {
	const most = 6 // claims that are named before "and n more"
	for i, r := range all {
		if i == 0 || all[i-1].verdict != r.verdict {
			t.line("")
			t.line(t.paint(word(r.verdict), r.verdict))
		}
		var of []string
		for _, a := range r.of[:min(most, len(r.of))] {
			of = append(of, a.String())
		}
		if more := len(r.of) - most; more > 0 {
			of = append(of, fmt.Sprintf("and %d more", more))
		}
		t.text("  ", strings.Join(of, "; ")+": "+r.text)
	}
}

// foot writes what stands between the verdicts and their sum: recovery times, curves, notes, warnings, conditions.
func (t *table) foot(r Run, rs []row) {
	t.recoveryTimes(timesByArm(r.RecoveryTimes))
	for _, c := range r.Curves {
		t.text("", "curve "+c.ID+", "+c.Arm+": "+falls(c, t.style.Wide))
	}
	for _, n := range notes(rs) {
		t.text("", "note: "+n)
	}
	for _, w := range warningsInBrief(r) {
		t.text("", "warning: "+w)
	}
	var under []string
	for _, c := range r.Conditions {
		if t.style.Wide || !c.Detail {
			under = append(under, join(" ", c.Name, c.Value))
		}
	}
	if len(under) > 0 {
		t.text("", "measured under: "+strings.Join(under, " · "))
	}
	if in := injections(r); len(in) > 0 {
		t.text("", injectedMark+" contains an injected delay ("+strings.Join(in, ", ")+"): modelled, not measured.")
	}
	if len(rs) > 0 {
		t.text("", reading)
		if !t.style.Wide {
			t.text("", "Intervals: --wide. Each claim with its evidence: report.md.")
		}
	}
	t.line("")
}

// paint colours the verdict word that s begins with.
func (t *table) paint(s string, v claim.Verdict) string {
	if !t.style.Color || v == "" {
		return s
	}
	code := "\x1b[33m" // yellow
	switch v {
	case claim.Holds:
		code = "\x1b[32m" // green
	case claim.Refuted:
		code = "\x1b[31m" // red
	}
	w := word(v)
	return code + w + "\x1b[0m" + strings.TrimPrefix(s, w)
}

// line writes one line as it is.
func (t *table) line(s string) {
	t.out.WriteString(s)
	t.out.WriteByte('\n')
}

// text writes s, cleaned and wrapped; every line after the first is indented two further.
func (t *table) text(indent, s string) {
	for i, l := range wrap(clean(s), t.style.Width-len(indent)-2) {
		if i > 0 {
			l = "  " + l
		}
		t.line(indent + l)
	}
}

// join joins what is not empty.
func join(sep string, parts ...string) string {
	var out []string
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return strings.Join(out, sep)
}
