//go:build !linux

package alarm

import (
	"context"
	"time"
)

// An Alarm wakes one goroutine at an instant, as exactly as Go's timers do here.
type Alarm struct{}

func New(context.Context) (*Alarm, error) { return &Alarm{}, nil }

// Wait returns after d, or at once if d is not positive. It is false if ctx
// ended first, or had ended.
func (*Alarm) Wait(ctx context.Context, d time.Duration) bool {
	if d <= 0 || ctx.Err() != nil {
		return ctx.Err() == nil
	}
	return waitTimer(ctx, d)
}

func (*Alarm) Close() {}
