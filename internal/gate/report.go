package gate

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/compare"
)

// A Report is what a comparison of two builds found.
type Report struct {
	Outcome     string           `json:"outcome"` // "pass", "alarm", "undecided"
	Because     []string         `json:"because,omitempty"`
	Builds      [2]string        `json:"builds"` // A and B
	Effect      float64          `json:"effect"`
	Verdicts    []Turn           `json:"verdicts"`
	Changes     []compare.Change `json:"changes"`
	Lost        []Lost           `json:"lost,omitempty"`
	Suspects    int              `json:"suspects"`
	Splits      int              `json:"splits"`       // of its rounds at random; 0: they are too few
	FalseAlarms int              `json:"false_alarms"` // of these
	Smallest    []Smallest       `json:"smallest"`
	Dir         string           `json:"dir"`
	Fresh       string           `json:"fresh,omitempty"` // the folder of the fresh rounds
	Interrupted bool             `json:"interrupted,omitempty"`

	figures             []compare.Figure // those of Changes
	suspects            []int            // places in figures
	screened, confirmed map[string]int   // rounds by scenario
}

// A Lost figure is one that A has and B does not.
type Lost struct {
	Scenario string `json:"scenario"`
	Name     string `json:"figure"`
	Rounds   int    `json:"rounds"`
}

// A Smallest is the smallest change of a figure that a comparison like this one finds in nine of ten cases.
type Smallest struct {
	Scenario string        `json:"scenario"`
	Name     string        `json:"figure"`
	Scale    compare.Scale `json:"scale"`
	Change   float64       `json:"change"`
}

// A Turn is one claim's verdicts side by side.
type Turn struct {
	Scenario string        `json:"scenario"`
	Claim    string        `json:"claim"`
	A        claim.Verdict `json:"a"`
	B        claim.Verdict `json:"b"`
	Exact    bool          `json:"exact,omitempty"` // what refutes B was counted, and cannot be chance
	Because  string        `json:"because,omitempty"`
	Fresh    string        `json:"fresh,omitempty"` // both in the fresh rounds: "holds, refuted"
	State    State         `json:"state"`
}

// A State is what a pair of verdicts means.
type State string

const (
	Alike  State = "alike"
	Better State = "better"
	Open   State = "open"  // B may be worse
	Alarm  State = "alarm" // B is worse
)

// turns puts the results of A and B side by side.
func turns(results []claim.Result) []Turn {
	var out []Turn
	for _, b := range results {
		if b.Arm != B {
			continue
		}
		at := slices.IndexFunc(results, func(a claim.Result) bool { return a.Arm == A && a.Scenario == b.Scenario && a.ID == b.ID })
		if at < 0 {
			continue
		}
		t := Turn{Scenario: b.Scenario, Claim: b.ID, A: results[at].Verdict, B: b.Verdict, State: Alike}
		if t.A != t.B {
			t.Because = b.Because
			for _, p := range b.Parts {
				t.Exact = t.Exact || p.Verdict == claim.Refuted && p.Method == "exact"
			}
			t.State = stateOf(t.A, t.B)
			if t.State == Alarm && !t.Exact {
				t.State = Open // until fresh rounds say so
			}
		}
		if t.A == claim.Inconclusive && t.B == t.A && slices.Contains(unseen, b.Code) {
			t.State, t.Because = Open, b.Because
		}
		out = append(out, t)
	}
	return out
}

// unseen are the reasons for which a claim was judged on no round, though the service might have been.
var unseen = []code.Code{code.LateGenerator, code.Unsent, code.Stall, code.Requirement, code.Undelivered, code.Problem}

// stateOf is what verdicts mean that differ.
func stateOf(a, b claim.Verdict) State {
	switch {
	case a == claim.Holds && b == claim.Refuted:
		return Alarm
	case a == claim.Holds || b == claim.Refuted:
		return Open
	}
	return Better
}

func (t Turn) suspicious() bool { return t.State == Open }

// confirm decides what is open by the fresh rounds.
func (t *Turn) confirm(fresh []Turn) {
	at := slices.IndexFunc(fresh, func(f Turn) bool { return f.Scenario == t.Scenario && f.Claim == t.Claim })
	if !t.suspicious() || at < 0 {
		return
	}
	f := fresh[at]
	t.Fresh = fmt.Sprintf("%s, %s", f.A, f.B)
	switch {
	case f.A != f.B:
		t.State = stateOf(f.A, f.B)
	case f.B != claim.Inconclusive || t.A == claim.Holds && t.B != claim.Refuted:
		t.State = Alike // fresh rounds do not show it again
	}
}

