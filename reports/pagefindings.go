package reports

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/claim"
	codes "github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/reports/page"
)

// pageFinding is what is wrong, how often, and what shows it.
func pageFinding(res *claim.Result, f figure.Finding) page.Finding {
	out := page.Finding{Text: fmt.Sprintf("%s (%s): %s", figure.Count(f.Count, "times"), f.Code, f.Says)}
	for _, w := range f.Witnesses {
		out.Witnesses = append(out.Witnesses, [2]string{since(f.Witnesses[0].At, w), w.Text})
	}
	if len(f.Picture) > 0 {
		out.Page = pictureFile(res, f)
	}
	return out
}

// cannotTell is what a reader must not conclude from the run. It is never empty.
func cannotTell(r Run, rs []row, arms []string) []page.Limit {
	return []page.Limit{
		{Title: "Undecided claims", Lines: orNone(undecided(rs, arms), "None: every claim that was judged holds or is refuted.")},
		{Title: "Rounds that do not count", Lines: orNone(slices.Concat(warningsInBrief(Run{Results: r.Results}), r.Warnings), "None: every round counts.")},
		{Title: "Faults", Lines: faultsTold(r)},
		{Title: "Modelled, not measured", Lines: orNone(modelled(r), "Nothing: no delay was injected and no time was compressed.")},
		{Title: "Where it was measured", Lines: places(r)},
		{Title: "Rare events", Lines: []string{"No failure in n requests proves, with 95 % confidence, a failure rate below 3/n and no more.",
			"A verdict is about one scenario: its load, its faults, its data and its configuration."}},
	}
}

func orNone(lines []string, none string) []string {
	if len(lines) == 0 {
		return []string{none}
	}
	return lines
}

func undecided(rs []row, arms []string) (out []string) {
	for _, row := range rs {
		for _, a := range arms {
			res := row.results[a]
			switch {
			case res == nil:
				out = append(out, fmt.Sprintf("%s, %s: not judged", row.label(), a))
			case class(res.Verdict) == page.Undecided:
				out = append(out, fmt.Sprintf("%s, %s: %s", row.label(), a, sentence(res)))
			}
		}
	}
	return out
}

// faultsTold says whether every fault took effect.
func faultsTold(r Run) []string {
	any := false
	for _, p := range r.Pictures {
		any = any || len(p.Faults) > 0
	}
	undelivered := 0
	for _, res := range r.Results {
		for _, a := range res.Aside {
			if a.Code == codes.Undelivered {
				undelivered++
			}
		}
	}
	switch {
	case undelivered > 0:
		return []string{fmt.Sprintf("In rounds of %s a fault was not proved to take effect. These rounds do not count.", plural(undelivered, "verdict"))}
	case any:
		return []string{"Every fault was proved by canaries in the rounds that count.", "A delay is never added to the opening of a connection: how long a service waits for that is not tested."}
	}
	return []string{"No fault was played: this run says nothing about failures."}
}

// modelled is what was injected, and which times are shorter than the document's.
func modelled(r Run) (out []string) {
	if in := injections(r); len(in) > 0 {
		out = append(out, fmt.Sprintf("%s: this delay is injected. Figures that contain it are marked %s.", strings.Join(in, ", "), injectedMark))
	}
	var short []string
	for _, p := range r.Plans {
		for _, s := range p.Short {
			if !slices.Contains(short, s) {
				short = append(short, s)
			}
		}
	}
	if len(short) > 0 {
		out = append(out, "Times are compressed: "+strings.Join(short, ", ")+". What takes longer than the run is not seen.")
	}
	return out
}

// places is what the machine limits.
func places(r Run) []string {
	out := []string{"Unless another host was allowed, everything ran on loopback: no network added its delay, its loss or its limits.",
		"Load, service and Redis share the processors of one machine. Ratios and counts are more portable than milliseconds."}
	for _, c := range r.Conditions {
		if c.Name == "redis" && strings.HasPrefix(c.Value, "embedded") {
			out = append(out, "Redis was "+c.Value+": good enough for caching and faults, and not for the speed of Redis.")
		}
	}
	return out
}
