package gate

import (
	"fmt"
	"io"
	"math"
	"path/filepath"
	"slices"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/compare"
	"github.com/trektribe/bench/internal/stats"
)

// A Held is a run held against a baseline.
type Held struct {
	Outcome  string       `json:"outcome"`
	Because  []string     `json:"because,omitempty"`
	Runs     int          `json:"runs"`  // of the baseline
	Alike    int          `json:"alike"` // of these, those of the same machine and plan
	Other    []string     `json:"other,omitempty"`
	Verdicts []HeldClaim  `json:"verdicts"`
	Figures  []HeldFigure `json:"figures"`
	Limit    float64      `json:"limit,omitempty"` // the change below which half of the figures show nothing
	Dir      string       `json:"dir"`
}

// A HeldClaim is a verdict beside the stored one; empty: it was, or is, not there.
type HeldClaim struct {
	StoredClaim
	Was   claim.Verdict `json:"was"`
	State State         `json:"state"`
}

// A HeldFigure is a figure beside those of the baseline. Change, and the interval in which a further run of the same
// build should be, are relative: 0.1 is 10 % more than the baseline's typical run.
type HeldFigure struct {
	StoredFigure
	Was    float64 `json:"was"`
	Change float64 `json:"change"`
	Lo     float64 `json:"lo"`
	Hi     float64 `json:"hi"`
	State  State   `json:"state"`
}

// was is what the last stored run that decided a claim decided, or that none did. False: the last run does not have it.
func (b *Baseline) was(c StoredClaim) (claim.Verdict, bool) {
	for i, r := range slices.Backward(b.Runs) {
		at := slices.IndexFunc(r.Verdicts, c.same)
		switch {
		case at < 0 && i == len(b.Runs)-1:
			return "", false
		case at >= 0 && r.Verdicts[at].Verdict != claim.Inconclusive:
			return r.Verdicts[at].Verdict, true
		}
	}
	return claim.Inconclusive, true
}

// Hold holds a run against a baseline: its verdicts against those that were last decided, and its figures against all runs of
// the same machine and plan, where these are enough to tell what chance does from run to run.
func (b *Baseline) Hold(s Stored, dir string, effect float64) *Held {
	h := &Held{Runs: len(b.Runs), Dir: dir}
	last := b.Runs[len(b.Runs)-1]
	var alarms, open []string
	for _, v := range s.Verdicts {
		c := HeldClaim{StoredClaim: v, State: Alike}
		was, known := b.was(v)
		c.Was = was
		switch {
		case !known && v.Verdict != claim.Holds:
			c.State = Open
			open = append(open, fmt.Sprintf("%s is new, and %s", v.Claim, word(v.Verdict)))
		case known && was != v.Verdict:
			c.State = stateOf(c.Was, v.Verdict)
			line := fmt.Sprintf("%s was %s and is %s: %s", v.Claim, word(c.Was), word(v.Verdict), v.Because)
			if c.State == Alarm {
				alarms = append(alarms, line)
			} else if c.State == Open {
				open = append(open, line)
			}
		}
		h.Verdicts = append(h.Verdicts, c)
	}
	for _, v := range last.Verdicts {
		if !slices.ContainsFunc(s.Verdicts, v.same) {
			h.Verdicts = append(h.Verdicts, HeldClaim{StoredClaim: StoredClaim{Scenario: v.Scenario, Claim: v.Claim}, Was: v.Verdict, State: Open})
			open = append(open, fmt.Sprintf("%s of the baseline was not played", v.Claim))
		}
	}
	if len(s.Verdicts) == 0 {
		open = append(open, "nothing was judged")
	}
	if err := b.Takes(s); err != nil {
		open = append(open, err.Error())
	}
	var alike []Stored
	for _, r := range b.Runs {
		if what := r.differs(s); len(what) == 0 {
			alike = append(alike, r)
		} else {
			h.Other = what
		}
	}
	h.Alike = len(alike)
	if last.Machine.Harness != s.Machine.Harness {
		h.Other = append(h.Other, fmt.Sprintf("bench %s, and was %s", s.Machine.Harness, last.Machine.Harness))
	}
	alarms = append(alarms, h.figures(s, alike, effect)...)
	switch h.Because = append(alarms, open...); {
	case len(alarms) > 0:
		h.Outcome = "alarm"
	case len(open) > 0:
		h.Outcome = "undecided"
	default:
		h.Outcome = "pass"
	}
	return h
}