// close draws the sum.
func (r *Report) close() {
	screen := 0
	for _, n := range r.screened {
		screen = max(screen, n)
	}
	r.Suspects = len(r.suspects)
	var pooled []compare.Figure
	for i, f := range r.figures {
		if len(f.A) >= 2*compare.FewestRounds && r.Changes[i].Better != 0 {
			pooled = append(pooled, f)
		}
		rounds := r.screened[f.Scenario]
		least := compare.Smallest(f, rounds, Confirming(rounds), max(1, r.Suspects), r.Effect)
		if !math.IsInf(least, 1) {
			r.Smallest = append(r.Smallest, Smallest{f.Scenario, f.Name, f.Scale, least})
		}
	}
	part := screen
	if len(r.confirmed) == 0 {
		part = screen / 2
	}
	if len(pooled) > 0 {
		r.Splits, r.FalseAlarms = compare.Splits, compare.FalseAlarms(pooled, part, r.Effect)
	}
	r.decide()
}

// decide says what it all means.
func (r *Report) decide() {
	var alarms, open []string
	decided := 0
	for _, t := range r.Verdicts {
		switch t.State {
		case Alarm:
			alarms = append(alarms, fmt.Sprintf("%s is refuted and was not", t.Claim))
		case Open:
			if t.A == t.B {
				open = append(open, fmt.Sprintf("%s could be judged for neither: %s", t.Claim, t.Because))
				continue
			}
			open = append(open, fmt.Sprintf("%s may have turned: %s, then %s", t.Claim, word(t.A), word(t.B)))
		}
		if t.A != claim.Inconclusive && t.B != claim.Inconclusive {
			decided++
		}
	}
	for i, c := range r.Changes {
		if c.Rounds >= compare.FewestRounds {
			decided++
		}
		suspect := slices.Contains(r.suspects, i)
		switch {
		case !suspect || !c.Worse():
		case c.Verdict == compare.Different:
			alarms = append(alarms, fmt.Sprintf("%s is worse by %s", c.Name, amount(c.Scale, math.Abs(c.Change))))
		case r.twice(i):
			open = append(open, fmt.Sprintf("%s may be worse by %s", c.Name, amount(c.Scale, math.Abs(c.Change))))
		}
	}
	for _, l := range r.Lost {
		open = append(open, fmt.Sprintf("%s: A has a figure and B has none, in %d rounds", l.Name, l.Rounds))
	}
	if decided == 0 {
		open = append(open, "nothing could be compared: no claim was decided for both, and no figure has enough rounds")
	}
	if r.Interrupted {
		open = append(open, "it was interrupted")
	}
	switch {
	case len(alarms) > 0:
		r.Outcome = "alarm"
	case len(open) > 0:
		r.Outcome = "undecided"
	default:
		r.Outcome = "pass"
	}
	r.Because = append(alarms, open...)
}

// twice reports whether a suspect is suspicious on the fresh rounds too, or was not played again.
func (r *Report) twice(i int) bool {
	c := r.Changes[i]
	if r.Fresh == "" {
		return true
	}
	f := r.figures[i]
	fresh := f
	fresh.A, fresh.B = nil, nil
	for k, n := range f.Numbers {
		if n > freshFrom {
			fresh.A, fresh.B = append(fresh.A, f.A[k]), append(fresh.B, f.B[k])
		}
	}
	alone := compare.Compare(fresh, compare.Screening, r.Effect)
	return alone.Rounds < compare.FewestRounds || alone.Verdict == compare.Different && alone.Worse() && c.Worse()
}

// suspicion is what the first pass found, in a few words.
func (r *Report) suspicion() string {
	turned := 0
	for _, t := range r.Verdicts {
		if t.suspicious() {
			turned++
		}
	}
	return fmt.Sprintf("suspicious: %d of %d figures, %d of %d verdicts", len(r.suspects), len(r.figures), turned, len(r.Verdicts))
}

// JSON writes the report, the same bytes for the same rounds.
func (r *Report) JSON(w io.Writer) error { return asJSON(w, r) }

func asJSON(w io.Writer, what any) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(what)
}

// writeFile replaces a file in one step: a full disk leaves the old one, and nothing beside it.
func writeFile(path string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	if err := errors.Join(write(f), f.Chmod(0o644), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(f.Name(), path)
}
