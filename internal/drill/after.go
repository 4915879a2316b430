package drill

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/reports"
	"github.com/trektribe/bench/scenarios"
)

// After is after.json: what came of a drill. It follows from the run's folder alone.
type After struct {
	Schema   int       `json:"schema"`
	Started  time.Time `json:"started"`
	Target   string    `json:"target"`
	Episodes []Episode `json:"episodes"` // arm by arm in each
}

// An Episode is one phase with faults, and what came of it in one arm. Times are in s.
type Episode struct {
	Scenario    string    `json:"scenario"`
	Arm         string    `json:"arm"`
	Phase       string    `json:"phase"`
	Faults      []string  `json:"faults"` // "refused on redis of every instance"
	Kinds       []string  `json:"kinds"`  // "refused on redis"
	For         float64   `json:"for"`    // of the phase
	Begun       bool      `json:"begun"`
	Whole       bool      `json:"whole"`         // it and what comes after it were played to the end
	Why         string    `json:"why,omitempty"` // not begun, or not whole: why
	At          float64   `json:"at"`            // since the beginning of the round
	Proved      bool      `json:"proved"`        // canaries met the fault, everywhere
	Before      Steady    `json:"before"`
	After       Steady    `json:"after"`
	Moments     []Moment  `json:"moments"`
	Unnoticed   bool      `json:"unnoticed,omitempty"` // alerts were read, and none began to fire
	Predictions []Outcome `json:"predictions"`
	Lost        []Lost    `json:"lost"`
	On          int       `json:"on"`  // faults switched on
	Off         int       `json:"off"` // and lifted
}

// Steady is a steady state that was asked for.
type Steady struct {
	Condition string `json:"condition"`
	Is        string `json:"is"`  // IsSteady, …
	Was       string `json:"was"` // what it was, or why it is not known
}

// What a steady state can be.
const (
	IsSteady  = "steady"
	NotSteady = "not steady"
	Unknown   = "not known"
	NotAsked  = "not asked"
)

// A Moment is one time on the timeline of an episode, of all streams and instances.
type Moment struct {
	Name    string  `json:"name"`
	From    string  `json:"from"` // what Lo and Hi count from
	Known   bool    `json:"known"`
	Lo      float64 `json:"lo"`                 // the earliest
	Hi      float64 `json:"hi"`                 // the latest
	AtLeast bool    `json:"at_least,omitempty"` // the latest did not come before the end
	Why     string  `json:"why,omitempty"`      // not known: why
}

// An Outcome is a prediction against what was measured.
type Outcome struct {
	Prediction
	Is  string `json:"is"`            // Hit, Miss or Unseen
	Was string `json:"was,omitempty"` // what was measured, part by part
	Why string `json:"why,omitempty"` // not observable: why; of a hit, what a reader should know
}

// What can come of a prediction.
const (
	Hit    = "hit"
	Miss   = "miss"
	Unseen = "not observable"
)

// Lost counts the requests of a stream that had no correct answer.
type Lost struct {
	Stream string `json:"stream"`
	When   string `json:"when"` // "during" the fault or "after" it
	Asked  int    `json:"asked"`
	Failed int    `json:"failed"`
	Kinds  string `json:"kinds,omitempty"` // "12 × timeout, 3 × status 500"
}

// Look reads what came of the drill in a run's folder.
func Look(ctx context.Context, dir string, p *Plan) (*After, *run.Saved, error) {
	saved, err := run.ReadSaved(dir)
	if err != nil {
		return nil, nil, err
	}
	out := &After{Schema: schema, Started: saved.Started, Target: saved.Target}
	halted := haltOf(p)
	for _, s := range saved.Scenarios {
		round := run.RoundDirs(dir, s)[0]
		var all [][]Episode // by arm
		r, err := history.OpenRound(ctx, round)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			for _, a := range saved.Arms {
				all = append(all, unplayed(s, a.Name, halted))
			}
		case err != nil:
			return nil, nil, err
		default:
			for _, a := range saved.Arms {
				all = append(all, observe(p, s, a.Name, r.Arm(a.Name), halted))
			}
			if err := errors.Join(r.Err(), r.Close()); err != nil {
				return nil, nil, err
			}
		}
		for i := range s.Episodes() {
			for _, arm := range all {
				out.Episodes = append(out.Episodes, arm[i])
			}
		}
	}
	return out, saved, ctx.Err()
}

// haltOf says how the drill was cut short, where a person or a file did.
func haltOf(p *Plan) string {
	switch {
	case p.Ended == nil:
		return "bench was killed before its end"
	case p.Ended.Halted != "":
		return "halted by " + p.Ended.Halted
	case p.Ended.Wrong != "":
		return p.Ended.Wrong
	}
	return ""
}

// unplayed are the episodes of a scenario that was not begun.
func unplayed(s *scenarios.Scenario, arm, why string) (out []Episode) {
	for _, e := range s.Episodes() {
		one := episodeOf(s, arm, e)
		one.Why = orElse(why, "the drill had ended before")
		out = append(out, one)
	}
	return out
}

func orElse(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// episodeOf is an episode of which nothing is known yet.
func episodeOf(s *scenarios.Scenario, arm string, e scenarios.Episode) Episode {
	out := Episode{Scenario: s.Name, Arm: arm, Phase: e.Phase.Name, Faults: e.FaultTexts(), For: e.Phase.For.Seconds(),
		Moments: []Moment{}, Predictions: []Outcome{}, Lost: []Lost{}}
	for _, f := range e.Phase.Faults {
		out.Kinds = appendNew(out.Kinds, f.Kind+" on "+f.On)
	}
	if s.Steady != nil {
		out.Before.Condition, out.After.Condition = s.Steady.Holds, s.Steady.Holds
	}
	out.Before.Is, out.After.Is = NotAsked, NotAsked
	return out
}

// Write looks at a drill and writes after.json, drill.md and drill.html into its folder. r is its judged run.
func Write(ctx context.Context, dir string, r reports.Run) (*Plan, *After, error) {
	p, err := ReadPlan(dir)
	if err != nil {
		return nil, nil, err
	}
	a, saved, err := Look(ctx, dir, p)
	if err != nil {
		return nil, nil, err
	}
	d := document(p, a, saved, r)
	page, err := d.html()
	if err != nil {
		return nil, nil, err
	}
	return p, a, errors.Join(save(filepath.Join(dir, AfterName), a),
		replace(filepath.Join(dir, pageName), d.markdown()), replace(filepath.Join(dir, htmlName), page))
}

// ReadAfter reads after.json of a run's folder.
func ReadAfter(dir string) (*After, error) {
	a := &After{}
	err := read(filepath.Join(dir, AfterName), a, &a.Schema)
	if errors.Is(err, os.ErrNotExist) {
		return nil, fs.ErrNotExist
	}
	return a, err
}
