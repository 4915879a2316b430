package reports

import (
	"cmp"
	"io"
	"strings"

	"github.com/trektribe/bench/internal/claim"
)

// Style is how a table is shown. The zero Style is plain text, 100 columns.
type Style struct {
	Color bool
	Width int // columns; below 1: 100
}

const defaultWidth = 100

// Table writes the verdict table for a terminal: one row for each claim, one
// column for each arm, then what the reader needs to judge the verdicts. Where
// the columns do not fit into s.Width, arms stand below one another. The error is w's.
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
	}
	t.line("")
	t.text("", summary(r, rs, arms))
	t.foot(r, rs, arms)
	_, err := io.WriteString(w, t.out.String())
	return err
}

type table struct {
	style Style
	out   strings.Builder
}

// A cell is one arm's result in a row. Its first line begins with the verdict's word.
type cell struct {
	verdict claim.Verdict // "": not judged
	lines   []string
}

func (c cell) width() int {
	w := 0
	for _, l := range c.lines {
		w = max(w, width(l))
	}
	return w
}

// newCell puts figures beside the verdict; a split shape puts all but the value on lines below.
func newCell(res *claim.Result, all string, s shape) cell {
	if res == nil {
		return cell{lines: []string{"–"}}
	}
	f := figureOf(res)
	head := pad(word(res.Verdict), wordWidth+gap)
	if f.value == "" {
		return cell{res.Verdict, []string{head + "no data"}}
	}
	if !s.split {
		return cell{res.Verdict, []string{head + join(" ", f.value, f.interval, f.n, which(res, all))}}
	}
	if f.interval == "" { // then n is short enough to stay
		f.value, f.n = f.value+" "+f.n, ""
	}
	c := cell{res.Verdict, []string{head + f.value}}
	for _, more := range []string{join(" ", f.interval, f.n), which(res, all)} {
		if more != "" {
			c.lines = append(c.lines, strings.Repeat(" ", s.indent)+more)
		}
	}
	return c
}

// below says below a row what is wrong, and what would settle its undecided results, each text once.
func (t *table) below(r row, arms []string) {
	var texts []string
	who := map[string][]string{}
	judged := 0
	for _, a := range arms {
		res := r.results[a]
		if res == nil {
			continue
		}
		judged++
		if s := clean(cmp.Or(open(res), wrong(res))); s != "" {
			if who[s] == nil {
				texts = append(texts, s)
			}
			who[s] = append(who[s], clean(a))
		}
	}
	for _, s := range texts {
		if len(who[s]) < judged {
			s = strings.Join(who[s], ", ") + ": " + s
		}
		t.text("    ", s)
	}
}

// foot writes what stands below the summary: notes, warnings, conditions, legends.
func (t *table) foot(r Run, rs []row, arms []string) {
	for _, n := range notes(rs) {
		t.text("", "note: "+n)
	}
	t.recoveryTimes(timesByArm(r.RecoveryTimes))
	for _, c := range r.Curves {
		t.text("", "curve "+c.ID+", "+c.Arm+": "+falls(c))
	}
	for _, w := range warnings(r, rs, arms) {
		t.text("", "warning: "+w)
	}
	var under []string
	for _, c := range r.Conditions {
		under = append(under, join(" ", c.Name, c.Value))
	}
	if len(under) > 0 {
		t.text("", "measured under: "+strings.Join(under, " · "))
	}
	if in := injections(r); len(in) > 0 {
		t.text("", injectedMark+" contains an injected delay ("+strings.Join(in, ", ")+"): this part is modelled and not measured.")
	}
	if len(rs) > 0 {
		t.text("", reading)
	}
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

func at(lines []string, n int) string {
	if n < len(lines) {
		return lines[n]
	}
	return ""
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
