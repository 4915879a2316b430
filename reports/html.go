package reports

import (
	"cmp"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/inspect"
	"github.com/trektribe/bench/internal/stats"
	"github.com/trektribe/bench/reports/page"
)

// HTML writes report.html: one file that opens offline, with the pictures that show why. The error is w's.
func HTML(w io.Writer, r Run) error {
	rs, arms := rows(r)
	p := page.Page{
		Name: cmp.Or(r.Name, "run"), Dir: r.folder(), Summary: summary(r, rs, arms), Interrupted: r.Interrupted,
		Changes: changes(r), Notes: notes(rs), Cannot: cannotTell(r, rs, arms), HowTo: howTo(),
		Pictures: r.Pictures, Times: r.RecoveryTimes, Curves: r.Curves,
	}
	for _, one := range reasons(rs, arms) {
		said := page.Reason{Verdict: class(one.verdict), Text: prose(strings.Replace(one.text, " more in report.md)", " more)", 1))}
		for _, a := range one.of {
			said.Of = append(said.Of, page.About{Scenario: a.scenario, ID: a.id, Label: a.label(), Arms: a.arms})
		}
		p.Reasons = append(p.Reasons, said)
	}
	if !r.Started.IsZero() {
		p.Started = r.Started.UTC().Format(time.RFC3339)
	}
	if r.Elapsed > 0 {
		p.Elapsed = Span(r.Elapsed)
	}
	for _, a := range arms {
		var t tally
		for _, row := range rs {
			t.add(row.results[a])
		}
		p.Arms = append(p.Arms, page.Tally{Arm: a, Holds: t.holds, Refuted: t.refuted, Undecided: t.undecided, Missing: t.missing})
	}
	for _, c := range r.Conditions {
		p.Conditions = append(p.Conditions, [2]string{c.Name, c.Value})
	}
	for _, t := range r.Inspection.Tables {
		one := page.Spoken{Arm: t.Arm, Head: inspect.Head}
		for _, c := range t.Calls {
			one.Rows = append(one.Rows, c.Row())
		}
		p.Spoken = append(p.Spoken, one)
	}
	p.SpokenNotes = r.Inspection.Notes
	for _, s := range r.Plans {
		p.Plans = append(p.Plans, page.Plan{Scenario: s.Scenario, About: s.About, Command: s.Command})
	}
	p.Groups = groups(r, rs, arms)
	return page.Write(w, p)
}

// sections of the document, in its order.
var sections = []string{"Redis architecture", "Automatic fallback", "Graceful degradation", "No code changes", "Use case 1", "Use case 2", "Use case 3", "Use case 4", "Use case 5",
	"Interview points", "Resilience", "Monitoring", "Performance comparison", "Without Redis", "With Redis", "Redis Pub/Sub", "Docker", "Next steps", "beyond the document"}

// sectionNames say what the sections without a title of their own are about.
var sectionNames = map[string]string{"Use case 1": "Use case 1: API response caching", "Use case 2": "Use case 2: session management", "Use case 3": "Use case 3: AI results caching",
	"Use case 4": "Use case 4: rate limiting", "Use case 5": "Use case 5: real-time leaderboard", "beyond the document": "Beyond the document"}

// groups are the claims by the section of the document that makes the promise; other sources come after these.
func groups(r Run, rs []row, arms []string) (out []page.Group) {
	of := func(row row) string {
		source := ""
		if res := row.first(arms); res != nil {
			source, _, _ = strings.Cut(res.Source, ",")
		}
		return cmp.Or(strings.TrimSpace(source), "Claims without a source")
	}
	var titles []string
	for _, row := range rs {
		if t := of(row); !slices.Contains(titles, t) {
			titles = append(titles, t)
		}
	}
	place := func(t string) int {
		if i := slices.Index(sections, t); i >= 0 {
			return i
		}
		return len(sections)
	}
	slices.SortStableFunc(titles, func(a, b string) int { return place(a) - place(b) })
	for _, t := range titles {
		g := page.Group{Title: cmp.Or(sectionNames[t], t)}
		for _, row := range rs {
			if of(row) == t {
				g.Claims = append(g.Claims, ledgerRow(r, row, arms))
			}
		}
		out = append(out, g)
	}
	return out
}

