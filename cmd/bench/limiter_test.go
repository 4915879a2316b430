package main

import (
	"path/filepath"
	"slices"
	"testing"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/machinetest"
)

// A limiter of somebody else, without headers and without Redis: one that is sound is not
// accused, and one that leaks is.
func TestALimiterOfSomebodyElseIsJudged(t *testing.T) {
	machinetest.Need(t, "python3")
	for _, tt := range []struct {
		command   string
		scenarios []string
		want      map[string]claim.Verdict
	}{
		{"python3 testdata/limiter.py", []string{"limit", "limit-exact"}, map[string]claim.Verdict{
			"limit.concurrent": claim.Holds, "limit.window": claim.Holds, "limit.exact": claim.Holds, "limit.headers": claim.Inconclusive}},
		{"python3 testdata/limiter.py leaky", []string{"limit"}, map[string]claim.Verdict{
			"limit.concurrent": claim.Refuted, "limit.window": claim.Holds}},
	} {
		out := t.TempDir()
		args := append([]string{"run", "--target-cmd", tt.command, "--report-only", "--out", out}, tt.scenarios...)
		if code, table, errs := bench(args...); code != exitHolds {
			t.Errorf("%s: exit %d\n%s%s", tt.command, code, table, errs)
			continue
		}
		for at, r := range results(t, filepath.Join(out, "latest")) {
			switch want := tt.want[at[0]]; {
			case r.Verdict == want:
			case r.Code.OfMachine():
				machinetest.Busy(t, "%s of %s is undecided: %s", at[0], tt.command, r.Because)
			default:
				t.Errorf("%s of %s: %s, want %s: %s", at[0], tt.command, r.Verdict, want, r.Because)
			}
			leaks := slices.ContainsFunc(r.Findings, func(f figure.Finding) bool { return f.Code == "leaks-under-concurrency" })
			if r.Verdict == claim.Refuted && !leaks {
				t.Errorf("%s of %s is refuted, and the leak is not named: %v", at[0], tt.command, r.Findings)
			}
		}
	}
}
