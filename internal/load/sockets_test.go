package load_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/machinetest"
	"github.com/trektribe/bench/internal/traffic"
)

func TestSocketsStayAndHear(t *testing.T) {
	leaveNoTrace(t)
	one, two := newHub(t), newHub(t)
	clock := history.NewClock()
	s := crowd(20, 2*time.Second, one, two)
	rec, end := play(t.Context(), t, clock, s)
	until(t, "every socket told its session", func() bool { return len(rec.of("session")) == 20 })
	one.send(t, "n1")
	two.send(t, "n1")
	one.send(t, "n2")
	if err := end(); err != nil {
		t.Fatal(err)
	}
	sessions, messages, closes := rec.of("session"), rec.of("message"), rec.of("close")
	for _, r := range rec.requests {
		if r.Status != 101 || !r.OK() || r.Method != "GET" || r.Client != fmt.Sprintf("sockets/%s/%d", r.Key, r.Seq) || r.Done < r.Sent || r.Sent < r.Intended {
			t.Errorf("opening %+v", r)
		}
		hello, bye := sessions[r.Client], closes[r.Client]
		if len(hello) != 1 || len(bye) != 1 {
			t.Fatalf("%s: sessions %v, ends %v; want one of each", r.Client, hello, bye)
		}
		if e := hello[0]; e.Stream != "sockets" || e.Arm != "a" || e.Instance != r.Instance || e.At < r.Sent || !strings.Contains(e.Detail, "-") {
			t.Errorf("session %+v of %+v", e, r)
		}
		if e := bye[0]; e.Detail != "left" || e.At < s.For || e.Until < e.At || e.Instance != r.Instance {
			t.Errorf("end %+v, want left after 2s", e)
		}
		var ids []string
		for _, e := range messages[r.Client] {
			ids = append(ids, e.Detail)
		}
		if want := map[string][]string{"1": {"n1", "n2"}, "2": {"n1"}}[r.Instance]; !slices.Equal(ids, want) {
			t.Errorf("%s of instance %s heard %v, want %v", r.Client, r.Instance, ids, want)
		}
	}
	one.gone.Wait()
	two.gone.Wait()
	for _, h := range []*hub{one, two} {
		if len(h.ended) != 10 || slices.ContainsFunc(slices.Collect(maps.Values(h.ended)), func(how string) bool { return how != "1000" }) {
			t.Errorf("the service saw its sockets end with %v, want 10 goodbyes", h.ended)
		}
	}
	if len(one.users) < 2 || one.users[""] > 0 {
		t.Errorf("users %v", one.users)
	}
}

// A socket that leaves without a goodbye ends with a reset, or not at all until the stretch ends.
func TestSocketsLeaveWithoutAGoodbye(t *testing.T) {
	for _, leave := range []string{traffic.Drop, traffic.Vanish} {
		t.Run(leave, func(t *testing.T) {
			leaveNoTrace(t)
			h := newHub(t)
			s := crowd(4, 1500*time.Millisecond, h)
			s.Socket.Stay, s.Socket.Leave = 100*time.Millisecond, leave
			rec, end := play(t.Context(), t, history.NewClock(), s)
			until(t, "all left", func() bool { return len(rec.of("close")) == 4 })
			if leave == traffic.Vanish {
				// Nobody answers a ping any more, and nobody says why.
				for _, c := range h.all() {
					ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
					if err := c.Ping(ctx); !errors.Is(err, context.DeadlineExceeded) {
						t.Errorf("ping: %v, want no answer", err)
					}
					cancel()
				}
				if n := h.open(); n != 4 {
					t.Errorf("the service still has %d sockets, want 4", n)
				}
			} else {
				until(t, "the service noticed", func() bool { return h.open() == 0 })
			}
			if err := end(); err != nil {
				t.Fatal(err)
			}
			for _, ends := range rec.of("close") {
				if e := ends[0]; e.Detail != map[string]string{traffic.Drop: "dropped", traffic.Vanish: "vanished"}[leave] || e.At < 100*time.Millisecond || e.At > 1400*time.Millisecond {
					t.Errorf("end %+v, want that it left after 100ms", e)
				}
			}
			h.gone.Wait()
			for id, how := range h.ended {
				if leave == traffic.Drop && !strings.Contains(how, "reset") {
					t.Errorf("socket %s ended with %s, want a reset", id, how)
				}
			}
		})
	}
}

