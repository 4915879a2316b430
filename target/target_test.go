package target_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trektribe/bench/fixtures"
	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/ai"
	"github.com/trektribe/bench/target/redistest"
	"github.com/trektribe/bench/target/session"
	"github.com/trektribe/bench/target/store"
)

// A service is one under test.
type service struct {
	t    *testing.T
	url  string
	stop func() error // ends it; safe to call twice
	log  *logBuffer
}

// logBuffer is a bytes.Buffer that is safe for concurrent use.
type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *logBuffer) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *logBuffer) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func start(t *testing.T, env map[string]string, opts target.Options) *service {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan net.Addr, 1), make(chan error, 1)
	opts.Ready = func(a net.Addr) { ready <- a }
	s := &service{t: t, log: new(logBuffer)}
	getenv := func(name string) string {
		if v, ok := env[name]; ok || name != "PORT" && name != "RATE_LIMIT" {
			return v
		}
		return "0"
	}
	go func() { ended <- target.Run(ctx, getenv, s.log, opts) }()
	s.stop = sync.OnceValue(func() error { cancel(); return <-ended })
	t.Cleanup(func() {
		if err := s.stop(); err != nil {
			t.Errorf("Run: %v", err)
		}
	})
	select {
	case a := <-ready:
		s.url = "http://" + a.String()
	case err := <-ended:
		ended <- err
		t.Fatalf("Run: %v\n%s", err, s.log)
	case <-time.After(redistest.Timeout):
		t.Fatalf("not ready\n%s", s.log)
	}
	return s
}

// A reply is an answer, read.
type reply struct {
	status int
	header http.Header
	text   string
	body   struct {
		Trips  []fixtures.Trip
		Trip   fixtures.Trip
		User   fixtures.User
		UserID string
		Source string

		Recommendations []ai.Recommendation

		Top      []store.Score
		Sessions []session.Session

		Error  string
		Status string
		Redis  string
	}
}

func (s *service) call(method, path, body string) reply {
	s.t.Helper()
	req, err := http.NewRequest(method, s.url+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: redistest.Timeout}
	resp, err := client.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	r := reply{status: resp.StatusCode, header: resp.Header, text: string(text)}
	if resp.Header.Get("Content-Type") == "application/json" && method != http.MethodHead {
		if err := json.Unmarshal(text, &r.body); err != nil {
			s.t.Fatalf("%s %s: %v in %s", method, path, err, text)
		}
	}
	return r
}

// metric sums the samples of a metric whose labels contain all of labels.
func (s *service) metric(name string, labels ...string) (sum float64) {
	s.t.Helper()
	found := false
	for _, line := range regexp.MustCompile(`(?m)^`+name+`(\{.*\})? (\S+)$`).FindAllStringSubmatch(s.call("GET", "/metrics", "").text, -1) {
		matches := true
		for _, l := range labels {
			matches = matches && strings.Contains(line[1], l)
		}
		if v, err := strconv.ParseFloat(line[2], 64); err == nil && matches {
			sum, found = sum+v, true
		}
	}
	if !found {
		s.t.Errorf("no metric %s%v", name, labels)
	}
	return sum
}

var policies = []string{"documented", "hardened"}

// TestServiceSpeaksTheContract runs the same calls with and without Redis, under both policies.
func TestServiceSpeaksTheContract(t *testing.T) {
	for _, policy := range policies {
		for _, redis := range []string{"up", "unconfigured"} {
			t.Run(policy+", redis "+redis, func(t *testing.T) {
				env := map[string]string{"CACHE_POLICY": policy, "INSTANCE": "i7"}
				tier := "memory"
				if redis == "up" {
					env["REDIS_URL"], tier = "redis://"+redistest.Start(t).Addr(), "redis"
				}
				s := start(t, env, target.Options{})

				if got := s.call("GET", "/health", ""); got.status != 200 || got.body.Status != "ok" || got.body.Redis != redis || got.header.Get("X-Instance") != "i7" {
					t.Errorf("health: %d %s", got.status, got.text)
				}
				var listing string
				first, hits := struct{ source, header string }{"database", "database"}, 3.0
				if policy == "hardened" { // it was warmed
					first, hits = struct{ source, header string }{"cache", tier}, 4
				}
				for i, want := range []struct{ source, header string }{first, {"cache", tier}, {"cache", tier}} {
					got := s.call("GET", "/api/trips", "")
					if got.status != 200 || got.body.Source != want.source || got.header.Get("X-Source") != want.header || len(got.body.Trips) != fixtures.ActiveCount {
						t.Errorf("listing %d: %d, %d trips, source %s, header %s; want %v", i, got.status, len(got.body.Trips), got.body.Source, got.header.Get("X-Source"), want)
					}
					if trips := fmt.Sprint(got.body.Trips); i == 0 {
						listing = trips
					} else if trips != listing {
						t.Errorf("listing %d differs from the first", i)
					}
				}
				for i, want := range []string{"database", tier} {
					got := s.call("GET", "/api/trips/5", "")
					if got.header.Get("X-Source") != want || got.body.Trip != fixtures.Trips(fixtures.Seed)[4] {
						t.Errorf("trip %d: %s from %s, want trip 5 from %s", i, got.text, got.header.Get("X-Source"), want)
					}
				}
				if got := s.call("PUT", "/api/trips/5", `{"title":"New <title>"}`); got.status != 200 || got.body.Source != "database" || got.body.Trip.Version != 2 || got.body.Trip.Title != "New <title>" {
					t.Errorf("update: %d %s", got.status, got.text)
				}
				if got := s.call("HEAD", "/api/trips", ""); got.status != 200 || got.header.Get("X-Source") != tier {
					t.Errorf("HEAD: %d from %s, want 200 from %s", got.status, got.header.Get("X-Source"), tier)
				}

				if got := s.metric("trips_db_queries_total"); got != 3 {
					t.Errorf("%v queries counted, want 3", got)
				}
				if got := s.metric("cache_requests_total", `kind="trips"`, `tier="`+tier+`"`, `result="hit"`); got != hits {
					t.Errorf("%v hits of the listing counted, want %v", got, hits)
				}
				if got := s.metric("http_request_seconds_count", `route="/api/trips"`, `source="`+tier+`"`); got != hits {
					t.Errorf("%v listings from %s counted, want %v", got, tier, hits)
				}
				if redis == "up" && s.metric("redis_command_seconds_count") < 7 {
					t.Error("fewer Redis commands counted than were needed")
				}
				s.metric("go_goroutines")
				s.metric("process_resident_memory_bytes")
			})
		}
	}
}

