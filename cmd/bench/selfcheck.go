package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/mutant"
	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/internal/run/lanes"
	"github.com/trektribe/bench/reports"
	"github.com/trektribe/bench/scenarios"
)

const selfcheckHelp = `Show that the claims detect a broken service.

Usage: bench selfcheck [flags] [SCENARIO...]

Each mutant is the hardened reference service, broken in one known way. A scenario
with a claim that a mutant must break runs against this mutant, and against the
intact service. The harness fails when no claim detects a mutant, when no mutant
breaks a claim, or when a claim breaks without reason. The matrix of claims and
mutants goes to stdout. Each run has a folder of its own.

Flags:
  --mutants LIST  only these (default: all). Without LIST and SCENARIO, every claim
                  must have a mutant that breaks it
  --least         only enough mutants to break every claim once: half the time
  --redis WHICH   embedded, server, … as in bench run (default embedded)
  --seed N        the same seed sends the same requests (default: random, and printed)
  --out DIR       where the runs' folders are made (default reports/out/selfcheck)

Exit: 0 every mutant is detected by the claims that it breaks, and by no others;
1 otherwise; 2 could not run; 3 undecided; 130 interrupted.

Examples:
  bench selfcheck
  bench selfcheck --least fallback
  bench selfcheck --mutants no-set,no-flight trips
`

// How many arms run side by side. Measured on two shared cores, the generator sent up to
// 50 ms late at p99 where kinds was played with three arms, 780 requests a second in all,
// and not more than 5 ms with two and nothing else running.
const mostArms = 3

func runSelfcheck(ctx context.Context, args []string, out, errw io.Writer) int {
	fs := flag.NewFlagSet("selfcheck", flag.ContinueOnError)
	only := fs.String("mutants", "", "")
	least := fs.Bool("least", false, "")
	redis := fs.String("redis", "embedded", "")
	seed := fs.Uint64("seed", 0, "")
	dir := fs.String("out", "reports/out/selfcheck", "")
	names, err := parse(fs, selfcheckHelp, args, out)
	if err != nil {
		return stopped(err, errw)
	}
	if !given(fs, "seed") {
		*seed = uint64(rand.Uint32())
	}
	mutants, mutantErr := findMutants(*only)
	all, err := loadAll(names, "")
	if err := errors.Join(mutantErr, err); err != nil {
		return cannot(errw, err)
	}
	tty, width := terminal(errw)
	progress := reports.NewProgress(errw, tty, width)
	defer progress.Close()
	spec := lab.Spec{Redis: *redis, ReadyIn: 15 * time.Second}
	if left := doable(all, names, spec, progress.Say); len(left) < len(all) {
		mutants = slices.DeleteFunc(mutants, func(m mutant.Mutant) bool { return breaksOne(m, all) && !breaksOne(m, left) })
		all = left
	}
	if *least {
		mutants = cover(all, mutants)
	}
	began := time.Now()
	m := newMatrix(all, mutants, len(names) == 0 && *only == "")
	m.least = *least
	check := selfcheck{matrix: m, progress: progress, options: run.Options{
		Seed: *seed, Out: *dir, Lab: spec,
	}}
	err = check.run(ctx, all)
	progress.Close()
	if err != nil && !errors.Is(err, context.Canceled) {
		return cannot(errw, err)
	}
	code := m.print(out)
	fmt.Fprintf(out, "%s, seed %d, runs in %s\n", time.Since(began).Round(time.Second), *seed, *dir)
	if ctx.Err() != nil {
		return exitInterrupted
	}
	return code
}

// findMutants finds the named mutants, or all.
func findMutants(list string) ([]mutant.Mutant, error) {
	names := mutant.Names()
	if list != "" {
		names = strings.Split(list, ",")
	}
	var out []mutant.Mutant
	var errs []error
	for _, n := range names {
		m, err := mutant.Find(strings.TrimSpace(n))
		if err != nil {
			errs = append(errs, fmt.Errorf("--mutants: %w", err))
			continue
		}
		out = append(out, m)
	}
	return out, errors.Join(errs...)
}

