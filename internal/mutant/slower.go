package mutant

import (
	"context"
	"time"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/cache"
)

// slower holds what is no defect of a promise, and what a comparison of two builds should find all the same. No claim
// is about it, so it is not in Names.
//
// What a comparison sees is the response time of a hit. The read of the cache, with its way to Redis and back, is some
// part of it, and the mutant takes a share of that read longer. So the injected change follows the speed of the machine.
// On two busy cores, with hits of 1.6 to 2.2 ms at the median, of which the read was 1.07 ms, shares of 0.2, 0.3 and 0.4
// made hits 12, 15 to 16 and 28 % longer.
var slower = map[string]Mutant{
	"slower-10": {About: "a cache hit keeps the processor busy for 0.17 of the time that its read took: about a tenth of the hit. No claim notices", mutate: longer(0.17)},
	"slower-20": {About: "a cache hit keeps the processor busy for 0.33 of the time that its read took: about a fifth of the hit. No claim notices", mutate: longer(0.33)},
}

// longer makes each hit longer by a share of the time that its read of the cache took.
func longer(share float64) func(*target.Options) {
	return func(o *target.Options) {
		o.DecorateCache = func(c cache.Cache) cache.Cache { return longHits{c, share} }
	}
}

type longHits struct {
	cache.Cache
	share float64
}

func (l longHits) Get(ctx context.Context, k cache.Key, load cache.Load) (cache.Answer, error) {
	began := time.Now()
	got, err := l.Cache.Get(ctx, k, load)
	if err == nil && got.Source.Cached() {
		work(time.Duration(l.share * float64(time.Since(began))))
	}
	return got, err
}

// work keeps the processor busy: a sleep of a tenth of a millisecond comes back as late again.
func work(d time.Duration) {
	for began := time.Now(); time.Since(began) < d; {
	}
}