// figures holds the figures against those of runs that are alike, and returns the alarms.
func (h *Held) figures(s Stored, alike []Stored, effect float64) (alarms []string) {
	if len(alike) < fewestRuns {
		return nil
	}
	for _, f := range s.Figures {
		if f.Scale == compare.Difference || f.Typical <= 0 {
			continue // counts are the verdicts' business
		}
		var xs []float64
		for _, r := range alike {
			if at := slices.IndexFunc(r.Figures, f.same); at >= 0 && r.Figures[at].Typical > 0 {
				xs = append(xs, math.Log(r.Figures[at].Typical))
			}
		}
		if len(xs) >= fewestRuns {
			h.Figures = append(h.Figures, foretold(f, xs, stats.Alpha/float64(len(s.Figures))))
		}
	}
	var halves []float64
	for i := range h.Figures {
		f := &h.Figures[i]
		halves = append(halves, f.Hi)
		f.State = Alike
		outside := f.Change < f.Lo || f.Change > f.Hi
		if !outside || math.Abs(math.Log1p(f.Change)) <= math.Log1p(effect) || f.Better == 0 {
			continue
		}
		if f.State = Better; float64(f.Better)*f.Change < 0 {
			f.State = Alarm
			alarms = append(alarms, fmt.Sprintf("%s is worse by %s, beyond what runs differ by chance (%+.0f..%+.0f %%)", f.Name, percent(f.Change), 100*f.Lo, 100*f.Hi))
		}
	}
	slices.Sort(halves)
	if len(halves) > 0 {
		h.Limit = halves[len(halves)/2]
	}
	return alarms
}

// foretold is a figure, and where a further run would have it, by the logarithms of earlier ones.
func foretold(f StoredFigure, xs []float64, alpha float64) HeldFigure {
	mean, iv := stats.T(xs, alpha)
	half := (iv.Hi - mean) * math.Sqrt(float64(len(xs))+1) // of one more run, and not of the mean of all
	// Runs that agree by luck, or to the last digit of a clock, do not make a run's own rounds exact.
	half = max(half, 0.01)
	return HeldFigure{StoredFigure: f, Was: math.Exp(mean), Change: math.Exp(math.Log(f.Typical)-mean) - 1,
		Lo: math.Expm1(-half), Hi: min(math.MaxFloat64, math.Expm1(half))}
}

// Save writes the outcome beside the run.
func (h *Held) Save() error {
	return writeAll(h.Dir, "gate", h.JSON, h.Markdown)
}

// JSON writes it for programs.
func (h *Held) JSON(w io.Writer) error { return asJSON(w, h) }

// Text writes it for a terminal.
func (h *Held) Text(w io.Writer) error { return text(w, h.summary(), h.answer(), h.Because) }

// Markdown writes it for the summary of a CI job.
func (h *Held) Markdown(w io.Writer) error {
	return markdown(w, h.answer(), h.Because, nil, h.summary())
}

func (h *Held) answer() string {
	switch h.Outcome {
	case "alarm":
		return "ALARM: worse than the baseline"
	case "undecided":
		return "undecided"
	}
	return "pass: not worse than the baseline, as far as this can see"
}

func (h *Held) summary() []string {
	alike, better, added, never := 0, 0, 0, 0
	for _, v := range h.Verdicts {
		if v.Was == "" {
			added++
			continue
		}
		switch v.State {
		case Alike:
			alike++
			if v.Verdict == claim.Inconclusive {
				never++
			}
		case Better:
			better++
		}
	}
	out := []string{fmt.Sprintf("%d of %d verdicts are those of the baseline, %d better, %d new", alike, len(h.Verdicts), better, added)}
	if never > 0 {
		out = append(out, fmt.Sprintf("no run has decided %d of them: the gate does not guard these", never))
	}
	switch {
	case h.Alike < fewestRuns && h.Alike < h.Runs:
		out = append(out, fmt.Sprintf("figures are not compared: %d of %d stored runs are of this machine and plan, and it takes %d", h.Alike, h.Runs, fewestRuns))
	case h.Alike < fewestRuns:
		out = append(out, fmt.Sprintf("figures are not compared: the baseline has %s, and it takes %d to know how runs differ by chance", figure.Count(h.Runs, "runs"), fewestRuns))
	default:
		out = append(out, fmt.Sprintf("%d figures are compared with those of %d runs: of half of them nothing below %s can be seen; --against sees more", len(h.Figures), h.Alike, more(h.Limit)))
	}
	for _, what := range h.Other {
		out = append(out, "differs from a stored run: "+what)
	}
	return append(out, "evidence: "+h.Dir)
}

// more is a relative change upwards.
func more(x float64) string {
	if x >= 1 {
		return fmt.Sprintf("%.1f times as much", 1+x)
	}
	return fmt.Sprintf("%+.0f %%", 100*x)
}

// writeAll writes NAME.json and NAME.md into a folder.
func writeAll(dir, name string, asJSON, asMarkdown func(io.Writer) error) error {
	if err := writeFile(filepath.Join(dir, name+".json"), asJSON); err != nil {
		return err
	}
	return writeFile(filepath.Join(dir, name+".md"), asMarkdown)
}
