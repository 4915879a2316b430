package gate

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/compare"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/run"
)

const (
	baselineSchema = 1
	// BaselineName is the file that a folder has its baseline in.
	BaselineName = "baseline.json"
	// mostRuns is how many runs a baseline keeps: with thirty, a thirty-first makes the interval hardly narrower.
	mostRuns = 30
	// fewestRuns have an interval.
	fewestRuns = 3
)

// ErrNoBaseline says that there is nothing to hold a run against.
var ErrNoBaseline = errors.New("no baseline")

// A Baseline is what was stored of earlier runs, oldest first.
type Baseline struct {
	Schema int      `json:"schema"`
	Runs   []Stored `json:"runs"`
}

// A Stored is one run.
type Stored struct {
	Started  time.Time      `json:"started"`
	Machine  run.Machine    `json:"machine"`
	Redis    string         `json:"redis"`
	Engine   string         `json:"engine,omitempty"` // that sent the traffic; empty: of a run before it was stored
	Policy   string         `json:"policy,omitempty"` // of the reference service; empty: it is another service
	Plan     string         `json:"plan"`             // a hash of the scenarios, the contract and the environment
	Verdicts []StoredClaim  `json:"verdicts"`
	Figures  []StoredFigure `json:"figures"`
}

// A StoredClaim is one verdict.
type StoredClaim struct {
	Scenario string        `json:"scenario"`
	Claim    string        `json:"claim"`
	Verdict  claim.Verdict `json:"verdict"`
	Because  string        `json:"because,omitempty"` // of one that does not hold
}

func (s StoredClaim) same(o StoredClaim) bool { return s.Scenario == o.Scenario && s.Claim == o.Claim }

// A StoredFigure is the median of a figure over the rounds of a run.
type StoredFigure struct {
	Scenario string        `json:"scenario"`
	Name     string        `json:"figure"`
	Unit     string        `json:"unit,omitempty"`
	Scale    compare.Scale `json:"scale"`
	Better   int           `json:"better"`
	Typical  float64       `json:"typical"`
	Rounds   int           `json:"rounds"`
}

func (s StoredFigure) same(o StoredFigure) bool { return s.Scenario == o.Scenario && s.Name == o.Name }

// ReadBaseline reads a file, or that of a folder: its baseline.json, or the run that the folder is. Its error is
// ErrNoBaseline where there is none.
func ReadBaseline(ctx context.Context, path string) (*Baseline, error) {
	info, err := os.Stat(path)
	if err == nil && info.IsDir() {
		if _, err := os.Stat(filepath.Join(path, BaselineName)); err != nil {
			if _, err := os.Stat(filepath.Join(path, "run.json")); err != nil {
				return nil, fmt.Errorf("%w: %s has neither a %s nor a run in it", ErrNoBaseline, path, BaselineName)
			}
			one, err := Store(ctx, path, "")
			return &Baseline{Schema: baselineSchema, Runs: []Stored{one}}, err
		}
		path = filepath.Join(path, BaselineName)
	}
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%w: %s is not there", ErrNoBaseline, path)
	}
	if err != nil {
		return nil, err
	}
	var b Baseline
	if err := json.Unmarshal(text, &b); err != nil {
		return nil, fmt.Errorf("%s is no baseline: %w", path, err)
	}
	switch {
	case b.Schema != baselineSchema:
		return nil, fmt.Errorf("%s: its schema is %d, and this build reads %d only: write it anew with --update, into another file", path, b.Schema, baselineSchema)
	case len(b.Runs) == 0:
		return nil, fmt.Errorf("%w: %s has no run in it", ErrNoBaseline, path)
	case len(b.Runs[len(b.Runs)-1].Verdicts) == 0:
		return nil, fmt.Errorf("%w: the last run in %s has no verdict", ErrNoBaseline, path)
	}
	return &b, nil
}