// ledgerRow is one claim, with what every arm made of it.
func ledgerRow(r Run, row row, arms []string) page.Claim {
	all := promised(row, arms)
	out := page.Claim{ID: row.id, Label: row.label(), Scenario: row.scenario, Promised: all}
	if res := row.first(arms); res != nil {
		out.Says, out.Source, out.Reading, out.Holds = res.Says, res.Source, res.Reading, res.Holds
	}
	for _, a := range arms {
		res := row.results[a]
		if res == nil {
			out.Cells = append(out.Cells, page.Cell{Arm: a})
			continue
		}
		f := figureOf(res)
		c := page.Cell{Arm: a, Verdict: class(res.Verdict), Word: word(res.Verdict), Figure: f.value, Interval: f.interval, N: f.n,
			For: strings.TrimPrefix(which(res, all), "for "), Rounds: plural(res.Rounds, "round"), Facts: facts(r, res), Last: last(r, res)}
		for _, p := range res.Parts {
			c.Parts = append(c.Parts, pagePart(&p))
		}
		c.Decides = max(0, slices.IndexFunc(res.Parts, func(p claim.Part) bool {
			return p.Bound == res.Bound && p.Measured == res.Measured && p.Lo == res.Lo && p.Hi == res.Hi && p.Verdict == res.Verdict
		}))
		for _, f := range res.Findings {
			c.Findings = append(c.Findings, pageFinding(res, f))
		}
		out.Cells = append(out.Cells, c)
	}
	return out
}

func class(v claim.Verdict) string {
	switch v {
	case claim.Holds:
		return page.Holds
	case claim.Refuted:
		return page.Refuted
	}
	return page.Undecided
}

func pagePart(p *claim.Part) page.Part {
	f := newFigure(p.Measured, p.Lo, p.Hi, p.N, len(p.Rounds), p.Unit, p.AtLeast)
	return page.Part{Text: p.Text, Verdict: class(p.Verdict), Word: word(p.Verdict), Figure: f.value, Interval: f.interval, Promised: signs.Replace(p.Bound),
		N: f.n, Method: p.Method, Measured: p.Measured, Lo: p.Lo, Hi: p.Hi, Known: p.N > 0 && p.Lo < p.Hi, Unit: p.Unit, Bound: p.Bound, Rounds: p.Rounds}
}

// facts are why a result is what it is, what was done to the service, and which rounds do not count.
func facts(r Run, res *claim.Result) (out []page.Fact) {
	add := func(name, text string) {
		if text != "" {
			out = append(out, page.Fact{Name: name, Text: text})
		}
	}
	add("because", prose(res.Because))
	add("to settle it", res.Remedy)
	add("injected", strings.Join(append(faultsOf(r, res), res.Injected...), ", "))
	add("guards", guards(res.Warnings))
	for _, n := range res.Notes {
		add("note", n)
	}
	return out
}

// prose is a sentence with the signs of the page, in which no line begins with a sign of per cent.
func prose(s string) string { return strings.ReplaceAll(signs.Replace(s), " %", "\u00a0%") }

// faultsOf are the faults of a result's scenario, each kind once.
func faultsOf(r Run, res *claim.Result) (out []string) {
	for _, p := range r.Pictures {
		if p.Scenario != res.Scenario || p.Arm != res.Arm {
			continue
		}
		for _, f := range p.Faults {
			if s := f.Kind + " on " + f.On; !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	return out
}

// last are the verdicts of the earlier runs on the same claim and arm, and this one's; nil: there is no earlier one.
func last(r Run, res *claim.Result) (out []string) {
	for _, e := range slices.Backward(r.Earlier) {
		if old := same(e.Results, res); old != nil {
			out = append(out, class(old.Verdict))
		}
	}
	if len(out) > 0 {
		out = append(out, class(res.Verdict))
	}
	return out
}

// same is the result of another run on the same claim and arm; nil: it has none.
func same(results []claim.Result, as *claim.Result) *claim.Result {
	i := slices.IndexFunc(results, func(o claim.Result) bool { return o.ID == as.ID && o.Scenario == as.Scenario && o.Arm == as.Arm })
	if i < 0 {
		return nil
	}
	return &results[i]
}

// changes are what is otherwise than in the last run.
func changes(r Run) (out page.Changes) {
	if len(r.Earlier) == 0 {
		return out
	}
	before := r.Earlier[0]
	out.Since = before.Name
	for i := range r.Results {
		now := &r.Results[i]
		line := page.Change{Claim: now.ID, Arm: now.Arm, After: class(now.Verdict)}
		if old := same(before.Results, now); old != nil {
			if line.Before = class(old.Verdict); line.Before == line.After {
				continue
			}
		}
		out.Lines = append(out.Lines, line)
	}
	for i := range before.Results {
		if old := &before.Results[i]; same(r.Results, old) == nil {
			out.Lines = append(out.Lines, page.Change{Claim: old.ID, Arm: old.Arm, Before: class(old.Verdict)})
		}
	}
	return out
}

// howTo is the legend of report.md, line by line, without its marks.
func howTo() (out []string) {
	text := strings.NewReplacer("{confidence}", stats.Confidence(), "**", "", `\*`, "*").Replace(howToRead)
	for _, block := range strings.Split("\n"+text, "\n- ")[1:] {
		block, _, _ = strings.Cut(block, "\n\n")
		out = append(out, strings.Join(strings.Fields(block), " "))
	}
	return out
}
