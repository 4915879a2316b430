package limit

import (
	"time"

	"github.com/trektribe/bench/internal/limit/prove"
)

// A Reading says what exactly is promised. Package prove says what of it is provable.
type Reading = prove.Reading

// A Kind is a way to read "100 per 15 minutes".
type Kind = prove.Kind

const (
	FixedFromFirst = prove.FixedFromFirst
	FixedClock     = prove.FixedClock
	SlidingLog     = prove.SlidingLog
	SlidingCounter = prove.SlidingCounter
	GCRA           = prove.GCRA
)

// Parse reads a kind as a scenario writes it: fixed-from-first, fixed-clock,
// sliding-log, sliding-counter, or gcra(burst).
func Parse(kind string, limit int, window time.Duration) (Reading, error) {
	return prove.Parse(kind, limit, window)
}
