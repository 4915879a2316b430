package watch

import (
	"context"
	"sync"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/lab/container"
)

// strangerWithin is how long a stranger waits for an answer.
const strangerWithin = time.Second

// Strangers asks each Redis for a read, without its password and with a wrong one, and records what that met. The service
// has no part in it.
func Strangers(ctx context.Context, clock *history.Clock, stores []lab.Store, record func(history.Event)) {
	for _, s := range stores {
		for _, name := range []string{history.StrangerBare, history.StrangerWrong} {
			at := clock.Now()
			m := s.Stranger(ctx, strangerWithin, name == history.StrangerWrong)
			record(history.Event{Kind: history.Stranger, Arm: s.Arm, On: s.On, Name: name, At: at, Until: clock.Now(), Detail: m.Met})
		}
	}
}

// Writes writes to each Redis that is to keep its writes since the segment began, until ctx ends, and records what was
// acknowledged, and what of that is missing then.
func Writes(ctx context.Context, clock *history.Clock, stores []lab.Store, record func(history.Event)) {
	var all sync.WaitGroup
	for _, s := range stores {
		if s.Keeps() == "" {
			continue
		}
		all.Go(func() {
			event := func(kind history.Kind, n int, at time.Duration) history.Event {
				return history.Event{Kind: kind, Arm: s.Arm, On: s.On, Name: s.Keeps(), Value: float64(n), At: at, Until: clock.Now()}
			}
			acknowledged := map[int]time.Duration{}
			err := s.Writes(ctx, func(n int, sent time.Time) {
				e := event(history.Written, n, clock.Now()-time.Since(sent))
				acknowledged[n] = e.Until
				record(e)
			}, func(n int) { record(event(history.Missing, n, acknowledged[n])) })
			if err != nil {
				record(history.Event{Kind: history.Problem, Arm: s.Arm, At: clock.Now(), Until: clock.Now(), Detail: err.Error()})
			}
		})
	}
	all.Wait()
}

// Images records of what image each instance runs that is in a container.
func Images(clock *history.Clock, arms []lab.Arm, record func(history.Event)) {
	for _, a := range arms {
		for _, i := range a.Instances {
			if i.Container == "" {
				continue
			}
			e := history.Event{Kind: history.Image, Arm: a.Name, Instance: i.Name, At: clock.Now()}
			name, size, err := container.Image(i.Container)
			if e.Until = clock.Now(); err != nil {
				e.Kind, e.Detail = history.Problem, "size of an image: "+err.Error()
			}
			e.Name, e.Value = name, float64(size)
			record(e)
		}
	}
}
