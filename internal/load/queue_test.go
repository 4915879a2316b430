package load_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
)

// The service holds the only worker: what falls due meanwhile waits for the
// service, and its wait is in its response time.
func TestLagAtTheCapIsTheServices(t *testing.T) {
	const gap = 100 * time.Millisecond
	clock := history.NewClock()
	release := make(chan struct{})
	s := stream(serve(t, func(http.ResponseWriter, *http.Request) { <-release }), 3, gap)
	s.Workers = 1
	go func() {
		defer close(release)
		until(t, "the third request due", func() bool { return clock.Now() > 2*gap+gap/4 })
	}()
	got, report := run(t, clock, s)
	for i, want := range []bool{false, true, true} {
		if got[i].Queued != want {
			t.Errorf("request %d: queued %t, want %t", i, got[i].Queued, want)
		}
	}
	if lag := got[1].Lag(); lag < gap {
		t.Errorf("request 1 left %v late, want more than %v: the worker was held", lag, gap)
	}
	if r := got[1].Response(); r < got[1].Lag() {
		t.Errorf("request 1: response %v is less than its lag %v", r, got[1].Lag())
	}
	if report.Planned != 3 || report.Sent != 3 || report.Queued != 2 || report.OwnLag >= gap {
		t.Errorf("report %+v, want 3 planned and sent, 2 queued, and no own lag of %v", report, gap)
	}
}

// The generator itself is late, and every worker idle: nobody else is to blame,
// however few workers there are.
func TestLagWithAWorkerFreeIsTheGenerators(t *testing.T) {
	for _, workers := range []int{1, 64} {
		clock := history.NewClock()
		s := stream(serve(t, func(http.ResponseWriter, *http.Request) {}), 30, time.Millisecond)
		s.Workers = workers
		until(t, "the window over", func() bool { return clock.Now() > 40*time.Millisecond })
		got, report := run(t, clock, s)
		for _, r := range got {
			if r.Queued || r.Lag() < 10*time.Millisecond || !r.OK() {
				t.Errorf("%d workers: request %d: queued %t, lag %v, %q; want the generator's lag of 10ms or more", workers, r.Seq, r.Queued, r.Lag(), r.Failure)
			}
		}
		if report.Queued != 0 || report.OwnLag < 40*time.Millisecond || len(got) != 30 {
			t.Errorf("%d workers: %d requests, report %+v; want 30, none queued, and the lag of the first", workers, len(got), report)
		}
	}
}

func TestATimeoutThatPassedBeforeAWorkerWasFree(t *testing.T) {
	clock := history.NewClock()
	s := stream(serve(t, func(http.ResponseWriter, *http.Request) { t.Error("an unsent request arrived") }), 10, time.Millisecond)
	s.Timeout = 5 * time.Millisecond
	until(t, "all timeouts passed", func() bool { return clock.Now() > 20*time.Millisecond })
	got, report := run(t, clock, s)
	for _, r := range got {
		if r.Failure != history.Unsent || r.Sent != 0 || r.Done != r.Intended+s.Timeout || r.Status != 0 {
			t.Errorf("request %d: %q, sent %v, done %v; want unsent, at its timeout", r.Seq, r.Failure, r.Sent, r.Done)
		}
	}
	if report.Planned != 10 || report.Unsent != 10 || report.Sent != 0 || len(got) != 10 {
		t.Errorf("%d recorded, report %+v; want 10 unsent", len(got), report)
	}
}

// A service that hangs for good: the workers come free as timeouts pass, and
// every place of the schedule still gets its record.
func TestAServiceThatHangs(t *testing.T) {
	leaveNoTrace(t)
	s := stream(serve(t, func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }), 200, time.Millisecond)
	s.Timeout, s.Workers = 40*time.Millisecond, 2
	got, report := run(t, history.NewClock(), s)
	if report.Planned != 200 || report.Sent+report.Unsent != 200 || report.Queued == 0 {
		t.Errorf("report %+v, want 200 planned, all sent or unsent, some queued", report)
	}
	for i, r := range got {
		if r.Seq != uint64(i) || r.Response() != s.Timeout || r.Failure != history.Timeout && r.Failure != history.Unsent {
			t.Fatalf("record %d: seq %d, %q after %v; want a timeout or unsent after %v", i, r.Seq, r.Failure, r.Response(), s.Timeout)
		}
	}
}