func TestServiceRefuses(t *testing.T) {
	s := start(t, nil, target.Options{})
	for _, tc := range []struct {
		call, body string
		status     int
		says       string
	}{
		{"GET /api/trips/1001", "", 404, "no such trip"},
		{"GET /api/trips/x%2F1", "", 404, "no such trip"},
		{"GET /api/users/501", "", 404, "no such user"},
		{"GET /api/users/0", "", 404, "no such user"},
		{"PUT /api/users/1", "{}", 405, "use GET"},
		{"GET /nowhere", "", 404, "no such path"},
		{"POST /nowhere", "", 404, "no such path"},
		{"PUT /api/trips/1001", `{"title":"x"}`, 404, "no such trip"},
		{"POST /api/trips", "", 405, "use GET"},
		{"DELETE /api/trips/1", "", 405, "PUT"},
		{"PUT /api/trips/1", "", 400, "no body"},
		{"PUT /api/trips/1", "{", 400, "unexpected EOF"},
		{"PUT /api/trips/1", "[]", 400, "array"},
		{"PUT /api/trips/1", `{"title":7}`, 400, "title"},
		{"PUT /api/trips/1", `{"titel":"x"}`, 400, "titel"},
		{"PUT /api/trips/1", `{"version":9}`, 400, "version"},
		{"PUT /api/trips/1", `{}`, 400, "nothing to change"},
		{"PUT /api/trips/1", `{"title":null}`, 400, "nothing to change"},
		{"PUT /api/trips/1", `{"title":" "}`, 400, "title"},
		{"PUT /api/trips/1", `{"title":"x"} {"title":"y"}`, 400, "more than one"},
		{"PUT /api/trips/1", `{"title":"x"}]`, 400, "invalid character"},
		{"PUT /api/trips/1", `{"price":-1}`, 400, "price"},
		{"PUT /api/trips/1", `{"capacity":0}`, 400, "capacity"},
		{"PUT /api/trips/1", `{"status":"gone"}`, 400, "active, draft"},
		{"PUT /api/trips/1", `{"startDate":"31.5.2026"}`, 400, "2026-05-31"},
		{"PUT /api/trips/1", `{"description":"` + strings.Repeat("x", 5001) + `"}`, 400, "description"},
		{"PUT /api/trips/1", `{"title":"` + strings.Repeat("x", 100_000) + `"}`, 413, "65536"},
		{"PUT /api/trips/1", `{"title":"x"}` + strings.Repeat(" ", 100_000), 413, "65536"},
	} {
		method, path, _ := strings.Cut(tc.call, " ")
		got := s.call(method, path, tc.body)
		if got.status != tc.status || !strings.Contains(got.body.Error, tc.says) {
			t.Errorf("%s %.40s: %d %s, want %d with %q", tc.call, tc.body, got.status, got.text, tc.status, tc.says)
		}
	}
	if got := s.call("GET", "/api/trips/1", ""); got.body.Trip.Version != 1 {
		t.Errorf("a refused update changed the trip: %s", got.text)
	}
}

