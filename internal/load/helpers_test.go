package load_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/traffic"
)

// stream is a good stream of n requests to url, even gaps apart.
func stream(url string, n int, gap time.Duration) load.Stream {
	rate := float64(time.Second) / float64(gap)
	return load.Stream{
		Stream: traffic.Stream{
			Name: "trips", Type: traffic.Calls, Call: traffic.Call{Method: http.MethodGet, Path: "/"}, From: rate, To: rate,
			Keys: traffic.Keys{Dist: "uniform", N: 1_000_000}, Timeout: 5 * time.Second, Workers: 8,
		},
		Arm: "a", For: time.Duration(n)*gap - gap/2, Seed: 1, Targets: []load.Target{{Instance: "1", URL: url}},
	}
}

// run plays streams to their end and returns what was recorded, by stream and seq.
func run(t *testing.T, clock *history.Clock, streams ...load.Stream) ([]history.Request, load.Report) {
	t.Helper()
	var got []history.Request
	report, err := load.Run(t.Context(), clock, streams, noPhase, func(r history.Request) { got = append(got, r) }, nil)
	if err != nil {
		t.Fatalf("Run: %v", err)
	}
	slices.SortFunc(got, func(a, b history.Request) int {
		if a.Stream != b.Stream {
			return map[bool]int{true: -1, false: 1}[a.Stream < b.Stream]
		}
		return int(a.Seq) - int(b.Seq)
	})
	return got, report
}

func noPhase(time.Duration) string { return "" }

// serve starts a service that is given back at the test's end.
func serve(t testing.TB, h http.HandlerFunc) string {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	return s.URL
}

// serveRaw starts a service that answers connections by script, one after the
// other. A connection is closed when its script ends.
func serveRaw(t *testing.T, script func(*net.TCPConn)) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			script(c.(*net.TCPConn))
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-ended })
	return "http://" + l.Addr().String()
}

// readRequest reads one request of a script's connection; false: it was closed instead.
func readRequest(c net.Conn) bool {
	var last [4]byte
	for one := make([]byte, 1); ; {
		if _, err := io.ReadFull(c, one); err != nil {
			return false
		}
		copy(last[:], last[1:])
		last[3] = one[0]
		if string(last[:]) == "\r\n\r\n" {
			return true
		}
	}
}

// until waits for a condition that needs no more than its time. Any goroutine may call it.
func until(t *testing.T, what string, holds func() bool) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for !holds() {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Errorf("still not: %s", what)
			return
		}
	}
}

// leaveNoTrace fails the test if goroutines that began after it are left once the
// test has ended. It does not wait so long that idle connections give up by themselves.
func leaveNoTrace(t *testing.T) {
	t.Helper()
	before := runtime.NumGoroutine()
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 3*time.Second)
		defer cancel()
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for runtime.NumGoroutine() > before {
			select {
			case <-tick.C:
			case <-ctx.Done():
				stacks := make([]byte, 1<<16)
				t.Errorf("%d goroutines before, %d after:\n%s", before, runtime.NumGoroutine(), stacks[:runtime.Stack(stacks, true)])
				return
			}
		}
	})
}