// Store reads what is stored of a saved run: of one arm; empty: of the one it has.
func Store(ctx context.Context, dir, arm string) (Stored, error) {
	j, err := run.Judge(ctx, dir)
	if err != nil {
		return Stored{}, err
	}
	saved := j.Saved
	if arm == "" && len(saved.Arms) == 1 {
		arm = saved.Arms[0].Name
	}
	at := slices.IndexFunc(saved.Arms, func(a lab.ArmSpec) bool { return a.Name == arm })
	if at < 0 {
		var names []string
		for _, a := range saved.Arms {
			names = append(names, a.Name)
		}
		return Stored{}, fmt.Errorf("%s has the arms %s, and a baseline is of one of them: choose it with --arms", dir, strings.Join(names, ", "))
	}
	if saved.Interrupted || saved.Elapsed == 0 {
		return Stored{}, fmt.Errorf("%s was cut short: a baseline is a whole run", dir)
	}
	plan, err := json.Marshal([]any{saved.Scenarios, saved.Contract, saved.Env})
	if err != nil {
		return Stored{}, err
	}
	s := Stored{Started: saved.Started, Machine: saved.Machine, Redis: strings.TrimSpace(saved.Redis.Kind + " " + saved.Redis.Version), Engine: string(saved.Engine), Policy: saved.Arms[at].Policy, Plan: fmt.Sprintf("%x", sha256.Sum256(plan))[:16]}
	for _, r := range j.Results {
		if r.Arm != arm {
			continue
		}
		c := StoredClaim{Scenario: r.Scenario, Claim: r.ID, Verdict: r.Verdict}
		if r.Verdict != claim.Holds {
			c.Because = r.Because
		}
		s.Verdicts = append(s.Verdicts, c)
	}
	all, err := observe(ctx, dir)
	for _, one := range all {
		var xs []float64
		for _, f := range one.seen[arm] {
			if f.Absent == "" {
				xs = append(xs, f.X)
			}
		}
		if len(xs) == 0 {
			continue
		}
		slices.Sort(xs)
		s.Figures = append(s.Figures, StoredFigure{Scenario: one.scenario, Name: one.name, Unit: one.like.Unit, Scale: compare.Scale(one.like.Kind), Better: one.like.Better,
			Typical: (xs[(len(xs)-1)/2] + xs[len(xs)/2]) / 2, Rounds: len(xs)})
	}
	return s, err
}

// differs says what makes the figures of two runs another machine's or another plan's; empty: they are alike.
func (s Stored) differs(o Stored) (what []string) {
	a, b := reflect.ValueOf(s.Machine), reflect.ValueOf(o.Machine)
	for i := range a.NumField() {
		name := a.Type().Field(i).Name
		// What the harness was built from is the plan's and the reader's business; the load is chance.
		if slices.Contains([]string{"Load", "Harness", "Revision", "Uncommitted"}, name) {
			continue
		}
		if x, y := a.Field(i).Interface(), b.Field(i).Interface(); x != y {
			what = append(what, fmt.Sprintf("%s %v, and was %v", strings.ToLower(name), y, x))
		}
	}
	if s.Redis != o.Redis {
		what = append(what, fmt.Sprintf("redis %s, and was %s", o.Redis, s.Redis))
	}
	if s.Engine != o.Engine {
		what = append(what, fmt.Sprintf("engine %s, and was %s", o.Engine, cmp.Or(s.Engine, "another")))
	}
	if s.Policy != o.Policy {
		what = append(what, fmt.Sprintf("policy %s, and was %s", cmp.Or(o.Policy, "none"), cmp.Or(s.Policy, "none")))
	}
	if s.Plan != o.Plan {
		what = append(what, "the scenarios, the contract or the environment are others")
	}
	return what
}

// Takes is an error where a run is of another policy than the last one: policies keep other promises, so that what one refutes
// would excuse the other. A file of before policies were stored takes any.
func (b *Baseline) Takes(s Stored) error {
	if last := b.Runs[len(b.Runs)-1]; last.Policy != "" && last.Policy != s.Policy {
		return fmt.Errorf("the baseline is of the policy %s, and this is %s: it needs a file of its own", last.Policy, cmp.Or(s.Policy, "another service"))
	}
	return nil
}

// Add is the baseline with one more run, and what that changes, in a line each.
func (b *Baseline) Add(s Stored) (*Baseline, []string) {
	if b == nil {
		return &Baseline{Schema: baselineSchema, Runs: []Stored{s}}, []string{fmt.Sprintf("new: %d verdicts, %d figures", len(s.Verdicts), len(s.Figures))}
	}
	last := b.Runs[len(b.Runs)-1]
	var said []string
	for _, v := range s.Verdicts {
		at := slices.IndexFunc(last.Verdicts, v.same)
		switch {
		case at < 0:
			said = append(said, fmt.Sprintf("%s: new, %s", v.Claim, word(v.Verdict)))
		case last.Verdicts[at].Verdict != v.Verdict:
			said = append(said, fmt.Sprintf("%s: %s, and was %s", v.Claim, word(v.Verdict), word(last.Verdicts[at].Verdict)))
		}
	}
	for _, v := range last.Verdicts {
		if !slices.ContainsFunc(s.Verdicts, v.same) {
			said = append(said, fmt.Sprintf("%s: gone", v.Claim))
		}
	}
	for _, f := range s.Figures {
		at := slices.IndexFunc(last.Figures, f.same)
		if at >= 0 && last.Figures[at].Typical > 0 && math.Abs(math.Log(f.Typical/last.Figures[at].Typical)) > math.Log1p(0.05) {
			said = append(said, fmt.Sprintf("%s: %+.0f %%", f.Name, 100*(f.Typical/last.Figures[at].Typical-1)))
		}
	}
	said = append(said, last.differs(s)...)
	runs := append(slices.Clone(b.Runs), s)
	return &Baseline{Schema: baselineSchema, Runs: runs[max(0, len(runs)-mostRuns):]}, said
}

// Write replaces the file in one step.
func (b *Baseline) Write(path string) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return err
	}
	return writeFile(path, func(w io.Writer) error { return asJSON(w, b) })
}