// A socket that ended, or could not be opened, comes back after its pause, to the instance that the stream says.
func TestSocketsComeBack(t *testing.T) {
	for _, back := range traffic.Backs {
		t.Run(back, func(t *testing.T) {
			leaveNoTrace(t)
			h := newHub(t)
			h.greet = func(_ context.Context, c *websocket.Conn, _ string) { c.Close(websocket.StatusGoingAway, "") }
			s := crowd(2, 500*time.Millisecond, h)
			s.Socket.Again, s.Socket.Back = 50*time.Millisecond, back
			s.Targets = append(s.Targets, load.Target{Instance: "2", URL: "http://127.0.0.1:1"}) // nobody listens
			rec, end := play(t.Context(), t, history.NewClock(), s)
			if err := end(); err != nil {
				t.Fatal(err)
			}
			closes := rec.of("close")
			seen := map[uint64]bool{}
			var instances [2]string
			for _, r := range rec.requests {
				place, times := r.Seq&(1<<32-1), r.Seq>>32
				instances[place] += r.Instance
				name := fmt.Sprintf("sockets/%s/%d", r.Key, place)
				if times > 0 {
					name += fmt.Sprintf(".%d", times)
				}
				if r.Client != name || seen[r.Seq] || times > 0 && r.Lag() > 30*time.Millisecond {
					t.Errorf("opening %+v, want %s, once and in time", r, name)
				}
				seen[r.Seq] = true
				switch ends := closes[r.Client]; {
				case r.Instance == "2" && (r.Failure != history.Refused || len(ends) > 0):
					t.Errorf("opening %+v with ends %v, want it refused", r, ends)
				case r.Instance == "1" && (r.Status != 101 || len(ends) != 1 || ends[0].Detail != "closed 1001" && ends[0].At < s.For):
					t.Errorf("opening %+v with ends %v, want closed 1001", r, ends)
				}
			}
			for place, order := range instances {
				want := strings.Repeat(fmt.Sprint(1+place), len(order))
				if back == traffic.ToNext {
					want = strings.Repeat([]string{"12", "21"}[place], len(order))[:len(order)]
				}
				if order != want || len(order) < 4 || len(order) > 10 {
					t.Errorf("socket %d went to instances %s, want %s, some 9 times", place, order, want)
				}
			}
		})
	}
}

func TestSocketsAnswerPings(t *testing.T) {
	h := newHub(t)
	rec, end := play(t.Context(), t, history.NewClock(), crowd(2, time.Second, h))
	until(t, "sessions", func() bool { return len(rec.of("session")) == 2 })
	for _, c := range h.all() {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		if err := c.Ping(ctx); err != nil {
			t.Errorf("ping: %v", err)
		}
		cancel()
	}
	if err := end(); err != nil {
		t.Fatal(err)
	}
}

func TestCancelEndsSocketsAtOnce(t *testing.T) {
	leaveNoTrace(t)
	h := newHub(t)
	ctx, cancel := context.WithCancel(t.Context())
	s := crowd(10, time.Hour, h)
	s.Socket.Stay, s.Socket.Leave, s.Socket.Again, s.Socket.Ping = 20*time.Millisecond, traffic.Vanish, 10*time.Millisecond, time.Second
	rec, end := play(ctx, t, history.NewClock(), s)
	until(t, "some came back", func() bool { return rec.opened() > 30 })
	cancel()
	if err := end(); !errors.Is(err, context.Canceled) {
		t.Errorf("Run: %v, want that it was canceled", err)
	}
	for name, ends := range rec.of("close") {
		if how := ends[0].Detail; len(ends) != 1 || how != "vanished" && how != "canceled" {
			t.Errorf("%s: %v, want vanished or canceled, once", name, ends)
		}
	}
	h.gone.Wait() // the connections that vanished are closed too
}

// A thousand sockets at once, on two instances, and nothing of them left.
func TestAThousandSockets(t *testing.T) {
	const n = 1000
	for _, window := range []time.Duration{5 * time.Second, 15 * time.Second} {
		one, two := newHub(t), newHub(t)
		files, goroutines := openFiles(t), runtime.NumGoroutine()
		s := crowd(n, window, one, two)
		s.From, s.To, s.Keys.N, s.Timeout, s.Workers = 1000, 1000, 50, time.Minute, 256
		rec, end := play(t.Context(), t, history.NewClock(), s)
		within := time.Now().Add(window - time.Second)
		until(t, "a thousand sessions", func() bool { return len(rec.of("session")) == n || time.Now().After(within) })
		all := len(rec.of("session")) == n
		if a, b := one.open(), two.open(); all && (a != n/2 || b != n/2) {
			t.Errorf("%d and %d sockets are open, want %d each", a, b, n/2)
		}
		one.send(t, "n")
		two.send(t, "n")
		if err := end(); err != nil {
			t.Fatal(err)
		}
		one.gone.Wait()
		two.gone.Wait()
		until(t, "goroutines and files are back", func() bool { return runtime.NumGoroutine() <= goroutines+8 && openFiles(t) <= files+8 })
		if !all {
			machinetest.Busy(t, "not all sockets were open within %v", window)
			continue
		}
		if got := len(rec.of("message")); got != n {
			t.Errorf("%d sockets were notified, want %d", got, n)
		}
		for name, ends := range rec.of("close") {
			if ends[0].Detail != "left" {
				t.Fatalf("%s: %v", name, ends)
			}
		}
		return
	}
	t.Error("a thousand sockets were not opened within 15s")
}

// openFiles is the number of this process's descriptors; 0 where the system does not say.
func openFiles(t *testing.T) int {
	t.Helper()
	names, err := os.ReadDir("/proc/self/fd")
	if err != nil && runtime.GOOS == "linux" {
		t.Fatal(err)
	}
	return len(names)
}
