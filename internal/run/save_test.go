package run

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/traffic"
	"github.com/trektribe/bench/scenarios"
)

func TestTwoRunsOfOneSecondHaveTwoFoldersAndLatestIsTheLast(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	a, err := newFolder(out, "bench", at)
	if err != nil {
		t.Fatal(err)
	}
	b, err := newFolder(out, "bench", at)
	if err != nil {
		t.Fatal(err)
	}
	if filepath.Base(a) != "20260102T030405Z-bench" || filepath.Base(b) != "20260102T030405Z-bench-2" {
		t.Errorf("folders %s and %s", a, b)
	}
	for _, dir := range []string{a, b, b} {
		if err := pointLatest(dir); err != nil {
			t.Fatal(err)
		}
		got, err := filepath.EvalSymlinks(filepath.Join(out, "latest"))
		if want, _ := filepath.EvalSymlinks(dir); err != nil || got != want {
			t.Errorf("latest is %s, %v, want %s", got, err, want)
		}
	}
	if left, _ := os.ReadDir(out); len(left) != 3 { // a, b and latest
		t.Errorf("in the output folder: %v", left)
	}
	if left, _ := os.ReadDir(b); len(left) > 0 {
		t.Errorf("left in the run's folder: %v", left)
	}
}

func TestAFileIsWrittenWholeOrNotAtAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "results.json")
	if err := write(path, func(f *os.File) error { _, err := f.WriteString("old"); return err }); err != nil {
		t.Fatal(err)
	}
	full := errors.New("no space left")
	err := write(path, func(f *os.File) error { f.WriteString("ne"); return full })
	if !errors.Is(err, full) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v, want %v with the path", err, full)
	}
	if b, _ := os.ReadFile(path); string(b) != "old" {
		t.Errorf("the file holds %q, want the old text", b)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}

func TestPasswordsAreNeitherSavedNorShown(t *testing.T) {
	s := &scenarios.Scenario{Name: "s", Target: scenarios.Target{Instances: 1, Env: map[string]string{"DB": "postgres://u:secret@h/d"}},
		Phases: []scenarios.Phase{{Name: "a", Env: map[string]string{"DB": "postgres://:secret@h/d"}}}}
	clean := presentable([]*scenarios.Scenario{s})
	saved := &Saved{Target: TargetText(lab.Spec{Command: []string{"env", "MONGO=mongodb://u:secret@h/db", "node", "--redis=redis://:se/cr@secret@h", "--password=secret", "http://h/?pass=secret&x=1"}}), Scenarios: clean}
	text := saved.Target + clean[0].Phases[0].Env["DB"]
	for _, c := range conditions(saved, &loadSeen{}) {
		text += c.Value
	}
	if strings.Contains(text, "secret") || !strings.Contains(text, "mongodb://xxxxx@h/db") {
		t.Errorf("shown: %s", text)
	}
	if s.Target.Env["DB"] != "postgres://u:secret@h/d" || s.Phases[0].Env["DB"] != "postgres://:secret@h/d" {
		t.Error("the service itself lost its password")
	}
}

func TestOnlyTheEndOfTheContextIsNoFailure(t *testing.T) {
	disk := errors.New("no space left")
	for name, tt := range map[string]struct {
		in   error
		want bool
	}{
		"nothing":              {nil, false},
		"interrupted":          {context.Canceled, false},
		"interrupted twice":    {errors.Join(context.Canceled, errors.Join(context.Canceled)), false},
		"interrupted, wrapped": {errors.Join(context.Canceled, wrapped{context.Canceled}), false},
		"disk":                 {disk, true},
		"disk, interrupted":    {errors.Join(context.Canceled, disk), true},
	} {
		if got := failure(tt.in) != nil; got != tt.want {
			t.Errorf("%s: failure %v, want %v", name, failure(tt.in), tt.want)
		}
	}
}

type wrapped struct{ error }

func (w wrapped) Unwrap() error { return w.error }

func TestOnlyFiguresThatContainAnInjectedDelayAreMarked(t *testing.T) {
	s := &scenarios.Scenario{
		Target:  scenarios.Target{Env: map[string]string{"DB_DELAY": "200ms", "TTL_TRIPS": "2s"}},
		Phases:  []scenarios.Phase{{Name: "warm"}, {Name: "slow", Env: map[string]string{"DB_DELAY": "900ms"}}},
		Traffic: []scenarios.Stream{{Stream: traffic.Stream{Name: "trips"}}},
	}
	for holds, want := range map[string]string{
		"p50(trips[source=database]) <= 1s":                                 "DB_DELAY=200ms DB_DELAY=900ms",
		"p50(trips) <= 1s":                                                  "DB_DELAY=200ms DB_DELAY=900ms",
		"p50(trips[source=cache]) <= 6ms":                                   "",
		"p50(trips[source=database]) / p50(trips[source=cache]) >= 9":       "DB_DELAY=200ms DB_DELAY=900ms",
		"share(trips[source=cache, within=6ms], trips[source=cache]) >= 1%": "",
		"share(trips[within=6ms], trips) >= 1%":                             "DB_DELAY=200ms DB_DELAY=900ms",
		"availability(trips) >= 99%":                                        "",
		"hit_ratio(trips) >= 10%":                                           "",
	} {
		c, errs := claim.Compile(claim.Text{ID: "x", Holds: holds}, s.Scope())
		if len(errs) > 0 {
			t.Fatal(errs[0])
		}
		if got := strings.Join(injected(s, c), " "); got != want {
			t.Errorf("%s: injected %q, want %q", holds, got, want)
		}
	}
}
