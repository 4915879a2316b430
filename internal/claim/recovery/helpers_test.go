package recovery_test

import "github.com/trektribe/bench/internal/claim/roundtest"

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
