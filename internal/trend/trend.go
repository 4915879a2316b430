// Package trend finds what changed over past runs.
//
// In go the results of runs, in order; out come series of figures with their changes, and strips of verdicts. It reads no
// file, and the same runs give the same: chance comes from a fixed seed.
package trend

import (
	"cmp"
	"context"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim"
)

// A Run is one past run.
type Run struct {
	Name    string            `json:"name"` // of its folder
	Started time.Time         `json:"started"`
	Machine string            `json:"machine"` // what must be alike for its figures to be comparable
	Plans   map[string]string `json:"plans"`   // by scenario: the same for
	Results []claim.Result    `json:"-"`
}

// A Key names a claim in an arm.
type Key struct {
	Scenario string `json:"scenario"`
	Claim    string `json:"claim"`
	Arm      string `json:"arm"`
}

// A Series is the measured side of one comparison of a claim, run by run.
type Series struct {
	Key
	Text    string   `json:"text"` // the comparison
	Unit    string   `json:"unit"`
	Bound   string   `json:"bound"`
	Points  []Point  `json:"points"`
	Changes []Change `json:"changes"`         // in order
	Needs   int      `json:"needs,omitempty"` // further runs before a change can be seen; 0: it can
}

// A Point is one run of a series.
type Point struct {
	Run    int     `json:"run"` // index
	Median float64 `json:"median"`
	Error  float64 `json:"error"` // standard error of the median; 0: unknown, of a single round
	Rounds int     `json:"rounds"`
}

// A Change is where a series went to another level, and stayed there for Side runs or more.
type Change struct {
	Run    int      `json:"run"` // the first at the new level
	Before float64  `json:"before"`
	After  float64  `json:"after"`
	P      float64  `json:"p"` // of no change
	Worse  bool     `json:"worse"`
	With   []string `json:"with,omitempty"` // what else changed there: "machine", "plan"
	Alarm  bool     `json:"alarm"`          // the latest of its series, recent, for the worse, and with nothing else
}

// Relative is the change as a part of what was before; +Inf where that was 0.
func (c Change) Relative() float64 {
	if c.Before == 0 {
		return math.Inf(1)
	}
	return (c.After - c.Before) / math.Abs(c.Before)
}

// Recent is for how many runs a change may alarm: later it is known.
const Recent = 10

// Find is what changed over runs, which are in order. progress is told how many of the series are tested; nil: nobody is.
// The error is ctx's.
func Find(ctx context.Context, runs []Run, progress func(n, of int)) ([]Series, error) {
	all := gather(runs)
	var tested []*Series
	for i := range all {
		if s := &all[i]; len(s.Points) >= 2*Side && varies(s) {
			tested = append(tested, s)
		}
	}
	needs := Needs(len(tested))
	for i := range all {
		all[i].Needs = max(0, needs-len(all[i].Points))
	}
	// Holm: all are held against the whole of them, and those that are left against the rest.
	for first, found := true, true; found; first = false {
		found = false
		level := spent / float64(max(1, len(tested)))
		var rest []*Series
		for i, s := range tested {
			if ctx.Err() != nil {
				return nil, ctx.Err()
			}
			if progress != nil && first {
				progress(i, len(tested))
			}
			if at := splits(values(s), level); len(at) > 0 {
				s.tell(runs, at)
				found = true
			} else {
				rest = append(rest, s)
			}
		}
		tested = rest
	}
	return all, ctx.Err()
}

// gather makes the series of runs, in the order in which they first occur.
func gather(runs []Run) (all []Series) {
	at := map[[4]string]int{}
	for n, run := range runs {
		for _, r := range run.Results {
			for _, part := range r.Parts {
				if len(part.Rounds) == 0 {
					continue
				}
				key := [4]string{r.Scenario, r.ID, r.Arm, part.Text}
				i, ok := at[key]
				if !ok {
					i = len(all)
					at[key] = i
					all = append(all, Series{Key: Key{r.Scenario, r.ID, r.Arm}, Text: part.Text, Unit: part.Unit, Bound: part.Bound, Changes: []Change{}})
				}
				all[i].Points = append(all[i].Points, point(n, part.Rounds))
			}
		}
	}
	return all
}

