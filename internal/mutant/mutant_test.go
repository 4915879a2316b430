package mutant_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/alicebob/miniredis/v2/server"

	"github.com/trektribe/bench/internal/mutant"
	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/redistest"
)

// A world is a service and its Redis.
type world struct {
	t     *testing.T
	redis *miniredis.Miniredis
	url   string
}

func open(t *testing.T, policy string, opts target.Options) *world {
	t.Helper()
	w := &world{t: t, redis: redistest.Start(t)}
	w.url = serve(t, opts, map[string]string{"CACHE_POLICY": policy, "REDIS_URL": "redis://" + w.redis.Addr()})
	return w
}

// serve starts a service and returns its URL.
func serve(t *testing.T, opts target.Options, env map[string]string) (url string) {
	t.Helper()
	env["PORT"] = "0"
	if env["RATE_LIMIT"] == "" {
		env["RATE_LIMIT"] = "0"
	}
	ctx, stop := context.WithCancel(context.Background())
	ready, ended := make(chan net.Addr, 1), make(chan error, 1)
	opts.Ready = func(a net.Addr) { ready <- a }
	opts.Drain = time.Second
	go func() { ended <- target.Run(ctx, func(n string) string { return env[n] }, io.Discard, opts) }()
	select {
	case a := <-ready:
		url = "http://" + a.String()
	case err := <-ended:
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stop()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	return url
}

// get returns the status and the source of the listing; 0 is no answer within timeout.
func (w *world) get(timeout time.Duration) (status int, source string) {
	w.t.Helper()
	return w.ask("/api/trips", timeout)
}

func (w *world) ask(path string, timeout time.Duration) (status int, source string) {
	w.t.Helper()
	client := http.Client{Timeout: timeout, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Get(w.url + path)
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body)
	return resp.StatusCode, resp.Header.Get("X-Source")
}

// values are the keys of what is cached; a lease lives for a second at most, and is none.
func (w *world) values() []string {
	return slices.DeleteFunc(w.redis.Keys(), func(key string) bool { return strings.HasPrefix(key, "lease:") })
}

func (w *world) queries() int {
	w.t.Helper()
	resp, err := http.Get(w.url + "/metrics")
	if err != nil {
		w.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		w.t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^trips_db_queries_total (\S+)$`).FindSubmatch(text)
	if found == nil {
		w.t.Fatal("no count of queries")
	}
	n, err := strconv.Atoi(string(found[1]))
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

const long = 20 * time.Second

// fastest is the shortest of a few hits: noise only adds.
func fastest(w *world) time.Duration {
	least := long
	for hits := 0; hits < 10; {
		began := time.Now()
		// On a busy machine a hit may come from memory, or be a miss.
		if _, source := w.get(long); source == "redis" || source == "memory" {
			least = min(least, time.Since(began))
			hits++
		}
	}
	return least
}

// symptoms show what mutants break, where a few requests can; none may show on the
// whole service. What the others break takes a scenario to see: bench selfcheck.
var symptoms = map[string]func(*world) bool{
	"hits-30ms":    func(w *world) bool { return fastest(w) >= 30*time.Millisecond },
	"hits-3ms":     func(w *world) bool { return fastest(w) >= 1600*time.Microsecond },
	"double-query": func(w *world) bool { w.get(long); return w.queries() == 2 },
	"no-set": func(w *world) bool {
		warmed := w.queries() // hardened has asked for the listing at its start
		for range 10 {
			if _, source := w.get(long); source != "database" {
				return false
			}
		}
		return w.queries() == warmed+10
	},
	"ttl-unit": func(w *world) bool {
		var keys []string
		for len(keys) == 0 { // a write may be late
			w.get(long)
			keys = w.values()
		}
		for _, key := range keys {
			if w.redis.TTL(key) > time.Second {
				return false
			}
		}
		return true
	},
	"ttl-never": func(w *world) bool {
		for {
			w.get(long)
			for _, key := range w.values() { // a write may be late
				return w.redis.TTL(key) > time.Hour
			}
		}
	},
	"says-database": func(w *world) bool {
		w.get(long)
		for len(w.values()) == 0 { // a write may be late
		}
		before, lies := w.queries(), false
		for range 9 {
			_, source := w.get(long)
			lies = lies || source == "database"
		}
		return lies && w.queries() == before
	},
	"no-flight": func(w *world) bool {
		const keys = 20
		for id := range keys {
			var together sync.WaitGroup
			for range 16 {
				together.Go(func() { w.ask(fmt.Sprintf("/api/trips/%d", id+1), long) })
			}
			together.Wait()
		}
		return w.queries() > 3*keys // the whole service needs one each, and on a busy machine a few more
	},
	"no-fallback": func(w *world) bool {
		w.redis.SetError("LOADING")
		status, _ := w.get(long)
		return status == http.StatusInternalServerError
	},
	"answers-uncaught": func(w *world) bool {
		w.redis.SetError("OOM command not allowed")
		status, _ := w.get(long)
		return status == http.StatusInternalServerError
	},
	"loading-uncaught": func(w *world) bool {
		w.redis.SetError("LOADING Redis is loading the dataset in memory")
		status, _ := w.get(long)
		return status == http.StatusInternalServerError
	},
	"unbounded-wait": func(w *world) bool {
		release := make(chan struct{})
		defer close(release)
		w.redis.Server().SetPreHook(func(*server.Peer, string, ...string) bool { <-release; return false })
		status, _ := w.get(2 * time.Second)
		return status == 0
	},
	"fallback-forever": func(w *world) bool {
		w.get(long)
		w.redis.SetError("LOADING")
		for range 5 {
			w.get(long)
		}
		w.redis.SetError("")
		// The whole service uses Redis again within a probe or two: a tenth of this.
		for deadline := time.Now().Add(2 * time.Second); time.Now().Before(deadline); {
			if _, source := w.get(long); source == "redis" {
				return false
			}
		}
		return true
	},
}

func TestMutantsShowTheirSymptomAndTheWholeServiceNone(t *testing.T) {
	for name, shows := range symptoms {
		m, err := mutant.Find(name)
		if err != nil || m.Name != name || m.About == "" {
			t.Fatalf("Find(%q) = %+v, %v", name, m, err)
		}
		for _, policy := range []string{"documented", "hardened"} {
			t.Run(name+"/"+policy, func(t *testing.T) {
				t.Parallel() // most of the time is waiting
				// A slow machine may show what only the mutant should: latency is compared for the mutant alone.
				if !shows(open(t, policy, m.Options())) {
					t.Error("the mutant does not show its symptom")
				}
				alike := strings.HasPrefix(name, "hits-") || policy == "documented" && (name == "unbounded-wait" || name == "no-flight")
				if !alike && shows(open(t, policy, target.Options{})) {
					t.Error("the whole service shows it too")
				}
			})
		}
	}
}

func TestFindKnowsTheNearest(t *testing.T) {
	for _, tc := range []struct{ name, says string }{
		{"no-falback", `did you mean "no-fallback"?`},
		{"hits-3", `did you mean "hits-3ms"?`},
		{"", "known: answers-uncaught"},
		{"zzzzzzzzzzzzzzzz", "known: answers-uncaught"},
	} {
		_, err := mutant.Find(tc.name)
		if err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("Find(%q): %v, want %q", tc.name, err, tc.says)
		}
	}
	if names := mutant.Names(); !slices.IsSorted(names) || len(names) < 8 {
		t.Errorf("Names() = %v", names)
	}
}
