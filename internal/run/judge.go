package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sort"
	"strings"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/stats"
	"github.com/trektribe/bench/scenarios"
)

// A bench is the claims of one scenario, compiled, with what they have seen in each arm.
type bench struct {
	scenario *scenarios.Scenario
	arms     []lab.ArmSpec
	claims   []*claim.Claim
	seen     map[string][][]claim.Round // arm → claim → rounds
	load     *loadSeen
}

// loadSeen is how well the generator kept its schedule, over all that was read.
type loadSeen struct {
	requests int
	lag      stats.Sketch // of requests that a worker was free for
}

func (l *loadSeen) String() string {
	return fmt.Sprintf("%d requests, send lag p50 %s, p99 %s", l.requests,
		claim.FormatValue(l.lag.Quantile(0.50).Seconds(), "s"), claim.FormatValue(l.lag.Quantile(0.99).Seconds(), "s"))
}

func (l *loadSeen) add(h history.History) {
	for r := range h.Requests() {
		l.requests++
		if r.Sent != 0 && !r.Queued {
			l.lag.Record(r.Lag())
		}
	}
}

func newBench(s *scenarios.Scenario, arms []lab.ArmSpec) (*bench, error) {
	b := &bench{scenario: s, arms: arms, seen: map[string][][]claim.Round{}, load: &loadSeen{}}
	var errs []error
	for _, t := range s.Claims {
		c, mistakes := claim.Compile(t, s.Scope())
		for _, m := range mistakes {
			errs = append(errs, fmt.Errorf("%s: claim %s: %s: column %d: %s", s.File, t.ID, m.Field, m.Col, m.Msg))
		}
		b.claims = append(b.claims, c)
	}
	for _, a := range arms {
		b.seen[a.Name] = make([][]claim.Round, len(s.Claims))
	}
	return b, errors.Join(errs...)
}

// observe adds the saved round in dir. It reports whether the round was whole; one that was cut short says nothing.
func (b *bench) observe(ctx context.Context, dir string) (bool, error) {
	r, err := history.OpenRound(ctx, dir)
	if err != nil {
		return false, err
	}
	defer r.Close()
	if !r.Whole() {
		return false, nil
	}
	for _, a := range b.arms {
		h := r.Arm(a.Name)
		b.load.add(h)
		for i, seen := range claim.ObserveAll(b.claims, h) {
			b.seen[a.Name][i] = append(b.seen[a.Name][i], seen)
		}
	}
	return true, r.Err()
}

// results judges every claim in every arm, claims first.
func (b *bench) results() []claim.Result {
	var out []claim.Result
	injected := injected(b.scenario)
	for i, c := range b.claims {
		for _, a := range b.arms {
			r := c.Judge(b.seen[a.Name][i], b.scenario.Rounds)
			r.Scenario, r.Arm, r.Policy, r.Injected = b.scenario.Name, a.Name, a.Policy, injected
			out = append(out, r)
		}
	}
	return out
}

// more reports whether another round could decide a claim.
func (b *bench) more() bool {
	return slices.ContainsFunc(b.results(), func(r claim.Result) bool { return r.More })
}

// injected lists the delays that the scenario adds to its target: figures that
// contain them are modelled, not measured.
func injected(s *scenarios.Scenario) []string {
	var out []string
	for k, v := range s.Target.Env {
		if strings.HasSuffix(k, "_DELAY") && v != "" {
			out = append(out, k+"="+v)
		}
	}
	sort.Strings(out)
	return out
}

// A Judged is a saved run and what follows from it.
type Judged struct {
	Saved    *Saved
	Results  []claim.Result
	Warnings []string // what could not be used
	load     *loadSeen
}

// Judge reads a saved run and decides its claims. The same folder gives the same results.
func Judge(ctx context.Context, dir string) (*Judged, error) {
	saved, err := read(dir)
	if err != nil {
		return nil, err
	}
	j := &Judged{Saved: saved, Warnings: saved.Warnings, load: &loadSeen{}}
	for _, s := range saved.Scenarios {
		b, err := newBench(s, saved.Arms)
		if err != nil {
			return nil, err
		}
		b.load = j.load
		for n := 1; ; n++ {
			rd := roundDir(dir, s.Name, n)
			if _, err := os.Stat(rd); errors.Is(err, fs.ErrNotExist) {
				break
			}
			whole, err := b.observe(ctx, rd)
			if err != nil {
				return nil, fmt.Errorf("judge %s: %w", dir, err)
			}
			if !whole {
				j.Warnings = append(j.Warnings, fmt.Sprintf("round %s was cut short and does not count", filepath.Base(rd)))
			}
		}
		j.Results = append(j.Results, b.results()...)
	}
	return j, nil
}
