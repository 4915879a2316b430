// Package delay draws times to wait, for dependencies that are made slower on
// purpose. In go a range and a seed; out come waits, the same for the same seed.
package delay

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// A Range is time that is injected, not real: uniform in Min..Max, 0 <= Min <=
// Max. The zero Range is none.
type Range struct{ Min, Max time.Duration }

// Waits are waits of a range, one after another. Safe for concurrent use.
type Waits struct {
	r   Range
	mu  sync.Mutex
	rng *rand.Rand
}

// New makes the waits of a seed and a stream; dependencies with streams of
// their own do not draw alike.
func New(r Range, seed, stream uint64) *Waits {
	return &Waits{r: r, rng: rand.New(rand.NewPCG(seed, stream))}
}

// Wait waits once, or until ctx ends: then its error is ctx's.
func (w *Waits) Wait(ctx context.Context) error {
	t := time.NewTimer(w.draw())
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (w *Waits) draw() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.r.Min + time.Duration(w.rng.Int64N(int64(w.r.Max-w.r.Min)+1))
}
