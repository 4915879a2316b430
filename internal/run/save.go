package run

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/lab/redis"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/scenarios"
)

// schema is the version of a run folder's layout. A reader refuses any other. It rises when a
// key changes its name or its meaning; 2: a stream has a type, and its timeout is its timeout.
const schema = 2

// Saved is run.json: everything about a run that is not in its rounds. It is
// written before the first round and again at the end.
type Saved struct {
	Schema      int                   `json:"schema"`
	Name        string                `json:"name"`
	Started     time.Time             `json:"started"`
	Elapsed     time.Duration         `json:"elapsed"` // 0: the run was cut short
	Interrupted bool                  `json:"interrupted"`
	Seed        uint64                `json:"seed"`
	Engine      load.Engine           `json:"engine,omitempty"` // that sent the traffic; empty: net/http, and own: workers, by versions that had no other
	Machine     Machine               `json:"machine"`
	Redis       redis.Info            `json:"redis"`
	RedisOf     map[string]redis.Info `json:"redis_of,omitempty"`  // of the scenarios that need another kind
	Target      string                `json:"target"`              // the command or the URLs, passwords taken out
	Stack       string                `json:"stack,omitempty"`     // the services of a compose file, with their images
	Running     bool                  `json:"running"`             // the service already ran
	Toxiproxy   string                `json:"toxiproxy,omitempty"` // the user's own, which carries the faults
	Alerts      string                `json:"alerts,omitempty"`    // the Prometheus whose alerts were read, without its password
	Env         map[string]string     `json:"env,omitempty"`       // of every instance, beside the scenarios'; without secrets
	Contract    *contract.Contract    `json:"contract,omitempty"`  // how the service speaks, without secrets; nil: as the reference
	Arms        []lab.ArmSpec         `json:"arms"`
	Scenarios   []*scenarios.Scenario `json:"scenarios"`
	Warnings    []string              `json:"warnings,omitempty"`
}

// Folder is what the run's folder was called when it was made, but for a number behind it.
func (s *Saved) Folder() string { return folderName(s.Started, s.Name) }

func folderName(at time.Time, name string) string {
	return at.UTC().Format("20060102T150405Z") + "-" + name
}

// newFolder makes OUT/<UTC time>-<name>, with a number behind it when two runs
// begin in the same second.
func newFolder(out, name string, at time.Time) (string, error) {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return "", fmt.Errorf("make the output folder: %w; choose another with --out", err)
	}
	stem := folderName(at, name)
	for i := 1; ; i++ {
		dir := filepath.Join(out, stem)
		if i > 1 {
			dir = fmt.Sprintf("%s-%d", dir, i)
		}
		err := os.Mkdir(dir, 0o755)
		if err == nil {
			return dir, nil
		}
		if !errors.Is(err, fs.ErrExist) {
			return "", fmt.Errorf("make the run's folder: %w; choose another place with --out", err)
		}
	}
}

// pointLatest makes OUT/latest a symbolic link to dir, replacing the old one in one step.
func pointLatest(dir string) error {
	link := filepath.Join(filepath.Dir(dir), "latest")
	// Made within dir: a run that is killed between the two steps leaves nothing beside it.
	tmp := filepath.Join(dir, "latest.tmp")
	if err := os.Symlink(filepath.Base(dir), tmp); err != nil {
		return err
	}
	if err := os.Rename(tmp, link); err != nil {
		os.Remove(tmp)
		return err
	}
	return nil
}

// RoundDirs lists where the rounds of a scenario are kept, the first at 0; one that was not begun may be missing.
func RoundDirs(dir string, s *scenarios.Scenario) (all []string) {
	for n := 1; n <= s.Rounds.Max; n++ {
		all = append(all, roundDir(dir, s.Name, n))
	}
	return all
}

// roundDir is where round n (from 1) of a scenario is kept.
func roundDir(dir, scenario string, n int) string {
	return filepath.Join(dir, "rounds", fmt.Sprintf("%s-%02d", scenario, n))
}

// write replaces a file in one step, so that a reader meets the old one or the new one whole.
func write(path string, fill func(*os.File) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // gone already when all went well
	if err := errors.Join(fill(f), f.Chmod(0o644), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(f.Name(), path)
}

// warn adds what a reader must know, once.
func (s *Saved) warn(what string) {
	if !slices.Contains(s.Warnings, what) {
		s.Warnings = append(s.Warnings, what)
	}
}

func (s *Saved) save(dir string) error {
	return write(filepath.Join(dir, "run.json"), func(f *os.File) error {
		e := json.NewEncoder(f)
		e.SetIndent("", "  ")
		return e.Encode(s)
	})
}

// ReadSaved reads run.json of a saved run.
func ReadSaved(dir string) (*Saved, error) {
	path := filepath.Join(dir, "run.json")
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s is not a saved run: it has no run.json", dir)
	}
	if err != nil {
		return nil, err
	}
	var s Saved
	if err := json.Unmarshal(b, &s); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	switch {
	case s.Schema < schema:
		return nil, fmt.Errorf("%s: an older build saved this run (schema %d), and this build reads schema %d only: run it again", path, s.Schema, schema)
	case s.Schema > schema:
		return nil, fmt.Errorf("%s: a newer build saved this run (schema %d), and this build reads schema %d only: judge it with that build", path, s.Schema, schema)
	}
	for _, sc := range s.Scenarios {
		if strings.ContainsAny(sc.Name, `/\`) {
			return nil, fmt.Errorf("%s: scenario name %q is not a file name", path, sc.Name)
		}
	}
	return &s, nil
}
