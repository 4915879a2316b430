package main

import (
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// Each of these is somebody's mistake, or bad luck. None may start anything
// that stays, and each message must say what and how to mend it.
func TestWhatCannotRunSaysWhyAndExitsWithTwo(t *testing.T) {
	file := filepath.Join(t.TempDir(), "a-file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	typo := filepath.Join(t.TempDir(), "typo.yaml")
	if err := os.WriteFile(typo, []byte("name: typo\nphasis: []\ntraffic:\n  - {name: a, call: GET /x, rate: -3/s}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	slow := filepath.Join(t.TempDir(), "slow.yaml")
	if err := os.WriteFile(slow, []byte("name: slow\nphases: [{name: a, for: 1s, faults: [{kind: slowcmd, on: redis}]}]\ntraffic:\n  - {name: a, call: GET /x, rate: 3/s}\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	older, newer := t.TempDir(), t.TempDir()
	for dir, text := range map[string]string{older: `{"schema": 1}`, newer: `{"schema": 9}`} {
		if err := os.WriteFile(filepath.Join(dir, "run.json"), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, taken, _ := net.SplitHostPort(l.Addr().String())

	for _, tt := range []struct {
		name string
		args []string
		want []string
	}{
		{"no command", nil, []string{"Usage"}},
		{"a command that is not there", []string{"rum"}, []string{`"rum"`, "run"}},
		{"a flag that is not there", []string{"run", "--rounds", "3"}, []string{"-rounds", "bench run --help"}},
		{"a scenario that is not there", []string{"run", "redis-outtage"}, []string{"redis-outtage", "redis-outage"}},
		{"a scenario named twice", []string{"run", "trips", "trips"}, []string{"twice"}},
		{"a run beyond its budget", []string{"run", "all", "--profile", "quick", "--budget", "4m"}, []string{"and the budget is 4 min", "--budget"}},
		{"a plan beyond its budget", []string{"plan", "--budget", "1s", "trips"}, []string{"and the budget is 1 s", "--budget"}},
		{"an engine that is not there", []string{"run", "--engine", "curl", "trips"}, []string{"--engine curl: want loop, workers or net/http"}},
		{"a profile that is not there", []string{"plan", "--profile", "weekly"}, []string{"no profile \"weekly\" (there is: quick, standard, nightly)"}},
		{"a file that is not there", []string{"run", "./none.yaml"}, []string{"none.yaml"}},
		{"a scenario with mistakes", []string{"run", typo}, []string{"typo.yaml:2:1", "phases", "typo.yaml:4:"}},
		{"plan of a scenario with mistakes", []string{"plan", typo}, []string{"typo.yaml:2:1", "phases"}},
		{"an output folder that is a file", []string{"run", "--out", file, "testdata/short.yaml"}, []string{file, "--out"}},
		{"a policy that is not there", []string{"run", "--arms", "hardend"}, []string{"hardend", "hardened"}},
		{"a mutant that is not there", []string{"run", "--arms", "hardened+no-falback"}, []string{"no-fallback"}},
		{"a target command that is not there", []string{"run", "--out", t.TempDir(), "--target-cmd", "no-such-program x", "testdata/short.yaml"}, []string{"no-such-program"}},
		{"a target that exits", []string{"run", "--out", t.TempDir(), "--target-cmd", `sh -c "echo my last words >&2; exit 3"`, "testdata/short.yaml"}, []string{"exit status 3", "my last words"}},
		{"a target that is never ready", []string{"run", "--out", t.TempDir(), "--ready-in", "300ms", "--target-cmd", "sleep 60", "testdata/short.yaml"}, []string{"300ms", "/health"}},
		{"a variable without a value", []string{"run", "--env", "SECRET"}, []string{"--env", "NAME=VALUE"}},
		{"a variable of a scenario", []string{"run", "--env", "TTL_TRIPS=1s", "trips"}, []string{"--env TTL_TRIPS", "trips sets it", "copy of the scenario"}},
		{"a variable of the lab", []string{"run", "--out", t.TempDir(), "--env", "PORT=1", "testdata/short.yaml"}, []string{"PORT", "set by the lab"}},
		{"a variable for a service that runs", []string{"run", "--env", "A=1", "--target-url", "http://127.0.0.1:1"}, []string{"--env", "already runs"}},
		{"a file of variables that is not there", []string{"run", "--env-file", "./none.env"}, []string{"--env-file", "none.env"}},
		{"a file of variables that is none", []string{"run", "--env-file", "testdata/short.yaml"}, []string{"--env-file", "short.yaml", "NAME=VALUE"}},
		{"command and URL", []string{"run", "--target-cmd", "x", "--target-url", "http://127.0.0.1:1"}, []string{"exclude"}},
		{"a host that is not loopback", []string{"run", "--out", t.TempDir(), "--target-url", "http://192.0.2.1:80", "testdata/short.yaml"}, []string{"192.0.2.1", "--allow-host"}},
		{"a Redis that is not loopback", []string{"run", "--out", t.TempDir(), "--arms", "hardened", "--redis", "redis://:secret@192.0.2.1:6379/1", "testdata/short.yaml"}, []string{"192.0.2.1", "--allow-host"}},
		{"a Redis that is no Redis", []string{"run", "--out", t.TempDir(), "--redis", "reddis", "testdata/short.yaml"}, []string{"embedded", "redis://"}},
		{"a URL where nothing listens", []string{"run", "--out", t.TempDir(), "--ready-in", "300ms", "--target-url", "http://127.0.0.1:9", "testdata/short.yaml"}, []string{"127.0.0.1:9"}},
		{"too many instances", []string{"run", "--instances", "99"}, []string{"--instances 99", "16"}},
		{"a fault that this Redis cannot do", []string{"run", "--out", t.TempDir(), slow}, []string{"phase a", "slowcmd", "--redis server"}},
		{"a folder that is no run", []string{"judge", t.TempDir()}, []string{"run.json"}},
		{"a run of an older build", []string{"judge", older}, []string{"an older build saved this run (schema 1)", "run it again"}},
		{"a run of a newer build", []string{"judge", newer}, []string{"a newer build saved this run (schema 9)"}},
		{"an unknown name", []string{"explain", "p51"}, []string{`"p51"`}},
		{"a port that is taken, for Redis", []string{"redis", "--port", taken}, []string{taken, "in use"}},
		{"an unknown mutant", []string{"serve", "--mutant", "nofallback"}, []string{"no-fallback"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errs := bench(tt.args...)
			if code != exitCannotRun {
				t.Errorf("exit %d, want %d\n%s", code, exitCannotRun, out)
			}
			for _, w := range tt.want {
				if !strings.Contains(errs, w) {
					t.Errorf("the message lacks %q:\n%s", w, errs)
				}
			}
			if strings.Contains(errs+out, "secret") {
				t.Errorf("a password was printed:\n%s%s", errs, out)
			}
		})
	}
}

func TestAPortThatIsTakenStopsTheService(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	t.Setenv("PORT", port)
	code, _, errs := bench("serve")
	if code != exitCannotRun || !strings.Contains(errs, "PORT") {
		t.Errorf("exit %d, want %d and a word about PORT:\n%s", code, exitCannotRun, errs)
	}
}

func TestEveryCommandHasHelpWithAnExample(t *testing.T) {
	for _, c := range commands() {
		if c.about == "" {
			continue
		}
		code, out, errs := bench(c.name, "--help")
		if code != 0 || errs != "" || !strings.Contains(out, "Usage: bench "+c.name) || !strings.Contains(out, "Example") {
			t.Errorf("bench %s --help: exit %d, %q, want usage and an example on stdout:\n%s", c.name, code, errs, out)
		}
		if _, viaHelp, _ := bench("help", c.name); viaHelp != out {
			t.Errorf("bench help %s differs from bench %s --help", c.name, c.name)
		}
	}
}
