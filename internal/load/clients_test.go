package load_test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/traffic"
)

// A visit is a request as a service sees it.
type visit struct{ instance, seq, from, port, forwarded string }

// visits starts services that note who asks; X-Seq tells the requests apart.
func visits(t *testing.T, instances ...string) (targets []load.Target, seen func() map[string]visit) {
	var mu sync.Mutex
	all := map[string]visit{}
	for _, instance := range instances {
		url := serve(t, func(_ http.ResponseWriter, r *http.Request) {
			host, port, _ := net.SplitHostPort(r.RemoteAddr)
			v := visit{instance, r.Header.Get("X-Seq"), host, port, r.Header.Get("X-Forwarded-For")}
			mu.Lock()
			defer mu.Unlock()
			all[v.seq] = v
		})
		targets = append(targets, load.Target{Instance: instance, URL: url})
	}
	return targets, func() map[string]visit { mu.Lock(); defer mu.Unlock(); return all }
}

// asked is a stream of n requests to targets that say their number.
func asked(targets []load.Target, n int, c traffic.Clients) load.Stream {
	s := stream("", n, 500*time.Microsecond)
	s.Targets, s.Headers, s.Clients = targets, map[string]string{"X-Seq": "{seq}"}, &c
	return s
}

// needAddresses skips the test where 127.0.0.0/8 is not all this machine's.
func needAddresses(t *testing.T) {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("only Linux has all addresses of 127.0.0.0/8")
	}
}

func TestClientsWithAddressesOfTheirOwn(t *testing.T) {
	needAddresses(t)
	targets, seen := visits(t, "1", "2")
	leaveNoTrace(t)
	s := asked(targets, 24, traffic.Clients{Draw: traffic.InTurn, N: 4, First: 249, As: traffic.ByAddress})
	got, _ := run(t, history.NewClock(), s)
	meets := map[string][]string{}
	for i, r := range got {
		v := seen()[fmt.Sprint(r.Seq)]
		want := []string{"127.1.0.250", "127.1.1.1", "127.1.1.2", "127.1.1.3"}[i%4]
		if r.Client != want || v.from != want || v.instance != r.Instance || v.forwarded != "" || !r.OK() {
			t.Errorf("request %d by %s on %s, seen %+v; want %s", i, r.Client, r.Instance, v, want)
		}
		meets[r.Client] = append(meets[r.Client], r.Instance)
	}
	for client, instances := range meets {
		for i := 1; i < len(instances); i++ {
			if instances[i] == instances[i-1] {
				t.Errorf("%s met the instances %v, want them in turn", client, instances)
				break
			}
		}
	}
}

func TestClientsByAHeader(t *testing.T) {
	targets, seen := visits(t, "1")
	c := traffic.Clients{Draw: traffic.InTurn, N: 4, First: 1000, As: traffic.ByHeader, Header: "X-Forwarded-For", IPv6: true}
	got, _ := run(t, history.NewClock(), asked(targets, 8, c))
	for i, r := range got {
		v := seen()[fmt.Sprint(r.Seq)]
		want := []string{"198.18.4.1", "2001:db8:0:3ea::1", "198.18.4.3", "2001:db8:0:3ec::1"}[i%4]
		if r.Client != want || v.forwarded != want || v.from != "127.0.0.1" {
			t.Errorf("request %d by %s, seen %+v; want %s", i, r.Client, v, want)
		}
	}
}

// Who asks is a function of the seed, alike for each arm, and planned as it is played.
func TestWhoAsksIsDrawn(t *testing.T) {
	targets, _ := visits(t, "1", "2")
	for _, draw := range traffic.Draws {
		a := asked(targets, 400, traffic.Clients{Draw: draw, N: 20, S: 1.5, As: traffic.ByHeader, Header: "X-Forwarded-For"})
		a.Path, a.Keys.N = "/{id}", 50
		b, other := a, a
		b.Arm, other.Seed = "b", 2
		var planned, others []load.Place
		for c := range a.Places() {
			planned = append(planned, c)
		}
		for c := range other.Places() {
			others = append(others, c)
		}
		got, _ := run(t, history.NewClock(), a, b)
		count := map[string]int{}
		for _, r := range got {
			c := planned[r.Seq]
			if r.Client != c.Client || r.Key != c.Key || r.Instance != c.Target.Instance || r.Intended != c.Intended {
				t.Fatalf("%s: %+v, want %+v", draw, r, c)
			}
			count[r.Client]++
		}
		if len(got) != 800 || len(count) != 20 && draw != "zipf" {
			t.Errorf("%s: %d requests of %d clients, want 800 of 20", draw, len(got), len(count))
		}
		if first := count["198.18.0.1"]; draw == "zipf" && (first < 200 || first > 500) {
			t.Errorf("zipf: the first client asked %d times of 800, want about 380", first)
		}
		same := slices.EqualFunc(planned, others, func(a, b load.Place) bool { return a.Client == b.Client })
		if same != (draw == traffic.InTurn) {
			t.Errorf("%s: another seed draws the same clients: %t", draw, same)
		}
	}
}

func TestClientsKeepTheirCookies(t *testing.T) {
	for _, as := range traffic.As {
		t.Run(as, func(t *testing.T) {
			needAddresses(t)
			var mu sync.Mutex
			given := map[string]string{} // by cookie: to whom
			bad := 0
			url := serve(t, func(w http.ResponseWriter, r *http.Request) {
				io.Copy(io.Discard, r.Body)
				mu.Lock()
				defer mu.Unlock()
				who := r.Header.Get("X-Who")
				if c, err := r.Cookie("session"); err != nil {
					id := fmt.Sprint("s", len(given))
					given[id] = who
					http.SetCookie(w, &http.Cookie{Name: "session", Value: id, Path: "/"})
				} else if given[c.Value] != who {
					bad++
				}
			})
			c := traffic.Clients{Draw: traffic.InTurn, N: 3, As: as, Cookies: true}
			if as == traffic.ByHeader {
				c.Header = "X-Forwarded-For"
			}
			s := stream(url, 12, 2*time.Millisecond)
			s.Headers, s.Clients, s.Workers = map[string]string{"X-Who": "{client}"}, &c, 1
			later := s
			later.Start, later.First, later.Seed = 100*time.Millisecond, 12, 2
			arm := s
			arm.Arm = "b"
			got, _ := run(t, history.NewClock(), s, later, arm)
			if len(got) != 36 || len(given) != 6 || bad != 0 {
				t.Errorf("%d requests, %d cookies given, %d sent by another; want 36, one for each client of each arm, none", len(got), len(given), bad)
			}
		})
	}
}
