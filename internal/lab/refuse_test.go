package lab_test

import (
	"os"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/lab/process/processtest"
)

func TestOpenRefuses(t *testing.T) {
	rows := []struct {
		name   string
		change func(*lab.Spec)
		want   string
	}{
		{"no arm", func(s *lab.Spec) { s.Arms = nil }, "no arm"},
		{"an arm that is a path", func(s *lab.Spec) { s.Arms[0].Name = "../x" }, "letters, digits"},
		{"an arm twice", func(s *lab.Spec) { s.Arms = append(s.Arms, s.Arms[0]) }, "named twice"},
		{"no instance", func(s *lab.Spec) { s.Instances = 0 }, "0 instances"},
		{"no directory", func(s *lab.Spec) { s.Dir = "" }, "no directory"},
		{"no clock", func(s *lab.Spec) { s.Clock = nil }, "no clock"},
		{"a command that is not there", func(s *lab.Spec) { s.Command = []string{"nodee", "server.js"} }, `"nodee": executable file not found`},
		{"a mutant of somebody's service", func(s *lab.Spec) { s.Command = []string{"true"}; s.Arms[0].Mutant = "x" }, "reference target only"},
		{"an env that is the lab's", func(s *lab.Spec) { s.Env = map[string]string{"PORT": "80"} }, "PORT is set by the lab"},
		{"a Redis past the proxy", func(s *lab.Spec) { s.Env = map[string]string{"REDIS_URL": "redis://x"} }, "REDIS_URL is set by the lab"},
		{"an unknown Redis", func(s *lab.Spec) { s.Redis = "dragonfly" }, `"embedded", "server", "container" or redis://`},
		{"a Redis with TLS", func(s *lab.Spec) { s.Redis = "rediss://:hunter2@127.0.0.1:6379" }, "rediss://"},
		{"an unreadable Redis URL", func(s *lab.Spec) { s.Redis = "redis://:hunter2@127.0.0.1:hunter2" }, "cannot be read"},
		{"a wrong database", func(s *lab.Spec) { s.Redis = "redis://:hunter2@127.0.0.1:6379/x" }, "cannot be read"},
		{"a Redis elsewhere", func(s *lab.Spec) { s.Redis = "redis://:hunter2@192.0.2.1:6379" }, "not this machine"},
		{"a Redis that is not there", func(s *lab.Spec) { s.Redis = "redis://:hunter2@127.0.0.1:1/3" }, "refused"},
		{"one Redis for two arms", func(s *lab.Spec) {
			s.Redis = "redis://127.0.0.1:1"
			s.Arms = append(s.Arms, lab.ArmSpec{Name: "b"})
		}, "serves one arm"},
		{"URLs and two arms", func(s *lab.Spec) {
			s.URLs = []string{"http://127.0.0.1:1"}
			s.Arms = append(s.Arms, lab.ArmSpec{Name: "b"})
		}, "one arm"},
		{"URLs that arms cannot share", func(s *lab.Spec) {
			s.URLs = []string{"http://127.0.0.1:1"}
			s.Arms = []lab.ArmSpec{{Name: "a"}, {Name: "b"}}
		}, "shared evenly by 2 arms"},
		{"URLs and a command of an arm", func(s *lab.Spec) {
			s.URLs = []string{"http://127.0.0.1:1"}
			s.Arms = []lab.ArmSpec{{Name: "a", Command: []string{"true"}}}
		}, "not both"},
		{"a command that is not in its directory", func(s *lab.Spec) {
			s.Arms[0].Command, s.Arms[0].Dir = []string{"./server"}, os.TempDir()
		}, "no such file"},
		{"URLs and a command", func(s *lab.Spec) { s.URLs, s.Command = []string{"http://127.0.0.1:1"}, []string{"true"} }, "not both"},
		{"a URL elsewhere", func(s *lab.Spec) { s.URLs = []string{"http://192.0.2.1"} }, "--allow-host 192.0.2.1"},
		{"a URL without a scheme", func(s *lab.Spec) { s.URLs = []string{"localhost:80"} }, "http://host:port"},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			tmp := t.TempDir()
			t.Setenv("TMPDIR", tmp)
			s := spec(t)
			row.change(&s)
			_, err := lab.Open(t.Context(), s)
			if err == nil || !strings.Contains(err.Error(), row.want) {
				t.Errorf("Open: %v, want an error with %q", err, row.want)
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows the password: %v", err)
			}
			processtest.NothingLeft(t, tmp)
		})
	}
}

func TestCheckHost(t *testing.T) {
	rows := []struct {
		url   string
		allow []string
		ok    bool
	}{
		{"http://127.0.0.1:8080", nil, true},
		{"http://127.8.8.8", nil, true},
		{"http://[::1]:80/x", nil, true},
		{"http://localhost:3000", nil, true},
		{"http://0.0.0.0:80", nil, false},
		{"http://192.0.2.7", nil, false},
		{"http://192.0.2.7", []string{"192.0.2.7"}, true},
		{"http://192.0.2.7:81", []string{"192.0.2.7:80"}, false},
		{"http://Staging.Example:81", []string{"staging.example"}, true},
		{"http://127.0.0.1.no.such.host.invalid", nil, false},
		{"redis://:hunter2@192.0.2.7:6379", nil, false},
		{"", []string{""}, false},
		{"http://", []string{""}, false},
		{"127.0.0.1:80", nil, false},
	}
	for _, row := range rows {
		err := lab.CheckHost(row.url, row.allow)
		if (err == nil) != row.ok {
			t.Errorf("CheckHost(%q, %v) = %v, want ok: %v", row.url, row.allow, err, row.ok)
		}
		if err != nil && strings.Contains(err.Error(), "hunter2") {
			t.Errorf("CheckHost(%q) shows the password: %v", row.url, err)
		}
	}
}
