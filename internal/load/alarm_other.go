//go:build !linux

package load

import (
	"context"
	"time"
)

// An alarm wakes one goroutine at an instant, as exactly as Go's timers do here.
type alarm struct{}

func newAlarm(context.Context) (*alarm, error) { return &alarm{}, nil }

// wait returns after d, or at once if d is not positive. It is false if ctx
// ended first, or had ended.
func (*alarm) wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 || ctx.Err() != nil {
		return ctx.Err() == nil
	}
	return waitTimer(ctx, d)
}

func (*alarm) close() {}
