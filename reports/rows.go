package reports

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim"
)

// A row is one claim of one scenario, with one result for each arm.
type row struct {
	id, scenario string
	shared       bool                     // the same id occurs in another scenario too
	results      map[string]*claim.Result // by arm; an arm that was not judged is absent
}

// label names the row: its id, and its scenario where the id alone would be ambiguous.
func (r row) label() string {
	if r.shared {
		return r.id + " (" + r.scenario + ")"
	}
	return r.id
}

// first is the result of the first arm that has one.
func (r row) first(arms []string) *claim.Result {
	for _, a := range arms {
		if res := r.results[a]; res != nil {
			return res
		}
	}
	return nil
}

// rows groups results by scenario and claim, in order of appearance, and lists the arms.
// No result is dropped: a second one for the same place begins a row of its own.
func rows(r Run) ([]row, []string) {
	type place struct{ scenario, id string }
	var out []row
	at := map[place]int{}
	scenarios := map[string]map[string]bool{} // id → scenarios that have it
	arms := slices.Clone(r.Arms)
	for i := range r.Results {
		res := &r.Results[i]
		if !slices.Contains(arms, res.Arm) {
			arms = append(arms, res.Arm)
		}
		p := place{res.Scenario, res.ID}
		n, ok := at[p]
		if !ok || out[n].results[res.Arm] != nil {
			n = len(out)
			at[p] = n
			out = append(out, row{id: res.ID, scenario: res.Scenario, results: map[string]*claim.Result{}})
		}
		out[n].results[res.Arm] = res
		if scenarios[res.ID] == nil {
			scenarios[res.ID] = map[string]bool{}
		}
		scenarios[res.ID][res.Scenario] = true
	}
	for i := range out {
		out[i].shared = len(scenarios[out[i].id]) > 1
	}
	return out, arms
}

// A tally counts verdicts.
type tally struct{ holds, refuted, undecided, missing int }

func (t *tally) add(res *claim.Result) {
	switch {
	case res == nil:
		t.missing++
	case res.Verdict == claim.Holds:
		t.holds++
	case res.Verdict == claim.Refuted:
		t.refuted++
	default:
		t.undecided++
	}
}

func (t tally) String() string {
	s := fmt.Sprintf("%d hold, %d refuted, %d undecided", t.holds, t.refuted, t.undecided)
	if t.missing > 0 {
		s += fmt.Sprintf(", %d not judged", t.missing)
	}
	return s
}

// sum counts the verdicts of all claims and arms.
func sum(rs []row, arms []string) tally {
	var t tally
	for _, row := range rs {
		for _, a := range arms {
			t.add(row.results[a])
		}
	}
	return t
}

// summary is the run in one line: its claims by verdict, and how long it took.
func summary(r Run, rs []row, arms []string) string {
	s := plural(len(rs), "claim")
	if len(arms) > 1 {
		s += " × " + plural(len(arms), "arm")
	}
	s += ": " + sum(rs, arms).String()
	if r.Elapsed > 0 {
		s += " · " + Span(r.Elapsed)
	}
	return s
}

// speedups are claims that contradict each other in the document: 50 to 80 times faster,
// 200 ms down to 20 ms, 5 to 10 times faster.
var speedups = []string{"trips.speedup.50x", "trips.speedup.10x", "trips.speedup.5x"}

const speedupNote = "trips.speedup.50x, trips.speedup.10x and trips.speedup.5x contradict each other: " +
	"one service cannot be 50–80 times, 10 times and 5–10 times faster. All three verdicts are shown."

// notes are what a reader must know about the claims as a whole.
func notes(rs []row) []string {
	for _, id := range speedups {
		if !slices.ContainsFunc(rs, func(r row) bool { return r.id == id }) {
			return nil
		}
	}
	return []string{speedupNote}
}

// injections lists the delays that are part of any figure, sorted.
func injections(r Run) []string {
	var out []string
	for i := range r.Results {
		if figureOf(&r.Results[i]).value != "" {
			out = append(out, r.Results[i].Injected...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}

// warnings lists the run's warnings, then those of its claims: each text once, with its claims.
func warnings(r Run, rs []row, arms []string) []string {
	out := slices.Clone(r.Warnings)
	var texts []string
	about := map[string][]string{} // text → labels
	for _, row := range rs {
		for _, a := range arms {
			res := row.results[a]
			if res == nil {
				continue
			}
			for _, w := range res.Warnings {
				label := row.label()
				if len(arms) > 1 {
					label += " " + a
				}
				if about[w] == nil {
					texts = append(texts, w)
				}
				about[w] = append(about[w], label)
			}
		}
	}
	const most = 3 // names before "and n more"
	for _, t := range texts {
		names := about[t]
		s := t + " (" + strings.Join(names[:min(most, len(names))], ", ")
		if len(names) > most {
			s += fmt.Sprintf(" and %d more", len(names)-most)
		}
		out = append(out, s+")")
	}
	return out
}

// plural is "1 claim", "2 claims".
func plural(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// Span prints how long something took, or will: "0.4 s", "58 s", "12 min 5 s".
func Span(d time.Duration) string {
	switch {
	case d < 0:
		return "0 s"
	case d < 950*time.Millisecond:
		return fmt.Sprintf("%.1f s", d.Seconds())
	case d < 2*time.Minute:
		return fmt.Sprintf("%.0f s", d.Seconds())
	}
	s := int(d.Round(time.Second) / time.Second)
	if h := s / 3600; h > 0 {
		return fmt.Sprintf("%d h %d min", h, s/60%60)
	}
	return fmt.Sprintf("%d min %d s", s/60, s%60)
}
