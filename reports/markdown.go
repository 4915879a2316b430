package reports

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/stats"
)

// Markdown writes report.md in GitHub's dialect: the verdicts first, then each claim with
// its evidence, then how to read them. The error is w's.
func Markdown(w io.Writer, r Run) error {
	d := &document{run: r}
	d.rs, d.arms = rows(r)
	d.top()
	if len(d.rs) > 0 {
		d.verdicts()
	}
	d.judging()
	d.inspection()
	if len(d.rs) > 0 {
		d.line("## Claims", "")
		for _, row := range d.rs {
			d.claim(row)
		}
	}
	d.recoveryTimes()
	d.curves()
	d.conditions()
	d.out.WriteString(strings.ReplaceAll(howToRead, "{confidence}", stats.Confidence()))
	_, err := io.WriteString(w, d.out.String())
	return err
}

type document struct {
	run  Run
	rs   []row
	arms []string
	out  strings.Builder
}

func (d *document) line(lines ...string) {
	for _, l := range lines {
		d.out.WriteString(l)
		d.out.WriteByte('\n')
	}
}

// table writes a row of a table; the header's is followed by its rule.
func (d *document) table(fields []string, header bool) {
	d.line("| " + strings.Join(fields, " | ") + " |")
	if header {
		d.line(strings.Repeat("| --- ", len(fields)) + "|")
	}
}

func (d *document) top() {
	name := d.run.Name
	if name == "" {
		name = "run"
	}
	d.line("# "+escape(name), "")
	if d.run.Interrupted {
		d.line("**INTERRUPTED**: judged on what was seen until then. Incomplete rounds do not count.", "")
	}
	if len(d.rs) == 0 {
		d.line("**No results: no claim was judged.**", "")
	}
	d.line("**"+escape(summary(d.run, d.rs, d.arms))+"**", "")
	if !d.run.Started.IsZero() {
		d.line("Started "+d.run.Started.UTC().Format(time.RFC3339)+".", "")
	}
}

// verdicts writes the table of all claims, and a tally for each arm where there are several.
func (d *document) verdicts() {
	head := []string{"claim", "promised"}
	for _, a := range d.arms {
		head = append(head, escape(a))
	}
	d.table(head, true)
	for _, row := range d.rs {
		all := promised(row, d.arms)
		fields := []string{escape(row.label()), escape(all)}
		for _, a := range d.arms {
			fields = append(fields, brief(row.results[a], all))
		}
		d.table(fields, false)
	}
	d.line("")
	if len(d.arms) > 1 {
		for _, a := range d.arms {
			var t tally
			for _, row := range d.rs {
				t.add(row.results[a])
			}
			d.line("- " + escape(a) + ": " + t.String())
		}
		d.line("")
	}
}

// brief is a result in one field of a table.
func brief(res *claim.Result, all string) string {
	if res == nil {
		return "–"
	}
	s := word(res.Verdict)
	if res.Verdict == claim.Refuted {
		s = "**" + s + "**"
	}
	f := figureOf(res)
	if f.value == "" {
		return s + ", no data"
	}
	return s + " " + escape(join(" ", f.value, f.interval, f.n, which(res, all)))
}

// judging writes what a reader must know about the verdicts as a whole.
func (d *document) judging() {
	var lines []string
	for _, n := range notes(d.rs) {
		lines = append(lines, "- Note: "+escape(n))
	}
	for _, w := range warnings(d.run, d.rs, d.arms) {
		lines = append(lines, "- Warning: "+escape(w))
	}
	if in := injections(d.run); len(in) > 0 {
		lines = append(lines, fmt.Sprintf("- \\%s contains an injected delay (%s): this part is modelled and not measured.",
			injectedMark, escape(strings.Join(in, ", "))))
	}
	if lines != nil {
		d.line(append(lines, "")...)
	}
}

// claim writes the section of one claim.
func (d *document) claim(r row) {
	d.line("### "+escape(r.label()), "")
	d.promise(r)
	for _, a := range d.arms {
		res := r.results[a]
		if res == nil {
			d.line("#### "+escape(a)+": not judged", "")
			continue
		}
		d.line("#### "+escape(a)+": "+brief(res, promised(r, d.arms)), "")
		d.parts(res)
		d.reasons(res)
	}
}

// promise writes what is the same for every arm.
func (d *document) promise(r row) {
	res := r.first(d.arms)
	if res == nil {
		return
	}
	if res.Says != "" {
		said := "> " + escape(res.Says)
		if res.Source != "" {
			said += " (" + escape(res.Source) + ")"
		}
		d.line(said, "")
	}
	if res.Reading != "" {
		d.line("- Read as: " + escape(res.Reading))
	}
	d.line("- Holds when: " + code(res.Holds, false))
	d.line("- Scenario: "+escape(res.Scenario), "")
}

// parts writes one line for every comparison of the claim.
func (d *document) parts(res *claim.Result) {
	if len(res.Parts) == 0 {
		return
	}
	d.table([]string{"comparison", "verdict", "measured", "interval", "promised", "n", "round by round", "method"}, true)
	for _, p := range res.Parts {
		f := newFigure(p.Measured, p.Lo, p.Hi, p.N, len(p.Rounds), p.Unit, p.AtLeast)
		if f.value == "" {
			f.value = "no data"
		}
		var rounds []string
		for _, x := range p.Rounds {
			rounds = append(rounds, figure.Format(x, p.Unit))
		}
		d.table([]string{
			code(p.Text, true), word(p.Verdict), escape(f.value), escape(f.interval), escape(signs.Replace(p.Bound)),
			fmt.Sprint(p.N), escape(strings.Join(rounds, " · ")), escape(p.Method),
		}, false)
	}
	d.line("")
}

// reasons writes why a result is what it is.
func (d *document) reasons(res *claim.Result) {
	d.line("- Rounds that count: " + fmt.Sprint(res.Rounds))
	if res.Because != "" {
		d.line("- Because: " + escape(res.Because))
	}
	if res.Remedy != "" {
		d.line("- To settle it: " + escape(res.Remedy))
	}
	if len(res.Injected) > 0 {
		d.line("- Injected: " + escape(strings.Join(res.Injected, ", ")))
	}
	for _, w := range res.Warnings {
		d.line("- Warning: " + escape(w))
	}
	d.findings(res)
	for _, n := range res.Notes {
		d.line("- Note: " + escape(n))
	}
	d.line("")
}

func (d *document) conditions() {
	if len(d.run.Conditions) == 0 {
		return
	}
	d.line("## Measured under", "")
	d.table([]string{"condition", "value"}, true)
	for _, c := range d.run.Conditions {
		d.table([]string{escape(c.Name), escape(c.Value)}, false)
	}
	d.line("")
}