// breaksOne reports whether a mutant flips a claim of one of the scenarios.
func breaksOne(m mutant.Mutant, all []*scenarios.Scenario) bool {
	return slices.ContainsFunc(all, func(s *scenarios.Scenario) bool {
		return slices.ContainsFunc(s.Claims, func(c claim.Text) bool { return flips(m, c.ID) })
	})
}

// cover is a small set of mutants that breaks each claim of the scenarios that any mutant
// breaks. It takes the mutant that breaks most of the remaining claims, and so on.
func cover(all []*scenarios.Scenario, mutants []mutant.Mutant) []mutant.Mutant {
	left := map[string]bool{}
	for _, s := range all {
		for _, c := range s.Claims {
			left[c.ID] = true
		}
	}
	breaks := func(m mutant.Mutant) (n int) {
		for id := range left {
			if flips(m, id) {
				n++
			}
		}
		return n
	}
	var out []mutant.Mutant
	for len(mutants) > 0 {
		best := slices.MaxFunc(mutants, func(a, b mutant.Mutant) int { return breaks(a) - breaks(b) })
		if breaks(best) == 0 {
			break
		}
		out = append(out, best)
		maps.DeleteFunc(left, func(id string, _ bool) bool { return flips(best, id) })
	}
	slices.SortFunc(out, func(a, b mutant.Mutant) int { return strings.Compare(a.Name, b.Name) })
	return out
}

// A selfcheck fills a matrix by runs of a few arms each.
type selfcheck struct {
	matrix   *matrix
	progress *reports.Progress
	options  run.Options
}

// A batch is one run: a scenario against a few arms.
type batch struct {
	scenario *scenarios.Scenario
	arms     []lab.ArmSpec
}

func (c *selfcheck) run(ctx context.Context, all []*scenarios.Scenario) error {
	var todo []batch
	for _, s := range all {
		todo = append(todo, batches(s, c.matrix.arms(s))...)
	}
	if len(todo) == 0 {
		return errors.New("none of the mutants breaks a claim of these scenarios; see bench selfcheck --help")
	}
	for i, b := range todo {
		at := remaining{c.progress, i + 1, len(todo), todo[i+1:]}
		if err := c.play(ctx, b, at); err != nil {
			return err
		}
		// An arm that a busy machine left undecided gets one more run.
		again := slices.DeleteFunc(slices.Clone(b.arms), func(a lab.ArmSpec) bool { return !c.matrix.undecided(b.scenario, a.Name) })
		if len(again) > 0 {
			if err := c.play(ctx, batch{b.scenario, again}, at); err != nil {
				return err
			}
		}
	}
	return nil
}

// batches deals the arms evenly to as few runs as possible.
func batches(s *scenarios.Scenario, arms []lab.ArmSpec) []batch {
	var out []batch
	together := mostArms
	for together > 1 && float64(together)*s.Offered() > lanes.MostOffered {
		together--
	}
	for n := (len(arms) + together - 1) / together; n > 0; n-- {
		size := (len(arms) + n - 1) / n
		out = append(out, batch{s, arms[:size]})
		arms = arms[size:]
	}
	return out
}

func (c *selfcheck) play(ctx context.Context, b batch, at remaining) error {
	o := c.options
	o.Name, o.Scenarios, o.Lab.Arms = b.scenario.Name, []*scenarios.Scenario{b.scenario}, b.arms
	o.Awaits = func(r claim.Result) bool { return c.matrix.expects(r.Arm, r.ID) }
	o.Progress = at
	outcome, err := run.Run(ctx, o)
	c.matrix.enter(outcome.Results)
	return err
}

// remaining shows run n of how many, and adds the later runs to the time left.
type remaining struct {
	*reports.Progress
	n, of int
	later []batch
}

func (r remaining) Show(s reports.State) {
	s.N, s.Of = r.n, r.of
	for _, b := range r.later {
		least, _ := lanes.Estimate(b.scenario)
		s.Left += least
	}
	r.Progress.Show(s)
}
