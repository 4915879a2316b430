package run

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"time"

	"github.com/trektribe/bench/internal/run/lanes"
)

// playAll plays every scenario of which anything is left.
func (r *session) playAll(ctx context.Context) error {
	order := lanes.Of(r.Scenarios, r.Lab)
	if r.Drill {
		order = lanes.InTurn(r.Scenarios)
	}
	_, later := r.rest(order.Lanes)
	for n, i := range order.First {
		rest, _ := r.rest([][]int{order.First[n+1:]})
		if err := r.playOne(ctx, i, r.dir, stage{r.Progress, rest + later}); err != nil {
			return err
		}
		if r.Drill && r.halted {
			return nil
		}
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	voices := lanes.NewChorus(r.Progress, len(order.Lanes), later)
	errs := make([]error, len(order.Lanes))
	var wg sync.WaitGroup
	for n, lane := range order.Lanes {
		wg.Go(func() {
			defer voices.End(n)
			for k, i := range lane {
				dir := r.dir
				if n > 0 {
					dir = filepath.Join(r.dir, "beside", r.Scenarios[i].Name) // logs are named by their arms
				}
				rest, _ := r.rest([][]int{lane[k+1:]})
				if errs[n] = r.playOne(ctx, i, dir, stage{voices.Lane(n), rest}); errs[n] != nil {
					stop()
					return
				}
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// rest is about how long lanes still take with their fewest rounds: one after the other, and side by side.
func (r *session) rest(them [][]int) (sum, longest time.Duration) {
	for _, lane := range them {
		var one time.Duration
		for _, i := range lane {
			least, _ := lanes.Estimate(r.Scenarios[i])
			one += least
		}
		sum, longest = sum+one, max(longest, one)
	}
	return sum, longest
}

// A stage is where a scenario is shown, and how long the run takes after it.
type stage struct {
	Progress
	later time.Duration
}
