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
	if testing.Short() {
		t.Skip("left to make verdicts: half a minute")
	}
	machinetest.Need(t, "python3")
	for _, tt := range []struct {
		command   string
		scenarios []string
		want      map[string]claim.Verdict
	}{
		{"python3 testdata/limiter.py", []string{"limit", "limit-burst", "limit-exact"}, map[string]claim.Verdict{
			"limit.concurrent": claim.Holds, "limit.window": claim.Holds, "limit.exact": claim.Holds, "limit.headers": claim.Inconclusive}},
		{"python3 testdata/limiter.py leaky", []string{"limit", "limit-burst"}, map[string]claim.Verdict{
			"limit.concurrent": claim.Refuted, "limit.window": claim.Holds}},
		{"python3 testdata/limiter.py own", []string{"limit", "limit-burst", "limit-exact"}, map[string]claim.Verdict{
			"limit.concurrent": claim.Inconclusive, "limit.window": claim.Inconclusive, "limit.exact": claim.Inconclusive, "limit.headers": claim.Inconclusive}},
	} {
		out := t.TempDir()
		args := append([]string{"run", "--target-cmd", tt.command, "--report-only", "--out", out}, tt.scenarios...)
		if code, table, errs := bench(args...); code != exitHolds {
			t.Errorf("%s: exit %d\n%s%s", tt.command, code, table, errs)
			continue
		}
		got := results(t, filepath.Join(out, "latest"))
		if len(got) != len(tt.want) {
			t.Errorf("%s: %d claims are judged, want %d", tt.command, len(got), len(tt.want))
		}
		for at, r := range got {
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
