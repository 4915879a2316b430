package watch

import (
	"context"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
)

// healthTimeout bounds one question, so that a service that hangs is asked again.
const healthTimeout = time.Second

// Health asks every instance for its health, as its contract has it, each step, one question at a time, until ctx
// ends. It records the first answer, each that differs from the one before, and the last: a
// history.Health runs from the question to its answer. It is no part of the load, keeps its own
// connections and delays nobody. Record is safe for concurrent use.
func Health(ctx context.Context, clock *history.Clock, arms []lab.Arm, of *contract.Contract, step time.Duration, record func(history.Event)) {
	client := &http.Client{
		Transport:     &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 1},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	defer client.CloseIdleConnections()
	var all sync.WaitGroup
	defer all.Wait()
	for _, a := range arms {
		for _, i := range a.Instances {
			all.Go(func() {
				follow(ctx, clock, step, func() (string, bool) { return askHealth(ctx, client, of, i.URL) }, func(e history.Event) {
					e.Arm, e.Instance = a.Name, i.Name
					record(e)
				})
			})
		}
	}
}

// follow asks until ctx ends, and records what differs. What ctx cut short is no answer.
func follow(ctx context.Context, clock *history.Clock, step time.Duration, ask func() (state string, ended bool), record func(history.Event)) {
	tick := time.NewTicker(step)
	defer tick.Stop()
	var last history.Event
	recorded := false
	for ctx.Err() == nil {
		e := history.Event{Kind: history.Health, On: "redis", At: clock.Now()}
		var cut bool
		if e.Detail, cut = ask(); cut {
			break
		}
		e.Until = clock.Now()
		if recorded = e.Detail != last.Detail; recorded {
			record(e)
		}
		last = e
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	if last.Kind != "" && !recorded {
		record(last)
	}
}

// askHealth is what one instance says about Redis; ended: ctx ended before the answer.
func askHealth(ctx context.Context, client *http.Client, of *contract.Contract, url string) (state string, ended bool) {
	within, cancel := context.WithTimeout(ctx, healthTimeout)
	defer cancel()
	const none = "no answer"
	health, _ := of.Has(contract.Health)
	req, err := http.NewRequestWithContext(within, http.MethodGet, url+health.Path, nil)
	if err != nil {
		return none, false
	}
	req.Header = health.Header()
	res, err := client.Do(req)
	if err != nil {
		return none, ctx.Err() != nil
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, 64<<10))
	if err != nil {
		return none, ctx.Err() != nil
	}
	return of.State(res.StatusCode, res.Header, body), false
}
