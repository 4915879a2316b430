package claim_test

import (
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
)

// What is compared between two services is what their claims measure, round by round.
func TestFiguresAreWhatAClaimMeasures(t *testing.T) {
	rounds := map[string]claim.Figure{
		"p50(trips[phase=warm]) <= 6ms":                           {Text: "p50(trips[phase=warm])", Unit: "s", Kind: claim.Ratio, Better: -1, X: 0.003},
		"share(trips[phase=warm, within=6ms], trips) >= 90%":      {Text: "share(trips[phase=warm, within=6ms], trips)", Unit: "ratio", Kind: claim.Proportion, Better: 1, X: 1, K: 200, N: 200},
		"failures(trips) == 0":                                    {Text: "failures(trips)", Kind: claim.Difference, Better: -1},
		"count(trips) == 200":                                     {Text: "count(trips)", Kind: claim.Difference, X: 200},
		"p50(trips[phase=warm]) in 1ms..6ms":                      {Text: "p50(trips[phase=warm])", Unit: "s", Kind: claim.Ratio, Better: -1, X: 0.003},
		"p50(trips[phase=after]) <= 6ms":                          {Text: "p50(trips[phase=after])", Unit: "s", Kind: claim.Ratio, Better: -1, Absent: "?"},
		"p50(trips[phase=warm]) / p50(trips[phase=warm]) in 1..2": {Text: "p50(trips[phase=warm]) / p50(trips[phase=warm])", Kind: claim.Ratio, X: 1},
	}
	for holds, want := range rounds {
		c := compile(t, holds, "")
		got := c.Figures(c.Observe(play(trips("warm", 200, 3*time.Millisecond, "redis"))))
		if len(got) != 1 {
			t.Fatalf("%s: %+v", holds, got)
		}
		f := got[0]
		if want.Absent != "" && f.Absent != "" {
			f.Absent, f.X = want.Absent, want.X
		}
		if d := f.X - want.X; d > 1e-5 || d < -1e-5 {
			t.Errorf("%s: %v, want %v", holds, f.X, want.X)
		}
		if f.X = want.X; f != want {
			t.Errorf("%s: %+v, want %+v", holds, f, want)
		}
	}
	c := compile(t, "p50(trips[phase=warm]) <= 6ms", "count(trips) >= 1000")
	if f := c.Figures(c.Observe(play(trips("warm", 200, 3*time.Millisecond, "redis"))))[0]; f.Absent == "" {
		t.Errorf("a round that is set aside has a figure: %+v", f)
	}
}
