package watch

import (
	"context"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
)

func TestHealthIsReadAsTheContractHasIt(t *testing.T) {
	for _, r := range []struct {
		status int
		body   string
		want   string
	}{
		{200, `{"status":"ok","redis":"up","instance":"1"}`, "up"},
		{200, `{"status":"degraded","redis":"down"}`, "down"},
		{200, `{"status":"degraded","redis":"up"}`, "down"},
		{503, `{"redis":"down"}`, "down"},
		{200, `{"status":"ok","redis":"unconfigured"}`, "unconfigured"},
		{200, `{"status":"degraded"}`, "down"},
		{503, `Service Unavailable`, "down"},
		{200, `{"status":"ok"}`, "unsaid"},
		{200, `{"status":"ok","redis":{"state":"up"}}`, "unsaid"},
		{200, `OK`, "unsaid"},
		{404, `no such path`, "unsaid"},
	} {
		if got := (*contract.Contract)(nil).State(r.status, nil, []byte(r.body)); got != r.want {
			t.Errorf("State(%d, %s) = %q, want %q", r.status, r.body, got, r.want)
		}
	}
}

// Hours of the same answer are two events.
func TestOnlyChangesOfHealthAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		clock := history.NewClock()
		var got []history.Event
		follow(ctx, clock, 25*time.Millisecond, func() (string, bool) {
			if at := clock.Now(); at >= time.Minute && at < 2*time.Minute {
				return "down", false
			}
			return "up", false
		}, func(e history.Event) { got = append(got, e) })
		want := []struct {
			state string
			until time.Duration
		}{{"up", 0}, {"down", time.Minute}, {"up", 2 * time.Minute}, {"up", time.Hour}}
		if len(got) != len(want) {
			t.Fatalf("got %d events, want %d: %+v", len(got), len(want), got)
		}
		for i, w := range want {
			if e := got[i]; e.Kind != history.Health || e.On != "redis" || e.Detail != w.state || e.Until > w.until || e.Until < w.until-50*time.Millisecond {
				t.Errorf("event %d: got %q until %v, want %q until %v", i, e.Detail, e.Until, w.state, w.until)
			}
		}
	})
}

func TestAnInstanceThatHangsHoldsUpNoOther(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	hanging := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }))
	defer hanging.Close()
	asked := make(chan bool, 1000)
	well := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Write([]byte(`{"redis":"up"}`))
		asked <- true
	}))
	defer well.Close()
	var mu sync.Mutex
	var got []history.Event
	var done sync.WaitGroup
	done.Go(func() {
		Health(ctx, history.NewClock(), []lab.Arm{{Name: "a", Instances: []lab.Instance{{Name: "1", URL: hanging.URL}, {Name: "2", URL: well.URL}}}},
			nil, time.Millisecond, func(e history.Event) { mu.Lock(); defer mu.Unlock(); got = append(got, e) })
	})
	for range 5 {
		<-asked
	}
	cancel()
	done.Wait()
	if !slices.ContainsFunc(got, func(e history.Event) bool { return e.Instance == "2" && e.Arm == "a" && e.Detail == "up" }) {
		t.Errorf("the instance that is well was not heard: %+v", got)
	}
	for _, e := range got {
		if e.Instance == "1" {
			t.Errorf("a question that the harness cut short counts as an answer: %+v", e)
		}
	}
}
