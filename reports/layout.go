package reports

import (
	"strings"

	"github.com/trektribe/bench/internal/claim"
)

const (
	gap         = 2  // columns between columns
	mostLabel   = 34 // columns of a label beside its row; a longer one has a line of its own
	leastBounds = 16 // columns that the bounds may shrink to; their first one always fits if it is no longer
)

// A cell is one arm's result in a row: its verdict, and the figure that decides.
type cell struct {
	verdict claim.Verdict // "": not judged
	figures string
}

// newCell has the figure alone, or with wide also its interval, n, and the bound that it is held to.
func newCell(res *claim.Result, all string, wide bool) cell {
	if res == nil {
		return cell{figures: "–"}
	}
	v := res.Verdict
	if v != claim.Holds && v != claim.Refuted {
		v = claim.Inconclusive
	}
	f := figureOf(res)
	switch {
	case f.value == "":
		return cell{v, "no data"}
	case wide:
		return cell{v, join(" ", f.value, f.interval, f.n, which(res, all))}
	}
	return cell{v, f.value}
}

// text is the cell in one column; one that was not judged has no verdict.
func (c cell) text() string {
	if c.verdict == "" {
		return c.figures
	}
	return pad(word(c.verdict), wordWidth+gap) + c.figures
}

// rows writes one line for each claim where the columns fit, else a line for each claim and arm.
func (t *table) rows(rs []row, arms []string) {
	if !t.columns(rs, arms) {
		t.stacked(rs, arms)
	}
}

// columns writes the rows if the columns fit, and reports whether they do. Where they do not at once, the bounds are
// shortened, the last ones first.
func (t *table) columns(rs []row, arms []string) bool {
	head := []string{"claim", "promised"}
	for _, a := range arms {
		head = append(head, clean(a))
	}
	widths := make([]int, len(head))
	for i, h := range head {
		widths[i] = width(h)
	}
	least := widths[1]
	labels, cells := make([]string, len(rs)), make([][]cell, len(rs))
	for i, r := range rs {
		labels[i] = clean(r.label())
		if w := width(labels[i]); w <= mostLabel {
			widths[0] = max(widths[0], w)
		}
		bounds := promises(r, arms)
		all := strings.Join(bounds, ", ")
		widths[1] = max(widths[1], width(clean(all)))
		least = max(least, min(leastBounds, width(firstBound(bounds))))
		for j, a := range arms {
			c := newCell(r.results[a], all, t.style.Wide)
			cells[i] = append(cells[i], c)
			widths[2+j] = max(widths[2+j], width(c.text()))
		}
	}
	total := gap * (len(widths) - 1)
	for _, w := range widths {
		total += w
	}
	if over := total - t.style.Width; over > 0 {
		if widths[1]-over < least {
			return false
		}
		widths[1] -= over
	}
	t.record(widths, head, nil)
	for i, r := range rs {
		label := labels[i]
		if width(label) > widths[0] {
			t.text("", label)
			label = ""
		}
		fields := []string{label, shortened(promises(r, arms), widths[1])}
		verdicts := make([]claim.Verdict, 2, len(widths))
		for _, c := range cells[i] {
			fields, verdicts = append(fields, c.text()), append(verdicts, c.verdict)
		}
		t.record(widths, fields, verdicts)
	}
	return true
}

// firstBound is the shortest text for bounds that does not cut the first.
func firstBound(bounds []string) string {
	if len(bounds) == 0 {
		return ""
	}
	if len(bounds) == 1 {
		return clean(bounds[0])
	}
	return clean(bounds[0]) + ", …"
}

// shortened is the bounds in w columns: as many as fit, and none by half, unless the first alone is longer.
func shortened(bounds []string, w int) string {
	all := clean(strings.Join(bounds, ", "))
	for n := len(bounds) - 1; n > 0 && width(all) > w; n-- {
		all = clean(strings.Join(bounds[:n], ", ")) + ", …"
	}
	return cut(all, w)
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
		all := promised(r, arms)
		t.text("", join(" · promised ", r.label(), all))
		for _, a := range arms {
			c := newCell(r.results[a], all, t.style.Wide)
			names := wrap(clean(a), most)
			for _, n := range names[:len(names)-1] {
				t.line("  " + n)
			}
			start := "  " + pad(names[len(names)-1], most) + strings.Repeat(" ", gap)
			indent := strings.Repeat(" ", width(start))
			if c.verdict != "" {
				start += t.paint(pad(word(c.verdict), wordWidth+gap), c.verdict)
				indent += strings.Repeat(" ", wordWidth+gap)
			}
			for i, l := range wrap(c.figures, t.style.Width-len(indent)) {
				if i > 0 {
					start = indent
				}
				t.line(strings.TrimRight(start+l, " "))
			}
		}
	}
}
