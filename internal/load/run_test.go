package load_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load"
)

func TestTheServiceSeesPlainRequests(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]int{}
	url := serve(t, func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		seen[r.Method+" "+r.RequestURI+" "+string(body)]++
		r.Header.Del("Content-Length")
		want := http.Header{"User-Agent": {"bench"}, "Accept": {"application/json"}}
		if r.Method == http.MethodPut {
			want.Set("Content-Type", "application/json")
		}
		if !maps.EqualFunc(r.Header, want, slices.Equal) {
			t.Errorf("headers %v, want %v", r.Header, want)
		}
		if len(r.TransferEncoding) > 0 || r.Method == http.MethodGet && len(body) > 0 {
			t.Errorf("%s came with a body: %v %q", r.Method, r.TransferEncoding, body)
		}
	})
	get := stream(url+"/", 3, time.Millisecond)
	get.Path, get.First = "/api/trips?page=1", 7
	put := get
	put.Name, put.Method, put.Path, put.Keys.N = "change", http.MethodPut, "/api/trips/{id}", 1
	for range 2 { // the same again
		run(t, history.NewClock(), get, put)
	}
	if n := seen["GET /api/trips?page=1 "]; n != 6 {
		t.Errorf("%d lists asked for, want 6: %v", n, seen)
	}
	delete(seen, "GET /api/trips?page=1 ")
	for call, n := range seen {
		if n != 2 || !strings.HasPrefix(call, `PUT /api/trips/1 {"title":"`) {
			t.Errorf("%d times %s, want each change twice", n, call)
		}
	}
	if len(seen) != 3 {
		t.Errorf("%d different changes, want 3", len(seen))
	}
}

func TestTheKeyFillsThePath(t *testing.T) {
	for path, want := range map[string]string{
		"/api/users/{id}":               "/api/users/KEY",
		"/api/recommendations/{user}":   "/api/recommendations/KEY",
		"/api/users/{user}/trips?new=1": "/api/users/KEY/trips?new=1",
	} {
		t.Run(path, func(t *testing.T) {
			asked := make(chan string, 3)
			s := stream(serve(t, func(_ http.ResponseWriter, r *http.Request) { asked <- r.RequestURI }), 3, time.Millisecond)
			s.Path, s.Workers = path, 1 // one after the other, so that they arrive in order
			var planned []string
			for c := range s.Places() {
				planned = append(planned, c.Key)
			}
			got, _ := run(t, history.NewClock(), s)
			if len(planned) != 3 || len(got) != 3 {
				t.Fatalf("%d planned and %d recorded, want 3 of each", len(planned), len(got))
			}
			for i, key := range planned {
				if want, uri := strings.Replace(want, "KEY", key, 1), <-asked; uri != want || got[i].Key != key {
					t.Errorf("request %d asked for %s with key %q, want %s with %q", i, uri, got[i].Key, want, key)
				}
			}
		})
	}
}