// point sums up the rounds of a run.
func point(run int, rounds []float64) Point {
	p := Point{Run: run, Median: median(rounds), Rounds: len(rounds)}
	if n := float64(len(rounds)); n > 1 {
		var ss float64
		for _, x := range rounds {
			ss += (x - mean(rounds)) * (x - mean(rounds))
		}
		p.Error = math.Sqrt(math.Pi/2) * math.Sqrt(ss/(n-1)/n)
	}
	return p
}

func varies(s *Series) bool {
	return slices.ContainsFunc(s.Points, func(p Point) bool { return p.Median != s.Points[0].Median })
}

// values are the medians of s, as logarithms where all are above 0: times and ratios differ by factors.
func values(s *Series) []float64 {
	log := !slices.ContainsFunc(s.Points, func(p Point) bool { return p.Median <= 0 })
	xs := make([]float64, len(s.Points))
	for i, p := range s.Points {
		if xs[i] = p.Median; log {
			xs[i] = math.Log(p.Median)
		}
	}
	return xs
}

// tell adds the changes at splits: those of at least Effect. What is left between them is compared.
func (s *Series) tell(runs []Run, at []split) {
	level := func(from, to int) float64 {
		var xs []float64
		for _, p := range s.Points[from:to] {
			xs = append(xs, p.Median)
		}
		return median(xs)
	}
	begins := 0
	for i, sp := range at {
		end := len(s.Points)
		if i+1 < len(at) {
			end = at[i+1].at
		}
		c := Change{Run: s.Points[sp.at].Run, Before: level(begins, sp.at), After: level(sp.at, end), P: sp.p}
		if c.After == c.Before || math.Abs(c.Relative()) < Effect {
			continue
		}
		begins = sp.at
		c.Worse = worse(s.Bound, c.Before, c.After)
		c.With = with(runs, s, sp.at)
		c.Alarm = end == len(s.Points) && end-sp.at <= Recent && c.Worse && len(c.With) == 0
		s.Changes = append(s.Changes, c)
	}
}

// worse reports whether a change is away from what the bound promises. Inside of a range, each is.
func worse(bound string, before, after float64) bool {
	switch {
	case strings.HasPrefix(bound, "<"):
		return after > before
	case strings.HasPrefix(bound, ">"):
		return after < before
	}
	return true
}

// with is what else changed at point i of s, or one run before or after: a change is found to within about a run.
func with(runs []Run, s *Series, i int) (out []string) {
	var machine, plan bool
	for k := max(1, i-1); k <= min(i+1, len(s.Points)-1); k++ {
		a, b := runs[s.Points[k-1].Run], runs[s.Points[k].Run]
		machine = machine || a.Machine != b.Machine
		plan = plan || a.Plans[s.Scenario] != b.Plans[s.Scenario]
	}
	if machine {
		out = append(out, "machine")
	}
	if plan {
		out = append(out, "plan")
	}
	return out
}

// A Strip is the verdicts of a claim in an arm over runs: a result without one is an empty text.
type Strip struct {
	Key
	Verdicts []claim.Verdict `json:"verdicts"` // one for each run
}

// Strips are the verdicts of the last n runs, in the order in which claims first occur.
func Strips(runs []Run, n int) (out []Strip) {
	runs = runs[max(0, len(runs)-n):]
	at := map[Key]int{}
	for k, run := range runs {
		for _, r := range run.Results {
			key := Key{r.Scenario, r.ID, r.Arm}
			i, ok := at[key]
			if !ok {
				i = len(out)
				at[key] = i
				out = append(out, Strip{key, make([]claim.Verdict, len(runs))})
			}
			out[i].Verdicts[k] = r.Verdict
		}
	}
	return out
}

// Turned reports whether the verdicts of s differ.
func (s Strip) Turned() bool {
	var said claim.Verdict
	for _, v := range s.Verdicts {
		if v != "" && said != "" && v != said {
			return true
		}
		said = cmp.Or(v, said)
	}
	return false
}
