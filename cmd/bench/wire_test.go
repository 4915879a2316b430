package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/machinetest"
)

// A fault of Redis says nothing of a service that does not use its Redis, however well that answers meanwhile. One that
// uses it is decided.
func TestAServiceThatDoesNotUseItsRedisIsNotJudgedByIt(t *testing.T) {
	machinetest.Need(t, "python3")
	for _, row := range []struct {
		mode    string
		code    code.Code
		because string
	}{
		{"pings", code.Unused, "its cache does not use the path of instance 1 to Redis: before the fault it sent "},
		{"heartbeat", code.Contradiction, `of instance 1 say "redis" while nothing came from Redis (refused)`},
		{"auth", code.Unused, "no command of its own succeeded on the path of instance 1 to Redis: before the fault it sent "},
		{"no-password", code.Unused, " × NOAUTH"},
		{"sound", "", ""},
	} {
		t.Run(row.mode, func(t *testing.T) {
			out := t.TempDir()
			exit, table, errs := bench("run", "--out", out, "--seed", "7", "--target-cmd", "env WIRE="+row.mode+" python3 testdata/wire.py", "testdata/wire.yaml")
			got := results(t, filepath.Join(out, "latest"))
			if len(got) != 3 {
				t.Fatalf("exit %d, %d claims were judged, want 3\n%s%s", exit, len(got), table, errs)
			}
			for id, r := range got {
				switch {
				case row.because == "" && r.Verdict == claim.Holds:
				case row.because == "" && r.Code.OfMachine():
					machinetest.Busy(t, "%s: undecided: %s", id[0], r.Because)
				case row.because == "":
					t.Errorf("%s: %s (%s) because %q, want it to hold", id[0], r.Verdict, r.Code, r.Because)
				case r.Verdict != claim.Inconclusive || r.Code != row.code || !strings.Contains(r.Because, row.because) || r.Remedy == "":
					t.Errorf("%s: %s (%s) because %q, want it undecided because %q", id[0], r.Verdict, r.Code, r.Because, row.because)
				}
			}
			if row.because != "" && exit != exitUndecided {
				t.Errorf("exit %d, want %d", exit, exitUndecided)
			}
		})
	}
}
