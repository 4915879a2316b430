package target_test

import (
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/api"
	"github.com/trektribe/bench/target/config"
	"github.com/trektribe/bench/target/redistest"
)

// TestCallsOverTheLimitAreRefused asks what there is below /api/, what there is not, and what is not limited.
func TestCallsOverTheLimitAreRefused(t *testing.T) {
	for _, policy := range policies {
		for _, redis := range []string{"up", "unconfigured"} {
			t.Run(policy+", redis "+redis, func(t *testing.T) {
				env := map[string]string{"CACHE_POLICY": policy, "RATE_LIMIT": "4", "RATE_WINDOW": "900s"}
				tier := "memory"
				if redis == "up" {
					env["REDIS_URL"], tier = "redis://"+redistest.Start(t).Addr(), "redis"
				}
				s := start(t, env, target.Options{})
				began := time.Now()
				for i, call := range []string{"GET /api/trips/1", "PUT /api/trips/1", "GET /api/nothing", "HEAD /api/trips"} {
					method, path, _ := strings.Cut(call, " ")
					got := s.call(method, path, `{"title":"x"}`)
					if got.status == 429 || got.header.Get("X-RateLimit-Limit") != "4" || got.header.Get("X-RateLimit-Remaining") != strconv.Itoa(3-i) {
						t.Errorf("%s: %d, %v", call, got.status, got.header)
					}
					reset, err := strconv.ParseInt(got.header.Get("X-RateLimit-Reset"), 10, 64)
					if left := time.Unix(reset, 0).Sub(began); err != nil || left < 890*time.Second || left > 920*time.Second {
						t.Errorf("%s: the window ends in %v, %v", call, left, err)
					}
				}
				for _, method := range []string{"GET", "PUT"} {
					got := s.call(method, "/api/trips/1", `{"title":"x"}`)
					retry, err := strconv.Atoi(got.header.Get("Retry-After"))
					if got.status != 429 || !strings.HasPrefix(got.body.Error, "Too many requests. Try again in ") || got.header.Get("X-RateLimit-Remaining") != "0" ||
						err != nil || retry < 880 || retry > 900 {
						t.Errorf("over the limit: %d %s, %v", got.status, got.text, got.header)
					}
					if policy == "documented" && got.body.Error != "Too many requests. Try again in 15 minutes." {
						t.Errorf("the document says otherwise than %q", got.body.Error)
					}
				}
				if got := s.call("GET", "/health", ""); got.status != 200 || got.header.Get("X-RateLimit-Limit") != "" {
					t.Errorf("health: %d, %v", got.status, got.header)
				}
				if n := s.metric("rate_limit_decisions_total", `tier="`+tier+`"`, `result="allowed"`); n != 4 {
					t.Errorf("%v allowed, want 4", n)
				}
				if n := s.metric("rate_limit_decisions_total", `tier="`+tier+`"`, `result="refused"`); n != 2 {
					t.Errorf("%v refused, want 2", n)
				}
			})
		}
	}
}

// TestTheLimitIsOneForAllInstances, and survives Redis for what it lets through.
func TestTheLimitIsOneForAllInstances(t *testing.T) {
	m := redistest.Start(t)
	var instances []*service
	for i := range 2 {
		instances = append(instances, start(t, map[string]string{"REDIS_URL": "redis://" + m.Addr(), "INSTANCE": strconv.Itoa(i),
			"INSTANCES": "2", "RATE_LIMIT": "10"}, target.Options{}))
	}
	allowed := 0
	ask := func(n int) {
		for i := range n {
			if instances[i%2].call("GET", "/api/users/1", "").status == 200 {
				allowed++
			}
		}
	}
	ask(6)
	m.SetError("LOADING")
	ask(40) // each has let 3 through, and its share is 5
	if allowed != 10 {
		t.Errorf("let %d through, want 10", allowed)
	}
	m.SetError("")
	for deadline := time.Now().Add(redistest.Timeout); instances[0].metric("rate_limit_carried_total")+instances[1].metric("rate_limit_carried_total") < 4; {
		if time.Now().After(deadline) {
			t.Fatal("Redis has not learnt what was let through")
		}
	}
	if ask(10); allowed != 10 {
		t.Errorf("let %d through, want 10", allowed)
	}
}

func TestNoLimitIsSetOrAskedForWhereItIsOff(t *testing.T) {
	m := redistest.Start(t)
	s := start(t, map[string]string{"REDIS_URL": "redis://" + m.Addr(), "RATE_LIMIT": "0"}, target.Options{})
	for range 150 {
		if got := s.call("GET", "/api/users/1", ""); got.status != 200 || got.header.Get("X-RateLimit-Limit") != "" {
			t.Fatalf("%d, %v", got.status, got.header)
		}
	}
	for _, key := range m.Keys() {
		if strings.Contains(key, "limit") {
			t.Errorf("Redis holds %s", key)
		}
	}
}

