package reports

import (
	"strings"

	"github.com/trektribe/bench/internal/claim"
)

const gap = 2 // columns between columns

// A shape is one way to lay the columns out.
type shape struct {
	split           bool // figures on lines of their own below the value
	indent          int  // of these lines
	label, promised int  // where the first two columns wrap
}

// rows takes the first shape that fits, else stacks the arms.
func (t *table) rows(rs []row, arms []string) {
	longest := 0
	for _, r := range rs {
		for _, word := range strings.Fields(clean(r.label())) {
			longest = max(longest, width(word))
		}
	}
	const label, promised = 40, 24
	const below, little = wordWidth + gap, 2
	for _, s := range []shape{{false, 0, label, promised}, {true, below, label, promised},
		{true, below, min(longest, label), promised / 2}, {true, little, min(longest, label), promised / 2}} {
		if t.columns(rs, arms, s) {
			return
		}
	}
	t.stacked(rs, arms)
}

// columns writes the rows if the columns fit, and reports whether they do.
func (t *table) columns(rs []row, arms []string, s shape) bool {
	labels, bounds := make([][]string, len(rs)), make([][]string, len(rs))
	cells := make([][]cell, len(rs))
	widths := make([]int, 2+len(arms))
	head := []string{"claim", "promised"}
	for i, r := range rs {
		all := clean(promised(r, arms))
		labels[i] = wrap(clean(r.label()), s.label)
		bounds[i] = wrap(all, s.promised)
		widths[0] = max(widths[0], cell{lines: labels[i]}.width())
		widths[1] = max(widths[1], cell{lines: bounds[i]}.width())
		for j, a := range arms {
			c := newCell(r.results[a], all, s)
			cells[i] = append(cells[i], c)
			widths[2+j] = max(widths[2+j], c.width())
		}
	}
	for _, a := range arms {
		head = append(head, clean(a))
	}
	total := gap * (len(widths) - 1)
	for i := range widths {
		widths[i] = max(widths[i], width(head[i]))
		total += widths[i]
	}
	if total > t.style.Width {
		return false
	}
	t.record(widths, head, nil)
	for i, r := range rs {
		high := max(len(labels[i]), len(bounds[i]))
		for _, c := range cells[i] {
			high = max(high, len(c.lines))
		}
		for n := range high {
			fields := []string{at(labels[i], n), at(bounds[i], n)}
			verdicts := make([]claim.Verdict, 2, len(widths))
			for _, c := range cells[i] {
				v := c.verdict
				if n > 0 {
					v = ""
				}
				fields, verdicts = append(fields, at(c.lines, n)), append(verdicts, v)
			}
			t.record(widths, fields, verdicts)
		}
		t.below(r, arms)
	}
	return true
}

// record writes one line of fields, the verdict words painted.
func (t *table) record(widths []int, fields []string, verdicts []claim.Verdict) {
	var b strings.Builder
	for i, f := range fields {
		f = pad(f, widths[i])
		if verdicts != nil {
			f = t.paint(f, verdicts[i])
		}
		if i > 0 {
			b.WriteString(strings.Repeat(" ", gap))
		}
		b.WriteString(f)
	}
	t.line(strings.TrimRight(b.String(), " "))
}

// stacked writes each row as a heading with one line for each arm.
func (t *table) stacked(rs []row, arms []string) {
	most := 0
	for _, a := range arms {
		most = max(most, width(clean(a)))
	}
	most = min(most, t.style.Width/3)
	for _, r := range rs {
		all := clean(promised(r, arms))
		t.text("", join(" · promised ", r.label(), all))
		for _, a := range arms {
			c := newCell(r.results[a], all, shape{})
			names := wrap(clean(a), most)
			for _, n := range names[:len(names)-1] {
				t.line("  " + n)
			}
			start := "  " + pad(names[len(names)-1], most) + "  "
			// The verdict is kept with its padding, which wrap would swallow.
			word, figures := c.lines[0], ""
			if c.verdict != "" {
				word, figures = c.lines[0][:wordWidth], strings.TrimSpace(c.lines[0][wordWidth:])
			}
			indent := strings.Repeat(" ", width(start)+wordWidth+gap)
			for i, l := range wrap(figures, t.style.Width-width(indent)) {
				if i == 0 {
					l = start + t.paint(pad(word, wordWidth), c.verdict) + strings.Repeat(" ", gap) + l
				} else {
					l = indent + l
				}
				t.line(strings.TrimRight(l, " "))
			}
		}
		t.below(r, arms)
	}
}
