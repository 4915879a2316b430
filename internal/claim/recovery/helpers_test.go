package recovery_test

import "github.com/trektribe/bench/internal/claim/roundtest"

// The parts that rounds are made of, by the names that tables are readable with.
type part = roundtest.Part

const ms = roundtest.MS

var (
	play    = roundtest.Play
	event   = roundtest.Event
	outage  = roundtest.Outage
	answers = roundtest.Answers
	trips   = roundtest.Trips
)
