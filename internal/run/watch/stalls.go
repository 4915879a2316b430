package watch

import (
	"context"
	"time"

	"github.com/trektribe/bench/internal/history"
)

// Stalls is a meter beside the load: it asks to be woken every step, and
// records a history.Hiccup whenever it woke least or more past its time. Whatever held it
// up (a machine with too little CPU, a suspended harness) held up the load generator
// too, so requests of that time say nothing about the service.
//
// A Hiccup runs from when it should have woken until it woke; its Value is that in
// seconds. It sees stalls longer than least, which must be well above what timers
// are late by (about 0.6 ms at the median, a few ms under load). Time that the
// whole machine was asleep is not on the monotonic clock and is not seen.
//
// It returns when ctx ends, after recording a stall that spans that end. Record is called from its goroutine only.
func Stalls(ctx context.Context, clock *history.Clock, step, least time.Duration, record func(history.Event)) {
	timer := time.NewTimer(step)
	defer timer.Stop()
	meterStalls(clock.Now, func(d time.Duration) bool {
		timer.Reset(d)
		select {
		case <-timer.C:
			return ctx.Err() == nil
		case <-ctx.Done():
			return false
		}
	}, step, least, record)
}

// meterStalls is Stalls on any clock. Sleep waits for d, or less when it is to be the last; it then returns false.
func meterStalls(now func() time.Duration, sleep func(d time.Duration) bool, step, least time.Duration, record func(history.Event)) {
	for more := true; more; {
		due := now() + step
		more = sleep(step)
		if woke := now(); woke-due >= least {
			record(history.Event{Kind: history.Hiccup, At: due, Until: woke, Value: (woke - due).Seconds()})
		}
	}
}
