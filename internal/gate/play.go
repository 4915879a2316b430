package gate

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/compare"
	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/scenarios"
)

// The arms of a comparison. B is what is judged.
const (
	A = "A"
	B = "B"
)

// Options say what to compare, and how.
type Options struct {
	Run    run.Options    // its Lab has the arms A and B
	Builds [2]string      // what they are, as the user named them
	Effect float64        // that matters: 0.05 is 5 %
	Rounds map[string]int // by scenario, of the first pass
}

// Play plays the first pass, and fresh rounds of the scenarios with a suspect. The report is valid beside an error of ctx.
func Play(ctx context.Context, o Options) (*Report, error) {
	first := o.Run
	first.All = true
	first.Scenarios = WithRounds(o.Run.Scenarios, o.Rounds)
	outcome, err := run.Run(ctx, first)
	if outcome.Dir == "" || err != nil && !errors.Is(err, context.Canceled) {
		return nil, err
	}
	r := &Report{Builds: o.Builds, Effect: o.Effect, Dir: outcome.Dir, Interrupted: ctx.Err() != nil, screened: o.Rounds}
	if err := r.screen(context.WithoutCancel(ctx), outcome.Results); err != nil {
		return nil, err
	}
	again := r.again()
	if len(again) > 0 && ctx.Err() == nil {
		fresh := o.Run
		fresh.All = true
		r.confirmed = map[string]int{}
		for _, s := range again {
			r.confirmed[s] = Confirming(o.Rounds[s])
		}
		fresh.Scenarios = WithRounds(slices.DeleteFunc(slices.Clone(o.Run.Scenarios), func(s *scenarios.Scenario) bool { return !slices.Contains(again, s.Name) }), r.confirmed)
		// Other requests, and the arms in the other order: what one had of its place, the other has now.
		fresh.Seed++
		fresh.Lab.Arms = slices.Clone(o.Run.Lab.Arms)
		slices.Reverse(fresh.Lab.Arms)
		fresh.Lab.URLs = slices.Clone(o.Run.Lab.URLs)
		slices.Reverse(fresh.Lab.URLs)
		fresh.Name, fresh.Out = "confirm", outcome.Dir
		o.Run.Progress.Say(fmt.Sprintf("%s; fresh rounds decide", r.suspicion()))
		outcome, err = run.Run(ctx, fresh)
		if outcome.Dir == "" || err != nil && !errors.Is(err, context.Canceled) {
			return nil, errors.Join(errors.New("the fresh rounds could not be played"), err)
		}
		r.Fresh, r.Interrupted = outcome.Dir, ctx.Err() != nil
		if err := r.confirm(context.WithoutCancel(ctx), outcome.Results); err != nil {
			return nil, err
		}
	}
	r.close()
	if err := r.save(); err != nil {
		return nil, err
	}
	return r, ctx.Err()
}

// Confirming is how many fresh rounds follow on so many: half as many more, since they alone decide.
func Confirming(rounds int) int { return max(compare.FewestRounds, (3*rounds+1)/2) }

// WithRounds are copies that play so many rounds.
func WithRounds(all []*scenarios.Scenario, rounds map[string]int) []*scenarios.Scenario {
	var out []*scenarios.Scenario
	for _, s := range all {
		c := *s
		c.Rounds.Max = rounds[s.Name]
		c.Rounds.Min = min(c.Rounds.Min, c.Rounds.Max)
		out = append(out, &c)
	}
	return out
}

// screen reads the first pass: the verdicts side by side, and the figures.
func (r *Report) screen(ctx context.Context, results []claim.Result) error {
	r.Verdicts = turns(results)
	all, err := observe(ctx, r.Dir)
	if err != nil {
		return err
	}
	for _, s := range all {
		f, lost := s.pair(A, B)
		if lost > 1 && len(f.A) == 0 {
			r.Lost = append(r.Lost, Lost{Scenario: s.scenario, Name: s.name, Rounds: lost})
			continue
		}
		if len(f.A) > 0 {
			r.figures = append(r.figures, f)
			r.Changes = append(r.Changes, compare.Compare(f, compare.Screening, r.Effect))
		}
	}
	r.suspects = compare.Suspects(r.figures, r.Effect)
	return nil
}

// confirm reads the fresh pass.
func (r *Report) confirm(ctx context.Context, results []claim.Result) error {
	all, err := observe(ctx, r.Fresh)
	if err != nil {
		return err
	}
	fresh := make([]compare.Figure, len(r.figures))
	for i, f := range r.figures {
		fresh[i] = compare.Figure{Scenario: f.Scenario, Name: f.Name, Unit: f.Unit, Scale: f.Scale, Better: f.Better}
		at := slices.IndexFunc(all, func(s *series) bool { return s.scenario == f.Scenario && s.name == f.Name })
		if at >= 0 {
			fresh[i], _ = all[at].pair(A, B)
		}
	}
	var suspects []compare.Figure
	for _, i := range r.suspects {
		suspects = append(suspects, fresh[i])
	}
	for k, c := range compare.Confirm(suspects, r.Effect) {
		r.Changes[r.suspects[k]] = c
	}
	for i := range r.Verdicts {
		r.Verdicts[i].confirm(turns(results))
	}
	for i, f := range fresh {
		if f.Scale != r.figures[i].Scale {
			continue
		}
		for k, n := range f.Numbers {
			r.figures[i].Numbers = append(r.figures[i].Numbers, n+freshFrom)
			r.figures[i].A, r.figures[i].B = append(r.figures[i].A, f.A[k]), append(r.figures[i].B, f.B[k])
		}
	}
	return nil
}

// freshFrom is added to the numbers of fresh rounds.
const freshFrom = 1000

// again lists the scenarios with something suspicious, in their order.
func (r *Report) again() []string {
	var out []string
	add := func(s string) {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	for _, i := range r.suspects {
		add(r.figures[i].Scenario)
	}
	for _, t := range r.Verdicts {
		if t.suspicious() {
			add(t.Scenario)
		}
	}
	return out
}

// save writes the report beside the run.
func (r *Report) save() error {
	return writeAll(r.Dir, "compare", r.JSON, r.Markdown)
}
