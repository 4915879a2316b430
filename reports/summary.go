package reports

import (
	"fmt"
	"io"
	"strings"

	"github.com/trektribe/bench/internal/claim"
)

// MostSummary bounds the summary, in bytes: a CI service drops one that is too large as a whole.
const MostSummary = 60_000

// Summary writes a page of Markdown for the summary of a CI job, of at most MostSummary bytes: what broke and by how
// much, what is undecided, what holds, and where the rest is. Rows that do not fit are counted. The error is w's.
func Summary(w io.Writer, r Run) error {
	const (
		mostBroken = 40_000 // bytes, of the rows of what does not hold
		mostRows   = 52_000 // of all rows; the rest is for what stands below them
		mostText   = 300    // columns of a reason or a warning
		mostName   = 60     // columns of a claim, an arm, a bound or a figure
	)
	d := &document{run: r}
	d.rs, d.arms = rows(r)
	short := func(s string) string { return escape(cut(clean(s), mostName)) }
	d.line("## bench: "+sum(d.rs, d.arms).String(), "")
	if r.Interrupted {
		d.line("**INTERRUPTED**: judged on what was seen until then. Incomplete rounds do not count.", "")
	}
	if len(d.rs) == 0 {
		d.line("**No results: no claim was judged.**", "")
	}
	cells := func(row row, res *claim.Result) []string {
		f := figureOf(res)
		if f.value == "" {
			f.value = "no data"
		}
		return []string{short(row.label()), short(res.Arm), short(f.value), short(signs.Replace(res.Bound))}
	}
	list := func(title string, head []string, most int, v func(*claim.Result) bool, fields func(row, *claim.Result) []string) {
		left := 0
		began := false
		for _, row := range d.rs {
			for _, a := range d.arms {
				res := row.results[a]
				if res == nil || !v(res) {
					continue
				}
				text := "| " + strings.Join(fields(row, res), " | ") + " |"
				if d.out.Len()+len(text) > most {
					left++
					continue
				}
				if !began {
					d.line("### "+title, "")
					d.table(head, true)
					began = true
				}
				d.line(text)
			}
		}
		if left > 0 {
			d.line("", fmt.Sprintf("… and %d more, in `report.md`.", left))
		}
		if began || left > 0 {
			d.line("")
		}
	}
	explained := func(row row, res *claim.Result) []string {
		return append(cells(row, res), escape(cut(sentence(res), mostText)))
	}
	head := []string{"claim", "arm", "measured", "promised", "why"}
	list("Refuted", head, mostBroken*3/4, func(res *claim.Result) bool { return res.Verdict == claim.Refuted }, explained)
	list("Undecided", head, mostBroken, func(res *claim.Result) bool { return sentence(res) != "" && res.Verdict != claim.Refuted }, explained)
	list("Holds", head[:4], mostRows, func(res *claim.Result) bool { return res.Verdict == claim.Holds }, cells)
	for _, w := range warningsInBrief(r) {
		d.line("- Warning: " + escape(cut(clean(w), mostText)))
	}
	if in := injections(r); len(in) > 0 {
		d.line("- " + escape(cut(injectedMark+" contains an injected delay ("+strings.Join(in, ", ")+"): modelled, not measured.", mostText)))
	}
	if r.Machine != "" {
		d.line("- Measured on " + escape(cut(clean(r.Machine), mostText)))
	}
	d.line("- Each claim with its evidence: `report.md` in the run's folder " + code(r.folder(), false))
	_, err := io.WriteString(w, d.out.String())
	return err
}