func TestTheLimitIsTheDocumentsUnlessItIsNamed(t *testing.T) {
	s := start(t, map[string]string{"RATE_LIMIT": ""}, target.Options{})
	if got := s.call("GET", "/api/users/1", "").header.Get("X-RateLimit-Limit"); got != "100" {
		t.Errorf("the limit is %q, want 100", got)
	}
}

func TestAddressesBelieveTrustedProxiesOnly(t *testing.T) {
	for _, tc := range []struct {
		trusted, peer, forwarded, want string
	}{
		{"", "192.0.2.7:1234", "", "192.0.2.7"},
		{"", "192.0.2.7:1234", "198.51.100.1", "192.0.2.7"},
		{"", "[2001:db8::7]:1234", "", "2001:db8::7"},
		{"", "[::ffff:192.0.2.7]:1234", "", "192.0.2.7"},
		{"", "[fe80::1%eth0]:1234", "", "fe80::1"},
		{"loopback", "127.0.0.1:1234", "", "127.0.0.1"},
		{"loopback", "127.3.2.1:1234", "198.51.100.1", "198.51.100.1"},
		{"loopback", "[::1]:1234", "2001:db8::1", "2001:db8::1"},
		{"loopback", "[::ffff:127.0.0.1]:1234", "198.51.100.1", "198.51.100.1"},
		{"loopback", "192.0.2.7:1234", "198.51.100.1", "192.0.2.7"},                 // not behind the proxy
		{"loopback", "127.0.0.1:1234", "203.0.113.9, 198.51.100.1", "198.51.100.1"}, // the first is made up
		{"loopback", "127.0.0.1:1234", "203.0.113.9|198.51.100.1", "198.51.100.1"},  // in two lines
		{"loopback", "127.0.0.1:1234", "203.0.113.9,198.51.100.1,127.0.0.2", "198.51.100.1"},
		{"loopback, 10.0.0.0/8", "127.0.0.1:1234", "198.51.100.1, 10.1.1.1, 10.2.2.2", "198.51.100.1"},
		{"loopback, 10.0.0.0/8", "127.0.0.1:1234", "10.1.1.1", "10.1.1.1"}, // from inside
		{"loopback", "127.0.0.1:1234", "[2001:db8::1]:4711", "2001:db8::1"},
		{"loopback", "127.0.0.1:1234", "[2001:db8::1]", "2001:db8::1"},
		{"loopback", "127.0.0.1:1234", "2001:0db8:0::0001", "2001:db8::1"}, // one client has one name
		{"loopback", "127.0.0.1:1234", "198.51.100.1:4711", "198.51.100.1"},
		{"loopback", "127.0.0.1:1234", "unknown", "127.0.0.1"},
		{"loopback", "127.0.0.1:1234", "198.51.100.1, , 127.0.0.9", "127.0.0.9"},
		{"2001:db8:1::/48", "[2001:db8:1::5]:1234", "2001:db8:2::5", "2001:db8:2::5"},
	} {
		trusted, err := config.ParseProxies(tc.trusted)
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequest(http.MethodGet, "/api/trips", nil)
		r.RemoteAddr = tc.peer
		if tc.forwarded != "" {
			r.Header["X-Forwarded-For"] = strings.Split(tc.forwarded, "|")
		}
		if got := api.Addresses(trusted)(r); got != tc.want {
			t.Errorf("from %s with %q, trusting %q: %s, want %s", tc.peer, tc.forwarded, tc.trusted, got, tc.want)
		}
	}
	if got := api.Addresses([]netip.Prefix{})(&http.Request{RemoteAddr: "pipe"}); got != "pipe" {
		t.Errorf("of a pipe: %s", got)
	}
}

// TestClientsBehindTheProxyAreCountedApart forges a header as well.
func TestClientsBehindTheProxyAreCountedApart(t *testing.T) {
	s := start(t, map[string]string{"RATE_LIMIT": "2", "TRUSTED_PROXIES": "loopback"}, target.Options{})
	ask := func(forwarded string) int {
		req, err := http.NewRequest(http.MethodGet, s.url+"/api/users/1", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("X-Forwarded-For", forwarded)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode
	}
	for i, tc := range []struct {
		forwarded string
		want      int
	}{
		{"192.0.2.1", 200}, {"192.0.2.2", 200}, {"192.0.2.1", 200}, {"192.0.2.1", 429}, {"192.0.2.2", 200},
		{"203.0.113.1, 192.0.2.2", 429}, {"203.0.113.2, 192.0.2.2", 429}, {"2001:db8::1", 200},
	} {
		if got := ask(tc.forwarded); got != tc.want {
			t.Errorf("request %d for %s: %d, want %d", i, tc.forwarded, got, tc.want)
		}
	}
}
