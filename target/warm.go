package target

import (
	"context"
	"time"

	"github.com/trektribe/bench/target/api"
)

// warm has the listing cached before anybody asks for it, and waits no longer
// than within. A failure is logged: the first request then loads as it would
// have without. The function it returns waits for a warming that decorate left
// running, and lets none begin any more.
func warm(ctx context.Context, deps api.Deps, within time.Duration, decorate func(func(context.Context)) func(context.Context)) (end func()) {
	g := new(gate)
	step := func(ctx context.Context) {
		if !g.enter() {
			return
		}
		defer g.wg.Done()
		ctx, cancel := context.WithTimeout(ctx, within)
		defer cancel()
		began := time.Now()
		source, err := api.Warm(ctx, deps)
		took := time.Since(began).Round(time.Millisecond).String()
		if err != nil {
			deps.Log.Warn("not warmed: the first request will load the listing", "error", err, "took", took)
			return
		}
		deps.Log.Info("warmed", "source", string(source), "took", took)
	}
	if decorate != nil {
		step = decorate(step)
	}
	step(ctx)
	return g.shut
}
