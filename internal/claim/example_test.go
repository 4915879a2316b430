package claim_test

import (
	"fmt"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/expr"
)

func Example() {
	text := claim.Text{ID: "trips.hit.latency", Says: "a cache hit costs 3–6 ms", Holds: "p50(trips[source=cache]) <= 6ms"}
	c, mistakes := claim.Compile(text, expr.Scope{Streams: []string{"trips"}, Phases: []string{"warm"}})
	if len(mistakes) > 0 {
		fmt.Println(mistakes[0])
		return
	}
	var rounds []claim.Round
	for range 3 {
		rounds = append(rounds, c.Observe(play(trips("warm", 400, 410*ms/1000, "redis"))))
	}
	r := c.Judge(rounds, claim.Looks{Min: 3, Max: 8})
	fmt.Println(r.Verdict, "because", r.Because)
	// Output: holds because median 0.41 ms, at most 0.41 ms at 99 %, over 3 rounds and 1,200 hits
}
