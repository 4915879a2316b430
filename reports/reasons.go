package reports

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/claim"
	codes "github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/figure"
)

// A reason is why results are refuted or undecided, in one sentence, and whose it is.
type reason struct {
	verdict claim.Verdict
	text    string
	of      []about
}

// An about is a row, and the arms of it where not all judged ones share the reason.
type about struct {
	row
	arms string
}

func (a about) String() string { return join(", ", a.label(), a.arms) }

// reasons are why results are refuted or undecided, the refuted ones first, each sentence once.
func reasons(rs []row, arms []string) []reason {
	var out []reason
	for _, r := range rs {
		var texts []string
		who := map[string][]string{} // text → arms
		verdicts := map[string]claim.Verdict{}
		judged := 0
		for _, a := range arms {
			res := r.results[a]
			if res == nil {
				continue
			}
			judged++
			if s := sentence(res); s != "" {
				if who[s] == nil {
					texts = append(texts, s)
				}
				who[s], verdicts[s] = append(who[s], a), res.Verdict
			}
		}
		for _, s := range texts {
			of := about{row: r}
			if len(who[s]) < judged {
				of.arms = strings.Join(who[s], ", ")
			}
			at := slices.IndexFunc(out, func(o reason) bool { return o.text == s })
			if at < 0 {
				at = len(out)
				out = append(out, reason{verdict: verdicts[s], text: s})
			}
			out[at].of = append(out[at].of, of)
		}
	}
	slices.SortStableFunc(out, func(a, b reason) int { return refutedFirst(a.verdict) - refutedFirst(b.verdict) })
	return out
}

func refutedFirst(v claim.Verdict) int {
	if v == claim.Refuted {
		return 0
	}
	return 1
}

// sentence says why a result does not hold: what is wrong, or what is missing and what would settle it. Empty: it holds.
func sentence(res *claim.Result) string {
	switch res.Verdict {
	case claim.Holds:
		return ""
	case claim.Refuted:
		return clean(cmp.Or(wrong(res), signs.Replace(res.Because), "no reason given"))
	}
	because := signs.Replace(res.Because)
	// Rounds differ in how late a generator was, and nobody is helped by the figures of each.
	if n, ok := asideFor(res); ok && res.Code.OfMachine() {
		because = fmt.Sprintf("%s set aside: %s", plural(n, "round"), res.Code.Says())
	}
	settle := ""
	if res.Remedy != "" {
		settle = "to settle: " + res.Remedy
	}
	return clean(cmp.Or(join("; ", because, settle), "no reason given"))
}

// asideFor is how many rounds were set aside for what leaves res open; false: that is not why.
func asideFor(res *claim.Result) (int, bool) {
	at := slices.IndexFunc(res.Aside, func(a claim.Aside) bool { return a.Code == res.Code })
	if at < 0 {
		return 0, false
	}
	return res.Aside[at].Rounds, true
}

// wrong says what is most often wrong with a refuted claim; empty: the measure does not name it.
func wrong(res *claim.Result) string {
	if len(res.Findings) == 0 {
		return ""
	}
	most := slices.MaxFunc(res.Findings, func(a, b figure.Finding) int { return a.Count - b.Count })
	if more := len(res.Findings) - 1; more > 0 {
		return fmt.Sprintf("%s (and %d more in report.md)", most.Says, more)
	}
	return most.Says
}

// warningsInBrief sums up the warnings of the claims: how many rounds were set aside, for what, and for how many
// verdicts. Warnings of the run as a whole come first, as they are.
func warningsInBrief(r Run) []string {
	out := slices.Clone(r.Warnings)
	const most = 3
	if len(out) > most {
		out = append(out[:most], fmt.Sprintf("%d more in report.md", len(out)-most))
	}
	type round struct {
		scenario string
		number   int
	}
	var seen []codes.Code
	rounds, verdicts := map[codes.Code]map[round]bool{}, map[codes.Code]int{}
	for _, res := range r.Results {
		for _, a := range res.Aside {
			if rounds[a.Code] == nil {
				seen = append(seen, a.Code)
				rounds[a.Code] = map[round]bool{}
			}
			for _, n := range a.Numbers {
				rounds[a.Code][round{res.Scenario, n}] = true
			}
			verdicts[a.Code]++
		}
	}
	for _, c := range seen {
		out = append(out, fmt.Sprintf("%s set aside: %s (for %s)", plural(len(rounds[c]), "round"), c.Says(), plural(verdicts[c], "verdict")))
	}
	return out
}
