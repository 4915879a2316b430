package lab_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/scenarios"
)

func TestCan(t *testing.T) {
	url := lab.Spec{Redis: "redis://:hunter2@127.0.0.1/3"}
	rows := []struct {
		name     string
		spec     lab.Spec
		kind, on string
		want     string // in the error; empty: it can
	}{
		{"an instance", url, "killed", "instance", ""},
		{"an instance's path", url, "latency", "instance", "unknown fault"},
		{"instances that already run, killed", lab.Spec{URLs: []string{"http://127.0.0.1:1"}}, "killed", "instance", "--target-cmd"},
		{"a path", url, "blackhole", "redis", ""},
		{"the default is embedded", lab.Spec{}, "loading", "redis", ""},
		{"killed embedded", lab.Spec{Redis: "embedded"}, "killed", "redis", ""},
		{"killed server", lab.Spec{Redis: "server"}, "killed", "redis", ""},
		{"slowcmd server", lab.Spec{Redis: "server"}, "slowcmd", "redis", ""},
		{"slowcmd embedded", lab.Spec{}, "slowcmd", "redis", "slowcmd on redis cannot be done to the embedded Redis: use --redis server"},
		{"loading server", lab.Spec{Redis: "server"}, "loading", "redis", "use --redis embedded, or the fault error of all commands on the path to redis"},
		{"maxclients embedded", lab.Spec{}, "maxclients", "redis", ""},
		{"reloaded embedded", lab.Spec{}, "reloaded", "redis", "use --redis server"},
		{"readonly server", lab.Spec{Redis: "server"}, "readonly", "redis", ""},
		{"readonly embedded", lab.Spec{}, "readonly", "redis", ""},
		{"busy embedded", lab.Spec{}, "busy", "redis", ""},
		{"somebody's, readonly", url, "readonly", "redis", "is somebody's: use --redis embedded or server"},
		{"a database", url, "locked", "database", ""},
		{"a database elsewhere", lab.Spec{Env: map[string]string{"MONGODB_URI": "mongodb://x"}}, "locked", "database", "MONGODB_URI has the service use another database"},
		{"a database of instances that already run", lab.Spec{URLs: []string{"http://127.0.0.1:1"}}, "locked", "database", "--target-cmd"},
		{"a database's process", lab.Spec{}, "killed", "database", `unknown fault "killed" on database; there are: locked`},
		{"somebody's", url, "flushed", "redis", "redis://:xxxxx@127.0.0.1/3 is somebody's: use --redis embedded or server"},
		{"an unknown kind", lab.Spec{}, "murdered", "redis", `unknown fault "murdered" on redis; there are: latency, spikes, `},
		{"an unknown dependency", lab.Spec{}, "killed", "mongo", `no dependency "mongo"`},
		{"instances that already run", lab.Spec{URLs: []string{"http://127.0.0.1:1"}}, "killed", "redis", "--target-cmd"},
	}
	for _, row := range rows {
		err := row.spec.Can(row.kind, row.on)
		if (err == nil) != (row.want == "") || err != nil && !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, want %q", row.name, err, row.want)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: the error shows the password", row.name)
		}
	}
}

// The scenario language refuses a fault that is over before its canary has waited for it.
func TestScenariosLastLongerThanCanariesWait(t *testing.T) {
	for kind, wait := range map[string]time.Duration{"blackhole": fault.PathWait, "mute, commands: reads": fault.PathWait, "stopped": fault.ProcessWait, "slowcmd": fault.ProcessWait} {
		text := fmt.Sprintf("name: x\nphases: [{name: a, for: 2s, faults: [{kind: %s, on: redis, for: %v}]}]\ntraffic: [{name: t, call: GET /a, rate: 1/s}]\n", kind, wait)
		if _, err := scenarios.Parse("x.yaml", []byte(text)); err == nil || !strings.Contains(err.Error(), "cannot be proved") {
			t.Errorf("%s for %v, which its canary waits: %v, want that it cannot be proved", kind, wait, err)
		}
	}
}

// Each error of Redis, and an outage of another kind, is a phase of one scenario, judged by itself, on the default Redis.
func TestEachErrorIsAPhaseOfOneScenario(t *testing.T) {
	kinds := []string{"loading", "oom", "noauth", "readonly", "busy", "maxclients", "error, commands: all, answer: CLUSTERDOWN it is", "blackhole"}
	text := "name: x\nphases:\n  - {name: steady, for: 1s}\n"
	claims := "traffic: [{name: t, call: GET /a, rate: 1/s}]\nclaims:\n"
	for i, kind := range kinds {
		text += fmt.Sprintf("  - {name: p%d, for: 1s, faults: [{kind: %s, on: redis}]}\n  - {name: after%d, for: 1s}\n", i, kind, i)
		claims += fmt.Sprintf("  - {id: c%d, holds: \"availability(t[phase=p%d]) >= 99%%\"}\n", i, i)
	}
	s, err := scenarios.Parse("x.yaml", []byte(text+claims))
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Segments()) != 1 || len(s.Claims) != len(kinds) {
		t.Errorf("%d segments and %d claims, want 1 and %d", len(s.Segments()), len(s.Claims), len(kinds))
	}
	for _, p := range s.Phases {
		for _, f := range p.Faults {
			if err := (lab.Spec{}).Can(f.Kind, f.On); err != nil {
				t.Errorf("%s: %v", p.Name, err)
			}
		}
	}
}
