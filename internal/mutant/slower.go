package mutant

import (
	"context"
	"time"

	"github.com/trektribe/bench/target"
)

// slower holds what is no defect of a promise, and what a comparison of two builds should find all the same. No claim
// is about it, so it is not in Names.
var slower = map[string]Mutant{
	// A pause of 130 µs made hits of 1.55 ms at the median 0.21 ms longer: the thread comes back late.
	"slower-10": {About: "a cache hit waits some 0.13 ms more: a tenth of one that takes 1.3 ms. No claim notices", mutate: longer(80 * time.Microsecond)},
	"slower-20": {About: "a cache hit waits some 0.3 ms more: a fifth of one that takes 1.5 ms. No claim notices", mutate: longer(240 * time.Microsecond)},
}

// longer delays hits by less than a timer can.
func longer(by time.Duration) func(*target.Options) {
	return hitsAfter(func(context.Context) error {
		pause(by)
		return nil
	})
}
