// Package past reads saved runs for what looks at several of them: their results, and what must be alike for their figures
// to be comparable. It judges nothing.
package past

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"

	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/internal/trend"
	"github.com/trektribe/bench/reports"
	"github.com/trektribe/bench/scenarios"
)

// Runs reads the runs in a folder, the oldest first. What cannot be read is left out, with a warning that says why.
// The error says that there is no such folder, or no run in it.
func Runs(dir string) (runs []trend.Run, warnings []string, err error) {
	if _, err := os.Stat(filepath.Join(dir, "run.json")); err == nil {
		return nil, nil, fmt.Errorf("%s is one run: name the folder that holds several, such as %s", dir, filepath.Dir(filepath.Clean(dir)))
	}
	entries, err := os.ReadDir(dir)
	if err != nil {
		return nil, nil, err
	}
	for _, e := range entries {
		if !e.IsDir() {
			continue // such as latest, a link to one of them
		}
		r, err := one(filepath.Join(dir, e.Name()))
		if err != nil {
			warnings = append(warnings, err.Error())
			continue
		}
		runs = append(runs, r)
	}
	if len(runs) == 0 {
		return nil, warnings, fmt.Errorf("%s holds no run that can be read: bench run --out %s makes some", dir, dir)
	}
	slices.SortStableFunc(runs, func(a, b trend.Run) int { return a.Started.Compare(b.Started) })
	return runs, warnings, nil
}

// one reads one run.
func one(dir string) (trend.Run, error) {
	saved, err := run.ReadSaved(dir)
	if err != nil {
		return trend.Run{}, err
	}
	f, err := os.Open(filepath.Join(dir, "results.json"))
	if errors.Is(err, fs.ErrNotExist) {
		return trend.Run{}, fmt.Errorf("%s was not judged: bench judge %s", dir, dir)
	}
	if err != nil {
		return trend.Run{}, err
	}
	defer f.Close()
	results, err := reports.ReadResultsJSON(f)
	if err != nil {
		return trend.Run{}, fmt.Errorf("%s: %w; bench judge %s writes it again", f.Name(), err, dir)
	}
	r := trend.Run{Name: filepath.Base(dir), Started: saved.Started, Machine: Machine(saved), Plans: map[string]string{}, Results: results}
	for _, s := range saved.Scenarios {
		r.Plans[s.Name] = Plan(saved, s)
	}
	return r, nil
}

// Machine is what must be alike for figures of two runs to be comparable.
func Machine(s *run.Saved) string {
	m := s.Machine
	m.Load, m.Harness, m.Revision, m.Uncommitted = 0, "", "", false
	return fmt.Sprintf("%s, Redis %s", m, digest(s.Redis))
}

// Plan is the same for runs that did the same to the same: claims, predictions and the number of rounds may differ.
func Plan(s *run.Saved, sc *scenarios.Scenario) string {
	played := *sc
	played.About, played.Group, played.Profile, played.File = "", "", "", ""
	played.Claims, played.Curves, played.Rounds.Min, played.Rounds.Max = nil, nil, 0, 0
	played.Phases = slices.Clone(sc.Phases)
	for i := range played.Phases {
		played.Phases[i].Expect = nil // it is a prediction, and changes nothing that is done
	}
	return digest([]any{played, s.Arms, s.Env, s.Contract, s.Target, s.Running, s.Toxiproxy})
}

// digest is a short text that differs where v does.
func digest(v any) string {
	b, err := json.Marshal(v)
	if err != nil {
		return err.Error() // of what run.json held: it cannot fail
	}
	return fmt.Sprintf("%x", sha256.Sum256(b))[:12]
}
