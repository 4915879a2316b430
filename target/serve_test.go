package target_test

import (
	"net"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2/server"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/redistest"
)

// TestShutdownCutsOffWhatHangs uses the policy that waits for Redis for ever and a day.
func TestShutdownCutsOffWhatHangs(t *testing.T) {
	m := redistest.Start(t)
	s := start(t, map[string]string{"CACHE_POLICY": "documented", "REDIS_URL": "redis://" + m.Addr()}, target.Options{Drain: 10 * time.Millisecond})
	hanging, release := make(chan struct{}, 100), make(chan struct{})
	defer close(release)
	m.Server().SetPreHook(func(*server.Peer, string, ...string) bool {
		hanging <- struct{}{}
		<-release
		return false
	})
	replies := make(chan error, 1)
	go func() {
		_, err := http.Get(s.url + "/api/trips")
		replies <- err
	}()
	<-hanging
	began := time.Now()
	if err := s.stop(); err != nil {
		t.Errorf("stop: %v", err)
	}
	if took := time.Since(began); took > 4*time.Second { // the client alone would give up after 5 s, and again and again
		t.Errorf("stopped after %v", took)
	}
	if err := <-replies; err == nil {
		t.Error("the request that hung was answered")
	}
}

// TestShutdown lets a request that is under way end, and leaves no goroutine.
func TestShutdown(t *testing.T) {
	before := runtime.NumGoroutine()
	for _, policy := range policies {
		t.Run(policy, func(t *testing.T) {
			m := redistest.Start(t)
			s := start(t, map[string]string{"CACHE_POLICY": policy, "REDIS_URL": "redis://" + m.Addr(), "DB_DELAY": "300ms"}, target.Options{})
			replies := make(chan reply, 1)
			go func() { replies <- s.call("GET", "/api/trips/5", "") }()
			awaitMiss(t, s)
			if err := s.stop(); err != nil {
				t.Errorf("stop: %v", err)
			}
			if got := <-replies; got.status != 200 || got.body.Trip.ID != "5" {
				t.Errorf("the request under way was answered %d", got.status)
			}
			if _, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://")); err == nil {
				t.Error("the port is still open")
			}
		})
	}
	deadline := time.Now().Add(redistest.Timeout)
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for runtime.NumGoroutine() > before {
		if time.Now().After(deadline) {
			buf := make([]byte, 1<<16)
			t.Fatalf("%d goroutines, were %d:\n%s", runtime.NumGoroutine(), before, buf[:runtime.Stack(buf, true)])
		}
		<-tick.C
	}
}

// awaitMiss returns when a request for a trip has missed the cache, and so waits for the database.
func awaitMiss(t *testing.T, s *service) {
	t.Helper()
	for deadline := time.Now().Add(redistest.Timeout); !strings.Contains(s.call("GET", "/metrics", "").text, `{kind="trip",result="miss"`); {
		if time.Now().After(deadline) {
			t.Fatal("no request has missed")
		}
	}
}
