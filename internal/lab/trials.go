package lab

import (
	"context"
	"errors"
	"slices"
	"sync"
)

// Settle waits until all that the canaries have met so far is recorded, and exactly one
// history.Delivery for each fault on each instance. A fault that is still on is judged as it
// stands and is not probed further. Its error is ctx's; what is missing then is recorded late.
func (l *Lab) Settle(ctx context.Context) error { return l.trials.settle(ctx) }

// trials are those that are not known to be done.
type trials struct {
	mu   sync.Mutex
	open []*trial
}

func (ts *trials) add(t *trial) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.open = append(ts.open, t)
}

func (ts *trials) settle(ctx context.Context) error {
	ts.mu.Lock()
	open := slices.Clone(ts.open)
	ts.mu.Unlock()
	for _, t := range open {
		t.settle()
	}
	for _, t := range open {
		select {
		case <-t.done:
		case <-ctx.Done():
			return errors.Join(errors.New("the canaries are not done"), ctx.Err())
		}
	}
	ts.mu.Lock()
	ts.open = slices.DeleteFunc(ts.open, func(t *trial) bool { return slices.Contains(open, t) })
	ts.mu.Unlock()
	return nil
}
