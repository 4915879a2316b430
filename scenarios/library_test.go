package scenarios_test

import (
	"bytes"
	"errors"
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/trektribe/bench/scenarios"
)

var update = flag.Bool("update", false, "rewrite the golden files")

func TestLibraryInOrder(t *testing.T) {
	want := []string{"trips", "kinds", "instances", "limit", "limit-burst", "redis-outage", "redis-blackhole"}
	if got := scenarios.Usual(); !slices.Equal(got, want) {
		t.Errorf("Usual() = %v, want %v", got, want)
	}
	want = slices.Concat(want, fallback[2:], exactness[2:], ops, beyond)
	if got := scenarios.Library(); !slices.Equal(got[:min(len(got), len(want))], want) {
		t.Errorf("Library() = %v, want it to begin with %v", got, want)
	}
	onDisk, err := filepath.Glob("*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	if got := len(scenarios.Library()); got != len(onDisk) {
		t.Errorf("Library() has %d scenarios, the folder %d", got, len(onDisk))
	}
}

// fallback are the scenarios of that group.
var fallback = []string{"redis-outage", "redis-blackhole", "redis-slow", "redis-reset", "redis-flapping", "redis-partition",
	"redis-unconfigured", "redis-absent", "redis-stale", "redis-crash"}

// exactness are those of the scenarios about counts.
var exactness = []string{"limit", "limit-burst", "bookings", "leaderboard", "sessions", "sessions-restart", "sessions-blackhole", "sessions-redis", "notifications",
	"notifications-killed", "limit-exact", "limit-instances", "limit-clients", "limit-fallback", "limit-recovery"}

// ops are those about running the service and its Redis.
var ops = []string{"ops-auth", "ops-auth-wrong", "ops-metrics", "ops-logs", "ops-aof", "ops-aof-power", "ops-stack", "ops-order"}

// beyond are those about what the document does not speak of.
var beyond = []string{"redis-errors", "redis-halfopen", "redis-writes", "redis-bystander", "redis-again", "redis-sides",
	"database-slow", "database-gone", "database-and-redis"}

func TestGroups(t *testing.T) {
	if got, want := scenarios.Groups(), []string{"all", "beyond", "cache", "exactness", "fallback", "ops", "scale"}; !slices.Equal(got, want) {
		t.Errorf("Groups() = %v, want %v", got, want)
	}
	for group, want := range map[string][]string{"cache": {"trips", "kinds", "instances"}, "fallback": fallback, "exactness": exactness, "beyond": beyond, "ops": ops, "scale": {"scale-sentinel"}, "all": scenarios.Library(), "trips": nil, "": nil} {
		if got := scenarios.InGroup(group); !slices.Equal(got, want) {
			t.Errorf("InGroup(%q) = %v, want %v", group, got, want)
		}
	}
	for _, g := range scenarios.Groups() {
		if slices.Contains(scenarios.Library(), g) {
			t.Errorf("%s is both a group and a scenario", g)
		}
		scenarios.InGroup(g)[0] = "changed"
		if got := scenarios.InGroup(g)[0]; got == "changed" {
			t.Errorf("InGroup(%q) gives its own list away", g)
		}
	}
}

func TestLibraryLoads(t *testing.T) {
	ids := map[string]string{}
	for _, name := range scenarios.Library() {
		s, err := scenarios.Load(name)
		if err != nil {
			t.Error(err)
			continue
		}
		if s.Name != name {
			t.Errorf("%s.yaml is named %s", name, s.Name)
		}
		if len(s.Claims) == 0 {
			t.Errorf("%s decides nothing", name)
		}
		for _, c := range s.Claims {
			if c.Says == "" || c.Source == "" {
				t.Errorf("%s: claim %s does not say what was promised and where", name, c.ID)
			}
			if other := ids[c.ID]; other != "" {
				t.Errorf("claim %s is in %s and in %s", c.ID, other, name)
			}
			ids[c.ID] = name
		}
	}
}

func TestLoadTakesNamesAndPaths(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for name, text := range map[string]string{"mine.yaml": complete(""), "mine.yml": complete(""), "plain": complete(""), "bad.yaml": "nam: x\n", "huge.yaml": strings.Repeat("# more\n", 200_000)} {
		if err := os.WriteFile(name, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, row := range []struct{ name, file, err string }{
		{name: "trips", file: "scenarios/trips.yaml"},
		{name: "mine.yaml", file: "mine.yaml"},
		{name: "mine.yml", file: "mine.yml"},
		{name: "./plain", file: "./plain"},
		{name: filepath.Join(dir, "mine.yaml"), file: filepath.Join(dir, "mine.yaml")},
		{name: "bad.yaml", err: `bad.yaml:1:1: unknown key "nam" of a scenario (did you mean name?)`},
		{name: "huge.yaml", err: "huge.yaml:1:1: the file is larger than 1 MiB"},
		{name: "none.yaml", err: "read scenario none.yaml: no such file or directory"},
		{name: "./", err: "read scenario ./: not a regular file"},
		{name: "redis-outag", err: `no scenario "redis-outag" (did you mean redis-outage?); the library has: trips, kinds, instances, limit, limit-burst, redis-outage, redis-blackhole, `},
		{name: "plain", err: `no scenario "plain" (there is: trips, `},
		{name: "", err: `no scenario ""`},
		{name: "fallback", err: "fallback is a group of: " + strings.Join(fallback, ", ") + "; load these one by one"},
		{name: "fallbak", err: `no scenario "fallbak" (did you mean fallback?); the library has: ` + strings.Join(scenarios.Library(), ", ") + `; groups: all, beyond, cache, exactness, fallback, ops, scale;`},
	} {
		s, err := scenarios.Load(row.name)
		switch {
		case row.err == "" && err != nil:
			t.Errorf("Load(%q): %v", row.name, err)
		case row.err == "" && s.File != row.file:
			t.Errorf("Load(%q) is from %q, want %q", row.name, s.File, row.file)
		case row.err != "" && (err == nil || !strings.Contains(err.Error(), row.err)):
			t.Errorf("Load(%q): error %v, want %q in it", row.name, err, row.err)
		}
	}
	if _, err := scenarios.Load("none.yaml"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file is %v, want fs.ErrNotExist in it", err)
	}
}

func TestPlanGolden(t *testing.T) {
	everything := mustParse(t, full)
	for name, plan := range map[string]struct {
		s    *scenarios.Scenario
		arms []string
	}{
		"full":    {everything, []string{"documented", "hardened", "hardened+no-fallback"}},
		"nightly": {mustLoad(t, full, "nightly"), []string{"hardened"}},
		"least":   {mustParse(t, complete("")), []string{"hardened"}},
		"noarms":  {mustParse(t, complete("")), nil},
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := scenarios.Plan(&got, plan.s, plan.arms); err != nil {
				t.Fatal(err)
			}
			file := filepath.Join("testdata", "plan-"+name+".golden")
			if *update {
				if err := os.WriteFile(file, got.Bytes(), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(got.Bytes(), want) {
				t.Errorf("plan is\n%s\nwant\n%s", got.Bytes(), want)
			}
		})
	}
}

func TestPlanReturnsTheWritersError(t *testing.T) {
	full := errors.New("disk full")
	if err := scenarios.Plan(failing{full}, mustParse(t, complete("")), nil); !errors.Is(err, full) {
		t.Errorf("Plan = %v, want %v", err, full)
	}
}

type failing struct{ err error }

func (f failing) Write([]byte) (int, error) { return 0, f.err }
