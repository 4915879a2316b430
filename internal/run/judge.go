package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/curve"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/recovery"
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
	curves   []*curve.Spec
	clocks   *recovery.Spec              // nil: no fault
	seen     map[string][][]claim.Round  // arm → claim → rounds
	traced   map[string][][]curve.Round  // arm → curve → rounds
	timed    map[string][]recovery.Round // arm → rounds
	load     *loadSeen
	running  bool              // the service already ran, and got no environment of ours
	died     map[string]string // arm → how an instance first failed by itself
	stopped  *history.Event    // by which a condition ended the scenario; nil: none did
}

// loadSeen is how well the generator kept its schedule, over all that was read.
type loadSeen struct {
	requests int
	lag      stats.Sketch // of requests that a worker was free for
}

func (l *loadSeen) String() string {
	return fmt.Sprintf("%d requests, send lag p50 %s, p99 %s", l.requests,
		figure.Format(l.lag.Quantile(0.50).Seconds(), "s"), figure.Format(l.lag.Quantile(0.99).Seconds(), "s"))
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
	b := &bench{scenario: s, arms: arms, seen: map[string][][]claim.Round{}, traced: map[string][][]curve.Round{},
		clocks: recovery.Of(s.Scope().Faults), timed: map[string][]recovery.Round{}, load: &loadSeen{}, died: map[string]string{}}
	var errs []error
	for _, t := range s.Claims {
		c, mistakes := claim.Compile(t, s.Scope())
		for _, m := range mistakes {
			errs = append(errs, fmt.Errorf("%s: claim %s: %s: column %d: %s", s.File, t.ID, m.Field, m.Col, m.Msg))
		}
		b.claims = append(b.claims, c)
	}
	for _, t := range s.Curves {
		c, mistakes := curve.Compile(t, s.Scope())
		for _, m := range mistakes {
			errs = append(errs, fmt.Errorf("%s: curve %s: %s: column %d: %s", s.File, t.ID, m.Field, m.Col, m.Msg))
		}
		b.curves = append(b.curves, c)
	}
	for _, a := range arms {
		b.seen[a.Name] = make([][]claim.Round, len(s.Claims))
		b.traced[a.Name] = make([][]curve.Round, len(s.Curves))
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
	for _, a := range b.arms {
		for e := range r.Arm(a.Name).Events() {
			if e.Kind == history.Stopped && e.Arm == a.Name {
				b.stopped = &e
			}
			// Who is not ready in a round that was played to its end had a fault in the way, and may have got ready later.
			failed := e.Name == "exit" || e.Name == "not ready" && !r.Whole()
			if e.Kind == history.Process && e.Arm == a.Name && failed && b.died[a.Name] == "" {
				why, _, _ := strings.Cut(e.Detail, "\n")
				b.died[a.Name] = fmt.Sprintf("instance %s: %s (%s) in %s", e.Instance, e.Name, why, filepath.Base(dir))
			}
		}
	}
	if !r.Whole() {
		return false, r.Err()
	}
	for _, a := range b.arms {
		h := r.Arm(a.Name)
		b.load.add(h)
		for i, seen := range claim.ObserveAll(b.claims, h) {
			b.seen[a.Name][i] = append(b.seen[a.Name][i], seen)
		}
		for i, c := range b.curves {
			b.traced[a.Name][i] = append(b.traced[a.Name][i], c.Observe(h))
		}
		if b.clocks != nil {
			b.timed[a.Name] = append(b.timed[a.Name], b.clocks.Observe(h))
		}
	}
	return true, r.Err()
}

// results judges every claim in every arm, claims first.
func (b *bench) results() []claim.Result {
	var out []claim.Result
	for i, c := range b.claims {
		for _, a := range b.arms {
			r := c.Judge(b.seen[a.Name][i], b.scenario.Rounds)
			r.Scenario, r.Arm, r.Policy = b.scenario.Name, a.Name, a.Policy
			// A service that fails by itself may fail again: nothing holds for it, whatever
			// its other instances made good.
			if how := b.died[a.Name]; how != "" && r.Verdict == claim.Holds {
				r.Verdict, r.Code = claim.Inconclusive, code.Died
				r.Because, r.Remedy = how+"; until then: "+r.Because, "a service that stays up"
			}
			b.stop(&r)
			if !b.running {
				r.Injected = injected(b.scenario, c)
			}
			out = append(out, r)
		}
	}
	return out
}

// drawn are the curves of every arm, curves first.
func (b *bench) drawn() []curve.Curve {
	var out []curve.Curve
	for i, c := range b.curves {
		for _, a := range b.arms {
			one := c.Judge(b.traced[a.Name][i])
			one.Scenario, one.Arm = b.scenario.Name, a.Name
			out = append(out, one)
		}
	}
	return out
}

// ticked are the clocks of every arm.
func (b *bench) ticked() []recovery.Times {
	if b.clocks == nil {
		return nil
	}
	var out []recovery.Times
	for _, a := range b.arms {
		for _, c := range b.clocks.Judge(b.timed[a.Name]) {
			c.Scenario, c.Arm = b.scenario.Name, a.Name
			c.Predicted = predicted(b.scenario, c)
			out = append(out, c)
		}
	}
	return out
}

// more reports whether another round could decide a claim that is awaited.
func (b *bench) more(awaits func(claim.Result) bool) bool {
	return slices.ContainsFunc(b.results(), func(r claim.Result) bool { return r.More && (awaits == nil || awaits(r)) })
}

// delays are the variables by which a scenario has its target add time, and
// where answers come from that contain it.
var delays = map[string]string{"DB_DELAY": "database", "AI_DELAY": "ai"}

// injected lists the delays that are part of what c measures: such a figure is
// modelled, not only measured.
func injected(s *scenarios.Scenario, c *claim.Claim) []string {
	var out []string
	note := func(env map[string]string) {
		for k, source := range delays {
			if v := env[k]; v != "" && c.Times(source) && !slices.Contains(out, k+"="+v) {
				out = append(out, k+"="+v)
			}
		}
	}
	note(s.Target.Env)
	for _, p := range s.Phases {
		note(p.Env)
	}
	slices.Sort(out)
	return out
}

// A Judged is a saved run and what follows from it.
type Judged struct {
	Saved    *Saved
	Results  []claim.Result
	Curves   []curve.Curve
	Clocks   []recovery.Times
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
		b.load, b.running = j.load, saved.Running
		for n := 1; ; n++ {
			rd := roundDir(dir, s.Name, n)
			if _, err := os.Stat(rd); errors.Is(err, fs.ErrNotExist) {
				break
			}
			if _, err := os.Stat(filepath.Join(rd, "events.jsonl")); errors.Is(err, fs.ErrNotExist) {
				j.Warnings = append(j.Warnings, fmt.Sprintf("round %s was not begun and does not count", filepath.Base(rd)))
				continue
			}
			whole, err := b.observe(ctx, rd)
			if err != nil {
				return nil, fmt.Errorf("judge %s: %w", dir, err)
			}
			if !whole {
				why := ""
				if b.stopped != nil {
					why = ": " + b.stopped.Detail
				}
				j.Warnings = append(j.Warnings, fmt.Sprintf("round %s was cut short and does not count%s", filepath.Base(rd), why))
			}
		}
		j.Results = append(j.Results, b.results()...)
		j.Curves = append(j.Curves, b.drawn()...)
		j.Clocks = append(j.Clocks, b.ticked()...)
	}
	return j, nil
}
