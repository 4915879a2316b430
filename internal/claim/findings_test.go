package claim

import (
	"slices"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
)

// A claim that does not hold tells what is wrong: for each comparison of its verdict, what the round with most has.
func TestAResultTellsTheFindingsOfTheRoundWithMost(t *testing.T) {
	scope := expr.Scope{Streams: []string{"trips"}, Phases: []string{"warm"}}
	c, errs := Compile(Text{ID: "x", Holds: "count(trips) == 0 and failures(trips) == 0 and unsent(trips) <= 100%"}, scope)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	of := func(findings ...figure.Finding) sides {
		return sides{left: figure.Value{X: float64(figure.Errors(findings)), Samples: 10, Findings: findings}, bounds: []figure.Value{{}}}
	}
	found := func(code string, n int) figure.Finding {
		return figure.Finding{Code: code, Says: "it has " + code, Count: n}
	}
	share := sides{left: figure.Value{X: 0, N: 10, Samples: 10, Findings: []figure.Finding{found("harmless", 9)}}, bounds: []figure.Value{{X: 1}}}
	rounds := []Round{
		{sides: []sides{of(found("few", 1)), of(), share}},
		{sides: []sides{of(found("many", 3), found("more", 2)), of(), share}},
		{sides: []sides{of(found("as many", 5)), of(), share}},
	}
	got := c.Judge(rounds, Looks{Min: 3, Max: 3})
	var codes []string
	for _, f := range got.Findings {
		codes = append(codes, f.Code)
	}
	if got.Verdict != Refuted || !slices.Equal(codes, []string{"many", "more"}) {
		t.Errorf("%s with %v, want refuted with many and more", got.Verdict, codes)
	}
	if !strings.HasSuffix(got.Because, "in round 2, where == 0 was promised: it has many; it has more") {
		t.Errorf("because %q", got.Because)
	}

	for i := range rounds {
		rounds[i].sides[0] = of()
	}
	if got := c.Judge(rounds, Looks{Min: 3, Max: 3}); got.Verdict != Holds || got.Findings != nil {
		t.Errorf("%s with %v, want holds without findings", got.Verdict, got.Findings)
	}
}
