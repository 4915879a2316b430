package claim_test

import (
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/history"
)

// Who does not use its Redis has not shown that it bears the loss of it. Who dies of the loss has shown that it does
// not, whatever it says to Redis. A claim about no fault is not touched.
func TestOnlyWhatHoldsIsDoubted(t *testing.T) {
	pings := spoken(100*ms, history.Command{Name: "PING", Reply: history.ReplyOK}, history.Command{Name: "PING", Reply: history.ReplyOK})
	uses := spoken(100*ms, get("trips:1", true), get("trips:1", true), get("trips:1", true))
	lies := trips("fault", 150, ms, "redis")
	for _, row := range []struct {
		name, holds string
		parts       []part
		want        claim.Verdict
		code        code.Code
		findings    int
	}{
		{"pings, and lives on", "availability(trips[phase=fault]) >= 95%", []part{pings, trips("fault", 150, ms, "memory")}, claim.Inconclusive, code.Unused, 0},
		{"pings, and dies of its loss", "availability(trips[phase=fault]) >= 95%", []part{pings, failed("fault", 150, 50*ms)}, claim.Refuted, "", 0},
		{"pings, and is judged without a fault", "availability(trips[phase=warm]) >= 95%", []part{pings, trips("fault", 150, ms, "memory")}, claim.Holds, "", 0},
		{"uses it, and lives on", "availability(trips[phase=fault]) >= 95%", []part{uses, trips("fault", 150, ms, "memory")}, claim.Holds, "", 0},
		{"uses it, and dies of its loss", "availability(trips[phase=fault]) >= 95%", []part{uses, failed("fault", 150, 50*ms)}, claim.Refuted, "", 0},
		{"uses it, and says redis when it is gone", "availability(trips[phase=fault]) >= 95%", []part{uses, lies}, claim.Inconclusive, code.Contradiction, 1},
		{"pings, and says redis when it is gone", "availability(trips[phase=fault]) >= 95%", []part{pings, lies}, claim.Inconclusive, code.Unused, 1},
		{"says redis when it is gone, and dies later", "availability(trips[phase=fault]) >= 95%", []part{uses, trips("fault", 50, ms, "redis"), failed("fault", 100, 50*ms)}, claim.Refuted, "", 0},
	} {
		h := play(append(row.parts, wireWatched, outage("1"), trips("warm", 90, ms, "redis"))...)
		got := judge(t, compile(t, row.holds, ""), times(4, h)...)
		mustBeComplete(t, got)
		if got.Verdict != row.want || got.Code != row.code || len(got.Findings) != row.findings || got.Verdict == claim.Inconclusive && got.Remedy == "" {
			t.Errorf("%s: %s (%s) because %q with %d findings, want %s (%s) with %d", row.name, got.Verdict, got.Code, got.Because, len(got.Findings), row.want, row.code, row.findings)
		}
		if len(got.Findings) > 0 && (len(got.Findings[0].Witnesses) < 2 || !strings.Contains(got.Findings[0].Says, "come from Redis")) {
			t.Errorf("%s: %+v", row.name, got.Findings)
		}
	}
}
