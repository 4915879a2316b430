package run

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim/impact"
	"github.com/trektribe/bench/internal/claim/recovery"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/machinetest"
	"github.com/trektribe/bench/internal/run/watch"
)

// A scripted service over real sockets: its fault is only in its script, at instants of the
// run's clock; the load, the health poller and the clocks are those of a run.
func TestClocksTellTheTruthOfAScriptedService(t *testing.T) {
	if testing.Short() {
		t.Skip("plays 6 s of load")
	}
	const hurt, heal, end = 1500 * ms, 3000 * ms, 5500 * ms
	s := script{detect: 300 * ms, fallback: 200 * ms, used: 400 * ms, steady: 900 * ms}
	for try := 1; ; try++ {
		h, stall := s.really(t, hurt, heal, end)
		all, aside := readClocks(t, h)
		var wrong []string // by more than a stall of the machine, of itself and of the service, explains
		for _, k := range all {
			for _, how := range []string{
				off(k, recovery.Detected, s.detect, heal-hurt, impact.HealthStep+10*ms+2*stall),
				off(k, recovery.Fallback, s.fallback, heal-hurt, 25*ms+2*stall),
				// It is still slow then: the first answer from Redis takes 100 ms.
				off(k, recovery.UsedAgain, s.used+100*ms, end-heal, 50*ms+2*stall),
				off(k, recovery.SteadyAgain, s.steady, end-heal, 150*ms+2*stall),
				off(k, recovery.WorstWait, s.fallback, end, 25*ms+2*stall),
				off(k, recovery.FirstTouched, 0, end, 20*ms+2*stall),
			} {
				if how != "" {
					wrong = append(wrong, how)
				}
			}
		}
		switch {
		case aside == "" && len(wrong) == 0:
			return
		case aside == "" && stall < 25*ms:
			t.Fatal(strings.Join(wrong, "\n"))
		case try == 3:
			machinetest.SkipBusy(t, "nothing can be timed: the machine stalled in each of %d rounds, now for %v; %s", try, stall, aside)
		}
		machinetest.Busy(t, "again: the machine stalled for %v; %s %s", stall, aside, strings.Join(wrong, "; "))
	}
}

// really plays the script; stall is the longest time that the machine kept the harness waiting.
func (s script) really(t *testing.T, hurt, heal, end time.Duration) (h history.Slice, stall time.Duration) {
	clock := history.NewClock()
	start := clock.Now() + 100*ms
	now := func() time.Duration { return clock.Now() - start }
	serve := func(w http.ResponseWriter, r *http.Request) {
		at := now()
		source := "redis"
		if r.URL.Path == "/health" {
			if source = "up"; at >= hurt+s.detect && at < heal {
				source = "down"
			}
			fmt.Fprintf(w, `{"status":"ok","redis":%q}`, source)
			return
		}
		pause := ms
		switch {
		case at < hurt:
		case at < heal:
			source, pause = "memory", max(pause, hurt+s.fallback-at)
		case at < heal+s.used:
			source = "memory"
		}
		if at >= heal && at < heal+s.steady {
			pause += 100 * ms
		}
		select {
		case <-time.After(pause):
		case <-r.Context().Done():
		}
		w.Header().Set("X-Source", source)
		id := strings.TrimPrefix(r.URL.Path, "/api/trips/")
		fmt.Fprintf(w, `{"trip":{"id":%s,"version":1},"source":"cache"}`, id)
	}
	arm := lab.Arm{Name: "a"}
	var targets []load.Target
	for _, name := range []string{"1", "2"} {
		srv := httptest.NewServer(http.HandlerFunc(serve))
		defer srv.Close()
		arm.Instances = append(arm.Instances, lab.Instance{Name: name, URL: srv.URL})
		targets = append(targets, load.Target{Instance: name, URL: srv.URL})
		h.E = append(h.E,
			history.Event{Kind: history.FaultOn, Name: "blackhole", On: "redis", Instance: name, At: start + hurt, Until: start + hurt},
			history.Event{Kind: history.FaultOff, Name: "blackhole", On: "redis", Instance: name, At: start + heal, Until: start + heal})
	}
	h.E = append(h.E, history.Event{Kind: history.PhaseSpan, Name: "all", At: start, Until: start + end},
		history.Event{Kind: history.Delivery, Name: "blackhole", On: "redis", Value: 1})
	var mu sync.Mutex
	record := func(e history.Event) {
		mu.Lock()
		defer mu.Unlock()
		if e.Kind == history.Hiccup {
			stall = max(stall, e.Until-e.At)
			return // a guard would set the round aside; here it is played again
		}
		h.E = append(h.E, e)
	}
	ctx, stop := context.WithCancel(t.Context())
	var beside sync.WaitGroup
	beside.Go(func() { watch.Health(ctx, clock, []lab.Arm{arm}, nil, impact.HealthStep, record) })
	beside.Go(func() { watch.Stalls(ctx, clock, 2*ms, 5*ms, record) })
	_, err := load.Run(t.Context(), clock, []load.Stream{{Stream: tripStream(200), Arm: "a", Start: start, For: end, Seed: 7, Targets: targets}},
		func(time.Duration) string { return "all" }, func(r history.Request) { h.R = append(h.R, r) }, nil)
	stop()
	beside.Wait()
	if err != nil {
		t.Fatal(err)
	}
	return h, stall
}
