package load_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/traffic"
)

// All requests of a burst are in the service at the same time, each on its own connection.
func TestABurstIsConcurrent(t *testing.T) {
	const n = 32
	var mu sync.Mutex
	inside := 0
	full := make(chan struct{})
	serveBurst := func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		if inside++; inside == n {
			close(full)
		}
		mu.Unlock()
		select {
		case <-full:
		case <-time.After(10 * time.Second):
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}
	s := stream("", 1, time.Second)
	s.Burst, s.Workers, s.Timeout = n, n, 20*time.Second
	s.Targets = []load.Target{{Instance: "1", URL: serve(t, serveBurst)}, {Instance: "2", URL: serve(t, serveBurst)}}
	for _, spread := range []bool{true, false} {
		inside, full, s.Spread = 0, make(chan struct{}), spread
		got, report := run(t, history.NewClock(), s)
		to := map[string]int{}
		for i, r := range got {
			to[r.Instance]++
			if !r.OK() || r.Seq != uint64(i) || r.Intended != 0 {
				t.Errorf("request %d: %+v", i, r)
			}
		}
		want := map[string]int{"1": n}
		if spread {
			want = map[string]int{"1": n / 2, "2": n / 2}
		}
		if len(got) != n || to["1"] != want["1"] || to["2"] != want["2"] || report.Planned != n || report.Sent != n {
			t.Errorf("spread %t: %d requests to %v, report %+v; want %v", spread, len(got), to, report, want)
		}
	}
}

// However quick the service is, no connection serves two requests of a burst, and each burst is one client's.
func TestABurstHasItsConnections(t *testing.T) {
	needAddresses(t)
	const n = 16
	targets, seen := visits(t, "1", "2")
	leaveNoTrace(t)
	s := asked(targets, 6*n, traffic.Clients{Draw: traffic.InTurn, N: 3, As: traffic.ByAddress})
	s.For, s.From, s.To = 6*20*time.Millisecond-time.Millisecond, 50, 50
	s.Burst, s.Spread, s.Workers = n, true, 2*n
	got, _ := run(t, history.NewClock(), s)
	if len(got) != 6*n {
		t.Fatalf("%d requests, want %d", len(got), 6*n)
	}
	for burst := range slices.Chunk(got, n) {
		used := map[string]bool{}
		for _, r := range burst {
			v := seen()[fmt.Sprint(r.Seq)]
			if !r.OK() || r.Client != burst[0].Client || v.from != r.Client || r.Intended != burst[0].Intended || r.Sent != burst[0].Sent {
				t.Errorf("request %d by %s at %v, seen %+v; want %s at %v", r.Seq, r.Client, r.Intended, v, burst[0].Client, burst[0].Intended)
			}
			used[v.instance+" "+v.port] = true
		}
		if len(used) != n {
			t.Errorf("the burst of %s had %d connections, want %d", burst[0].Client, len(used), n)
		}
	}
	if got[0].Client == got[n].Client || got[0].Client != got[3*n].Client {
		t.Errorf("bursts of %s, %s and %s, want three clients in turn", got[0].Client, got[n].Client, got[3*n].Client)
	}
}

// An instance that is gone does not hold back the rest of the burst.
func TestABurstToAnInstanceThatIsGone(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	targets, _ := visits(t, "1")
	leaveNoTrace(t)
	s := stream("", 1, time.Second)
	s.Targets = append(targets, load.Target{Instance: "2", URL: "http://" + l.Addr().String()})
	s.Burst, s.Spread = 8, true
	got, _ := run(t, history.NewClock(), s)
	for _, r := range got {
		if want := map[string]history.Failure{"1": "", "2": history.Refused}[r.Instance]; r.Failure != want {
			t.Errorf("instance %s: %q, want %q", r.Instance, r.Failure, want)
		}
	}
	if len(got) != 8 {
		t.Errorf("%d requests, want 8", len(got))
	}
}

func TestCancelEndsABurst(t *testing.T) {
	needAddresses(t)
	leaveNoTrace(t)
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	inside := 0
	s := stream(serve(t, func(_ http.ResponseWriter, r *http.Request) {
		mu.Lock()
		if inside++; inside == 8 {
			cancel()
		}
		mu.Unlock()
		<-r.Context().Done()
	}), 100, 10*time.Millisecond)
	s.Burst, s.Workers, s.Timeout = 8, 8, time.Hour
	s.Clients = &traffic.Clients{Draw: traffic.InTurn, N: 100, As: traffic.ByAddress}
	n := 0
	_, err := load.Run(ctx, history.NewClock(), []load.Stream{s}, noPhase, func(r history.Request) {
		if n++; r.Failure != history.Canceled {
			t.Errorf("%+v, want it canceled", r)
		}
	}, nil)
	if !errors.Is(err, context.Canceled) || n < 8 || n%8 != 0 {
		t.Errorf("%d requests, error %v; want whole bursts, canceled", n, err)
	}
}
