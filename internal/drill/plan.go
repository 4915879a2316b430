// Package drill is what a drill has beside a run: a plan that somebody confirms, predictions that are written down
// before, ways to halt it, and the report afterwards.
//
// In go scenarios with faults, and afterwards the run's folder; out come the plan, whether to go on, and pages that
// tell what was expected and what came. The run itself is package run's: nothing is played here.
package drill

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/scenarios"
)

// Files of a drill in the folder of its run.
const (
	PlanName  = "drill.json" // the plan, from before the first fault
	AfterName = "after.json" // what came of it, for programs
	pageName  = "drill.md"
	htmlName  = "drill.html"
)

// schema is the version of drill.json and after.json.
const schema = 1

// DefaultSteady is asked before each fault where a scenario has no steady of its own.
const DefaultSteady = "availability(all) >= 99%"

// A Plan is drill.json. It is whole before the first fault; only Ended comes later.
type Plan struct {
	Schema      int          `json:"schema"`
	Question    string       `json:"question"`
	By          string       `json:"by"`        // who confirmed it
	At          time.Time    `json:"at"`        // when
	Confirmed   string       `json:"confirmed"` // how: Typed or Unattended
	Told        []string     `json:"told"`      // who was told before
	HaltFiles   []string     `json:"halt_files"`
	HaltURL     string       `json:"halt_url,omitempty"`
	Prometheus  string       `json:"prometheus,omitempty"` // whose alerts are read, without its password; empty: nobody's
	Alerts      []string     `json:"alerts,omitempty"`     // that it has
	Predictions []Prediction `json:"predictions"`
	LeftOut     []string     `json:"left_out,omitempty"` // of what was asked for, and why
	Last        []Rehearsed  `json:"last"`               // when each of its faults was rehearsed last, before this drill
	Ended       *Ended       `json:"ended,omitempty"`    // nil: it runs, or was killed
}

// How a plan was confirmed.
const (
	Typed      = "typed at the terminal"
	Unattended = "by --yes"
)

// A Prediction is one that was written down before the first fault.
type Prediction struct {
	Scenario string    `json:"scenario"`
	Phase    string    `json:"phase"` // with the faults
	Text     string    `json:"text"`  // a comparison of the claim language
	By       string    `json:"by"`    // whoever wrote it, or the file that has it
	At       time.Time `json:"at"`    // when it was written into the plan
}

// Ended is how a drill ended.
type Ended struct {
	At     time.Time `json:"at"`
	Halted string    `json:"halted,omitempty"` // what halted it: "bench halt", …; empty: nobody did
	HaltAt time.Time `json:"halt_at,omitzero"` // when
	Back   float64   `json:"back,omitempty"`   // s, from then until everything that was started had ended, too
	Wrong  string    `json:"wrong,omitempty"`  // what went wrong beside the service
}

// An At is a place of predictions: an episode of a scenario.
type At struct {
	Scenario *scenarios.Scenario
	scenarios.Episode
}

// Episodes are those of all scenarios, in the order in which they are played.
func Episodes(all []*scenarios.Scenario) (out []At) {
	for _, s := range all {
		for _, e := range s.Episodes() {
			out = append(out, At{s, e})
		}
	}
	return out
}

// Prepare makes scenarios those of a drill: one round, each fault after a steady state. The error is all that keeps
// them from being drilled; nothing of them is changed in place. hurts: the service can have faults.
func Prepare(all []*scenarios.Scenario, hurts bool) (out []*scenarios.Scenario, err error) {
	var errs []error
	if !hurts {
		errs = append(errs, errors.New("a service that already runs cannot be hurt through its URL alone: name the toxiproxy before its Redis with --toxiproxy, or start it with --target-cmd"))
	}
	for _, s := range all {
		c := *s
		c.Rounds = claim.Looks{Min: 1, Max: 1}
		if s.HurtsNothing() {
			errs = append(errs, fmt.Errorf("scenario %s has no fault, so there is nothing to rehearse: bench run %s measures it, and bench list shows those with faults", s.Name, s.Name))
			continue
		}
		for _, seg := range s.Segments() {
			if first, ok := seg.Hurts(); ok && first == 0 {
				errs = append(errs, fmt.Errorf("scenario %s: phase %s begins with a fault, so no steady state is seen before it: put a phase before it, or give the fault a from", s.Name, seg.Phases[0].Name))
			}
		}
		if c.Steady == nil {
			c.Steady = &scenarios.Condition{Holds: DefaultSteady, Over: time.Second}
		}
		out = append(out, &c)
	}
	return out, errors.Join(errs...)
}

// Expect adds a prediction of an episode. The error says why it cannot be measured.
func (p *Plan) Expect(at At, text, by string, now time.Time) error {
	c, mistakes := at.Scenario.Predict(at.Episode, text)
	var errs []error
	for _, m := range mistakes {
		errs = append(errs, fmt.Errorf("prediction of phase %s (%q): column %d: %s", at.Phase.Name, text, m.Col, m.Msg))
	}
	if c != nil {
		for _, alert := range c.Alerts() {
			switch {
			case p.Prometheus == "":
				errs = append(errs, fmt.Errorf("prediction of phase %s (%q): nobody says when %s fires: name its Prometheus with --alerts http://host:port", at.Phase.Name, text, alert))
			case !slices.Contains(p.Alerts, alert):
				errs = append(errs, fmt.Errorf("prediction of phase %s (%q): %s", at.Phase.Name, text, figure.Unknown("alert of "+p.Prometheus, alert, p.Alerts)))
			}
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	p.Predictions = append(p.Predictions, Prediction{at.Scenario.Name, at.Phase.Name, text, by, now.UTC()})
	return nil
}

// Of are the predictions of a phase of a scenario.
func (p *Plan) Of(scenario, phase string) (out []Prediction) {
	for _, one := range p.Predictions {
		if one.Scenario == scenario && one.Phase == phase {
			out = append(out, one)
		}
	}
	return out
}

// Lacking are the episodes of which nothing is predicted.
func (p *Plan) Lacking(all []At) []At {
	return slices.DeleteFunc(slices.Clone(all), func(a At) bool { return len(p.Of(a.Scenario.Name, a.Phase.Name)) > 0 })
}

// Save writes drill.json into the run's folder.
func (p *Plan) Save(dir string) error { return save(filepath.Join(dir, PlanName), p) }

func save(path string, what any) error {
	b, err := json.MarshalIndent(what, "", "  ")
	if err != nil {
		return err
	}
	return replace(path, append(b, '\n'))
}

// replace writes a file in one step.
func replace(path string, b []byte) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	_, err = f.Write(b)
	if err := errors.Join(err, f.Chmod(0o644), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(f.Name(), path)
}

// ReadPlan reads drill.json of a run's folder. The error is fs.ErrNotExist where the run is no drill.
func ReadPlan(dir string) (*Plan, error) {
	p := &Plan{}
	return p, read(filepath.Join(dir, PlanName), p, &p.Schema)
}

func read(path string, into any, version *int) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	if err := json.Unmarshal(b, into); err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	if *version != schema {
		return fmt.Errorf("%s: another build wrote it (schema %d), and this build reads schema %d only", path, *version, schema)
	}
	return nil
}

// Is reports whether the run in dir is a drill.
func Is(dir string) bool {
	_, err := os.Stat(filepath.Join(dir, PlanName))
	return !errors.Is(err, fs.ErrNotExist)
}
