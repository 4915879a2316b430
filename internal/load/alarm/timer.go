// Package alarm wakes a goroutine at an instant, as exactly as the machine can.
package alarm

import (
	"context"
	"time"
)

// waitTimer waits for d by one of Go's timers; false: ctx ended first.
func waitTimer(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return ctx.Err() == nil
	case <-ctx.Done():
		return false
	}
}
