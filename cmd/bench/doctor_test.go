package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/trektribe/bench/scenarios"
)

// Every claim of the library is in the table, and what is missing stands beside what it would enable.
func TestTheDoctorSaysWhatCanBeDecidedHere(t *testing.T) {
	var out bytes.Buffer
	err := decidesHere(&out, func(kind string) error {
		if kind != "embedded" {
			return errors.New("install it")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(out.String()), "\n")
	seen := map[string]string{} // kind → its line
	for _, l := range lines[1:] {
		for _, kind := range []string{"embedded", "server", "sentinel"} {
			if strings.Contains(l, "  "+kind+"  ") {
				seen[kind] = l
			}
		}
	}
	for kind, want := range map[string][]string{
		"embedded": {"all but those below", " yes ", "bench run all"},
		"server":   {"sessions.redis", " no ", "bench run --redis server ", "; install it"},
		"sentinel": {"scale.sentinel, scale.sentinel.writes, scale.sentinel.limit", " no ", "bench run scale-sentinel; install it"},
	} {
		for _, w := range want {
			if !strings.Contains(seen[kind], w) {
				t.Errorf("%s: %q, want %q in it", kind, seen[kind], w)
			}
		}
	}
	for _, name := range scenarios.Library() {
		s, err := scenarios.Load(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, c := range s.Claims {
			if needsRedis(s) != "embedded" && !strings.Contains(out.String(), c.ID) {
				t.Errorf("%s is in no row", c.ID)
			}
		}
	}
}
