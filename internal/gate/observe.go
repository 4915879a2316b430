// Package gate compares builds: two of them in the same rounds, or one with what was stored of earlier ones.
//
// In go builds and scenarios; out comes a report of what changed, and whether it is an alarm. It plays
// through package run, and decides by package compare.
package gate

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/compare"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/scenarios"
)

// A series is one figure of one scenario, by arm and round.
type series struct {
	scenario string
	name     string
	like     claim.Figure // its unit, kind and direction
	seen     map[string]map[int]claim.Figure
}

// observe reads the figures of a saved run: each comparison of each claim, and beside them the times of each
// stream, the processor's time and the memory, in the phases without a fault.
func observe(ctx context.Context, dir string) ([]*series, error) {
	saved, err := run.ReadSaved(dir)
	if err != nil {
		return nil, err
	}
	var out []*series
	for _, s := range saved.Scenarios {
		w, err := newWatcher(s)
		if err != nil {
			return nil, err
		}
		for i, round := range run.RoundDirs(dir, s) {
			if err := w.round(ctx, i+1, round); err != nil {
				return nil, err
			}
		}
		out = append(out, w.all...)
	}
	return out, nil
}

// A watcher reads the rounds of one scenario.
type watcher struct {
	scenario *scenarios.Scenario
	claims   []*claim.Claim
	names    map[string]string // of comparisons that are no claim's
	all      []*series
}

func newWatcher(s *scenarios.Scenario) (*watcher, error) {
	w := &watcher{scenario: s, names: map[string]string{}}
	for _, t := range s.Claims {
		c, mistakes := claim.Compile(t, s.Scope())
		if len(mistakes) > 0 {
			return nil, fmt.Errorf("scenario %s: claim %s: %s", s.Name, t.ID, mistakes[0].Msg)
		}
		w.claims = append(w.claims, c)
	}
	add := func(name, holds string) {
		// What cannot be said of a stream is not compared: a socket has no response time.
		if c, mistakes := claim.Compile(claim.Text{ID: name, Holds: holds}, s.Scope()); len(mistakes) == 0 {
			w.claims = append(w.claims, c)
		}
	}
	for _, p := range s.Phases {
		if len(p.Faults) > 0 {
			continue
		}
		for _, t := range s.Traffic {
			if len(t.Phases) > 0 && !slices.Contains(t.Phases, p.Name) {
				continue
			}
			for _, q := range []string{"p50", "p90"} {
				add(q, fmt.Sprintf("%s(%s[phase=%s, ok]) <= 1h", q, t.Name, p.Name))
			}
		}
		if p.For >= leastForProcessor {
			used := fmt.Sprintf("delta(process_cpu_seconds_total[phase=%s]) / count(all[phase=%s])", p.Name, p.Name)
			w.names[used] = fmt.Sprintf("processor time per request[phase=%s]", p.Name)
			add("processor", used+" <= 1000")
		}
	}
	return w, nil
}

// leastForProcessor is how long a phase must be for the processor's time in it to say something.
const leastForProcessor = 500 * time.Millisecond

// round adds a saved round; one that is not whole has no figures.
func (w *watcher) round(ctx context.Context, n int, dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	r, err := history.OpenRound(ctx, dir)
	if err != nil {
		if ctx.Err() != nil {
			return err
		}
		return nil // run.Judge warns of it
	}
	defer r.Close()
	if !r.Whole() {
		return nil
	}
	for _, arm := range r.Arms() {
		h := r.Arm(arm)
		said := map[string]bool{}
		for i, seen := range claim.ObserveAll(w.claims, h) {
			for _, f := range w.claims[i].Figures(seen) {
				if said[f.Text] {
					continue // another claim measures the same
				}
				said[f.Text] = true
				if name, ok := w.names[f.Text]; ok {
					f.Text, f.Unit = name, "s"
				}
				w.add(arm, n, f)
			}
		}
		w.add(arm, n, memory(h))
	}
	return r.Err()
}

func (w *watcher) add(arm string, n int, f claim.Figure) {
	at := slices.IndexFunc(w.all, func(s *series) bool { return s.name == f.Text })
	if at < 0 {
		at = len(w.all)
		w.all = append(w.all, &series{scenario: w.scenario.Name, name: f.Text, like: f, seen: map[string]map[int]claim.Figure{}})
	}
	s := w.all[at]
	if s.seen[arm] == nil {
		s.seen[arm] = map[int]claim.Figure{}
	}
	s.seen[arm][n] = f
}

// memory is what all instances hold when the round ends.
func memory(h history.History) claim.Figure {
	f := claim.Figure{Text: "memory at the end", Unit: "B", Kind: claim.Ratio, Better: -1}
	last := map[string]float64{}
	for e := range h.Events() {
		if e.Kind == history.Counter && e.Name == "process_resident_memory_bytes" && e.Detail == "end" {
			last[e.Instance] = e.Value
		}
	}
	for _, v := range last {
		f.X += v
	}
	if len(last) == 0 {
		f.Absent = "nothing shows what its processes hold"
	}
	return f
}

// pair is the figure of two arms in the rounds that count for both. lost is in how many rounds only B has none.
func (s *series) pair(a, b string) (f compare.Figure, lost int) {
	f = compare.Figure{Scenario: s.scenario, Name: s.name, Unit: s.like.Unit, Scale: compare.Scale(s.like.Kind), Better: s.like.Better}
	var numbers []int
	for n := range s.seen[a] {
		numbers = append(numbers, n)
	}
	slices.Sort(numbers)
	for _, n := range numbers {
		x, y := s.seen[a][n], s.seen[b][n]
		_, there := s.seen[b][n]
		switch {
		case x.Absent != "":
			continue
		case !there || y.Absent != "":
			lost++
			continue
		}
		if f.Scale == compare.Ratio && (x.X <= 0 || y.X <= 0) {
			f.Scale = compare.Difference
		}
		f.Numbers = append(f.Numbers, n)
		f.A, f.B = append(f.A, compare.Value{X: x.X, K: x.K, N: x.N}), append(f.B, compare.Value{X: y.X, K: y.K, N: y.N})
	}
	return f, lost
}
