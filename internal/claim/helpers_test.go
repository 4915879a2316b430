package claim_test

import (
	"testing"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/roundtest"
	"github.com/trektribe/bench/internal/history"
)

// The parts that rounds are made of, by the names that tables are readable with.
type (
	part = roundtest.Part
	call = roundtest.Call
)

const ms = roundtest.MS

var (
	fms     = roundtest.FMS
	play    = roundtest.Play
	times   = roundtest.Times
	event   = roundtest.Event
	outage  = roundtest.Outage
	answers = roundtest.Answers
	trips   = roundtest.Trips
	failed  = roundtest.Failed
	tail    = roundtest.Tail
	counter = roundtest.Counter
	ready   = roundtest.Ready
	told    = roundtest.Told
	calls   = roundtest.Calls
)

var (
	scope      = roundtest.ExactScope()
	cacheScope = roundtest.CacheScope()
	looks      = claim.Looks{Min: 3, Max: 8}
)

func compile(t testing.TB, holds, requires string) *claim.Claim {
	t.Helper()
	c, errs := claim.Compile(claim.Text{ID: "x", Holds: holds, Requires: requires}, scope)
	for _, e := range errs {
		t.Fatalf("%s:%d: %s", e.Field, e.Col, e.Msg)
	}
	return c
}

// judge plays the rounds and judges them.
func judge(t testing.TB, c *claim.Claim, rounds ...history.Slice) claim.Result {
	t.Helper()
	var seen []claim.Round
	for _, h := range rounds {
		seen = append(seen, c.Observe(h))
	}
	return c.Judge(seen, looks)
}
