package claim_test

import (
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/expr"
)

// A claim is not decided by requests that were never sent: neither for the service nor against it.
func TestWhatWasNeverSentDecidesNothing(t *testing.T) {
	lack := claim.Lack{Code: code.Unspoken, Because: "the service does not speak it", Remedy: "one that does"}
	lacks := func(s expr.Selector) *claim.Lack {
		if s.Stream == "trip" {
			return &lack
		}
		return nil
	}
	for _, row := range []struct {
		holds, requires string
		verdict         claim.Verdict
		code            code.Code
		closed          bool
	}{
		{"p50(trips) <= 60ms", "", claim.Holds, "", false},
		{"count(trip) == 0", "", claim.Inconclusive, code.Unspoken, true},
		{"count(trip) >= 3", "", claim.Inconclusive, code.Unspoken, true},
		{"count(trips) / count(trip) >= 3", "", claim.Inconclusive, code.Unspoken, true},
		{"p50(trips) <= p50(trip)", "", claim.Inconclusive, code.Unspoken, true},
		{"p50(trips) <= 60ms", "count(trip) == 0", claim.Inconclusive, code.Unspoken, true},
		{"p50(trips) <= 60ms and count(trip) == 0", "", claim.Inconclusive, code.Unspoken, false},
		{"availability(trips) >= 99.99% and count(trip) == 0", "", claim.Inconclusive, code.Unspoken, false},
		{"availability(trips) <= 50% and count(trip) == 0", "", claim.Refuted, "", false},
	} {
		c := compile(t, row.holds, row.requires).Without(lacks)
		got := judge(t, c, times(3, play(trips("warm", 200, ms, "redis")))...)
		if got.Verdict != row.verdict || got.Code != row.code || (c.Closed() != nil) != row.closed {
			t.Errorf("%s requires %q: %s, %q, closed %t; want %s, %q, %t", row.holds, row.requires, got.Verdict, got.Code, c.Closed() != nil, row.verdict, row.code, row.closed)
		}
		if row.code != "" && (got.Because != lack.Because || got.Remedy != lack.Remedy) {
			t.Errorf("%s: because %q, to settle: %q", row.holds, got.Because, got.Remedy)
		}
		if row.closed && got.More {
			t.Errorf("%s: another round is asked for", row.holds)
		}
		mustBeComplete(t, got)
	}
	none := compile(t, "p50(trips) <= 60ms and p50(trip) <= 9ms", "").Unplayed(lack)
	if none.Verdict != claim.Inconclusive || none.Because != lack.Because || len(none.Parts) != 2 || !strings.Contains(none.Bound, "60ms") {
		t.Errorf("a claim that was not played: %+v", none)
	}
	mustBeComplete(t, none)
}