func TestHardenedServesNoOldVersionAfterAnUpdate(t *testing.T) {
	dir, redis := t.TempDir(), redistest.Start(t).Addr()
	var instances []*service
	for i := range 2 {
		instances = append(instances, start(t, map[string]string{"SQLITE_PATH": dir + "/trips.db", "REDIS_URL": "redis://" + redis, "INSTANCE": strconv.Itoa(i)}, target.Options{}))
	}
	id := instances[0].call("GET", "/api/trips", "").body.Trips[0].ID
	for n := range 5 {
		for _, s := range instances { // fill every tier
			s.call("GET", "/api/trips", "")
			s.call("GET", "/api/trips/"+id, "")
		}
		title := fmt.Sprint("title ", n)
		instances[n%2].call("PUT", "/api/trips/"+id, fmt.Sprintf(`{"title":%q}`, title))
		for _, s := range instances {
			if got := s.call("GET", "/api/trips/"+id, ""); got.body.Trip.Title != title {
				t.Errorf("after update %d: %q, want %q", n, got.body.Trip.Title, title)
			}
			if got := s.call("GET", "/api/trips", ""); got.body.Trips[0].Title != title {
				t.Errorf("after update %d the listing has %q, want %q", n, got.body.Trips[0].Title, title)
			}
		}
	}
	// A trip that is not listed does not cost the listing its place in the cache.
	for _, tr := range fixtures.Trips(fixtures.Seed) {
		if tr.Status == fixtures.Draft {
			instances[0].call("PUT", "/api/trips/"+tr.ID, `{"title":"draft"}`)
			break
		}
	}
	if got := instances[0].call("GET", "/api/trips", ""); got.body.Source != "cache" {
		t.Errorf("listing from %s, want cache", got.body.Source)
	}
}

func TestTTLOfZeroCachesNothing(t *testing.T) {
	for _, policy := range policies {
		m := redistest.Start(t)
		s := start(t, map[string]string{"CACHE_POLICY": policy, "REDIS_URL": "redis://" + m.Addr(), "TTL_TRIPS": "0s"}, target.Options{})
		for range 3 {
			if got := s.call("GET", "/api/trips", ""); got.body.Source != "database" {
				t.Errorf("%s: source %s, want database", policy, got.body.Source)
			}
		}
		s.call("PUT", "/api/trips/1", `{"title":"x"}`)
		if keys := m.Keys(); len(keys) != 0 {
			t.Errorf("%s wrote %v", policy, keys)
		}
	}
}

func TestInjectedDelayIsDeclared(t *testing.T) {
	for _, tc := range []struct{ variable, dependency, path string }{
		{"DB_DELAY", "database", "/api/users/1"},
		{"AI_DELAY", "ai", "/api/recommendations/1"},
	} {
		s := start(t, map[string]string{tc.variable: "20ms-30ms"}, target.Options{})
		began := time.Now()
		s.call("GET", tc.path, "")
		if took := time.Since(began); took < 20*time.Millisecond {
			t.Errorf("%s: a call with a delay of at least 20ms took %v", tc.variable, took)
		}
		of := `dependency="` + tc.dependency + `"`
		if lo, hi := s.metric("injected_delay_seconds", of, `bound="min"`), s.metric("injected_delay_seconds", of, `bound="max"`); lo != 0.02 || hi != 0.03 {
			t.Errorf("%s: metrics say %v-%v, want 0.02-0.03", tc.variable, lo, hi)
		}
		if !strings.Contains(s.log.String(), tc.dependency+" delay is injected") {
			t.Errorf("%s: the log does not mention it:\n%s", tc.variable, s.log)
		}
	}
}

func TestRunSaysWhatIsWrong(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, tc := range []struct {
		name, value, says string
	}{
		{"PORT", fmt.Sprint(taken.Addr().(*net.TCPAddr).Port), "set PORT"},
		{"CACHE_POLICY", "best", "documented or hardened"},
		{"SQLITE_PATH", "/no/such/dir/x.db", "SQLITE_PATH"},
		{"HOST", "256.0.0.1", "listen on 256.0.0.1:0"},
	} {
		env := map[string]string{"PORT": "0", tc.name: tc.value}
		err := target.Run(t.Context(), func(n string) string { return env[n] }, io.Discard, target.Options{Ready: func(net.Addr) { t.Error("ready") }})
		if err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("%s=%s: error %v, want one that says %q", tc.name, tc.value, err, tc.says)
		}
	}
}

func TestThePasswordIsNeverLogged(t *testing.T) {
	m := redistest.Start(t)
	m.RequireAuth("another")
	for _, policy := range policies {
		s := start(t, map[string]string{"CACHE_POLICY": policy, "REDIS_URL": "redis://:s3cret@" + m.Addr(), "LOG_LEVEL": "debug"}, target.Options{})
		s.call("GET", "/api/trips", "")
		if got := s.call("GET", "/health", ""); got.status != 200 || got.body.Status != "degraded" || got.body.Redis != "down" {
			t.Errorf("%s: health with a wrong password: %s", policy, got.text)
		}
		if err := s.stop(); err != nil {
			t.Error(err)
		}
		if log := s.log.String(); strings.Contains(log, "s3cret") || !strings.Contains(log, m.Addr()) {
			t.Errorf("%s: want a log with the address and without the password:\n%s", policy, log)
		}
	}
}