func TestEveryPlaceOfEveryScheduleIsRecorded(t *testing.T) {
	served := func(name string) string {
		return serve(t, func(w http.ResponseWriter, r *http.Request) { w.Header().Set("X-Instance", name) })
	}
	a := stream(served("1"), 100, time.Millisecond)
	a.Path, a.Poisson = "/things/{id}", true
	a.Targets = append(a.Targets, load.Target{Instance: "2", URL: served("2")})
	b := a
	b.Name, b.Start, b.First = "later", 50*time.Millisecond, 1000
	c := a
	c.Arm = "other"
	streams := []load.Stream{a, b, c}
	leaveNoTrace(t) // while the services are still up: nobody else closes the connections

	phase := func(at time.Duration) string {
		if at < 60*time.Millisecond {
			return "before"
		}
		return "after"
	}
	type place struct{ arm, stream, instance, phase, key string }
	want := map[place][]time.Duration{}
	for _, s := range streams {
		for c := range s.Places() {
			p := place{s.Arm, s.Name, c.Target.Instance, phase(c.Intended), c.Key}
			want[p] = append(want[p], c.Intended)
		}
	}
	n := 0
	report, err := load.Run(t.Context(), history.NewClock(), streams, phase, func(r history.Request) {
		n++
		p := place{r.Arm, r.Stream, r.Instance, r.Phase, r.Key}
		i := slices.Index(want[p], r.Intended)
		if i < 0 {
			t.Errorf("%+v is nowhere in the schedule", r)
			return
		}
		want[p] = slices.Delete(want[p], i, i+1)
		if !r.OK() || r.Sent < r.Intended || r.Done < r.Sent || r.Method != http.MethodGet {
			t.Errorf("%+v: want a correct answer, and its times in order", r)
		}
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for p, times := range want {
		if len(times) > 0 {
			t.Errorf("%v: nothing recorded for %v", p, times)
		}
	}
	if report.Planned != n || report.Sent != n || report.Unsent != 0 || report.Blocked != 0 {
		t.Errorf("report %+v, want %d planned and sent", report, n)
	}
}

func TestCancelEndsEverythingAtOnce(t *testing.T) {
	hang := func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }
	tests := []struct {
		name    string
		workers int
		gap     time.Duration
		due     time.Duration // cancel then
		sent    int           // at least
	}{
		{"asleep until the next hit", 8, time.Hour, 0, 1},
		{"every worker busy", 1, 10 * time.Millisecond, 40 * time.Millisecond, 1},
		{"in full swing", 8, time.Millisecond, 20 * time.Millisecond, 2},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			leaveNoTrace(t)
			arrived := make(chan struct{}, 1000)
			s := stream(serve(t, func(w http.ResponseWriter, r *http.Request) {
				arrived <- struct{}{}
				hang(w, r)
			}), 1000, tt.gap)
			s.Workers, s.Timeout = tt.workers, time.Hour
			clock := history.NewClock()
			ctx, cancel := context.WithCancel(t.Context())
			var before, after time.Duration
			ended := make(chan struct{})
			go func() {
				defer close(ended)
				for range tt.sent {
					<-arrived
				}
				until(t, "time to cancel", func() bool { return clock.Now() >= tt.due })
				before = clock.Now()
				cancel()
				after = clock.Now()
			}()
			var got []history.Request
			report, err := load.Run(ctx, clock, []load.Stream{s}, noPhase, func(r history.Request) { got = append(got, r) }, nil)
			<-ended
			sent := 0
			for _, r := range got {
				if r.Failure != history.Canceled || r.Done < before || r.Intended > r.Done || r.Sent > after {
					t.Errorf("request %d: %q, intended %v, sent %v, done %v; want canceled between %v and %v, and not sent after", r.Seq, r.Failure, r.Intended, r.Sent, r.Done, before, after)
				}
				if r.Sent != 0 {
					sent++
				}
			}
			if !errors.Is(err, context.Canceled) {
				t.Errorf("Run: %v, want that it was canceled", err)
			}
			if sent < tt.sent || report.Sent != sent || report.Planned != len(got) || len(got) > tt.workers+1 {
				t.Errorf("%d sent, report %+v; want at least %d sent, and no more planned than the workers and one", sent, report, tt.sent)
			}
		})
	}
	t.Run("before it began", func(t *testing.T) {
		leaveNoTrace(t)
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		report, err := load.Run(ctx, history.NewClock(), []load.Stream{stream(serve(t, hang), 10, time.Millisecond)}, noPhase, func(r history.Request) {
			t.Errorf("recorded %+v", r)
		}, nil)
		if !errors.Is(err, context.Canceled) || report != (load.Report{}) {
			t.Errorf("Run: %+v, %v; want nothing, canceled", report, err)
		}
	})
}

// A sink slower than the load holds workers up; the report says so.
func TestASlowSinkIsReported(t *testing.T) {
	clock := history.NewClock()
	s := stream("http://127.0.0.1:1", 10_000, time.Microsecond)
	s.Timeout = 1 // nothing need be sent for it
	until(t, "all timeouts passed", func() bool { return clock.Now() > 11*time.Millisecond })
	gate := make(chan struct{})
	n := 0
	var report load.Report
	done := make(chan error)
	go func() {
		var err error
		report, err = load.Run(t.Context(), clock, []load.Stream{s}, noPhase, func(history.Request) { n++; <-gate }, nil)
		done <- err
	}()
	until(t, "a worker held up by the sink", func() bool {
		stacks := make([]byte, 1<<20)
		for g := range strings.SplitSeq(string(stacks[:runtime.Stack(stacks, true)]), "\n\n") {
			if strings.Contains(g, "[sync.Cond.Wait") && strings.Contains(g, "load.(*outbox).put") {
				return true
			}
		}
		return false
	})
	close(gate)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if n != 10_000 || report.Planned != n || report.Blocked == 0 {
		t.Errorf("%d recorded, report %+v; want 10000, some of which waited", n, report)
	}
}
