package mutant_test

import (
	"fmt"
	"io"
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"
	"github.com/redis/go-redis/v9"

	"github.com/trektribe/bench/internal/mutant"
	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/redistest"
)

// A limited is two instances that share a limit of 10 and a Redis, behind a relay each.
type limited struct {
	t      *testing.T
	redis  *miniredis.Miniredis
	relays [2]*redistest.Relay
	urls   [2]string
}

const (
	most   = 10
	window = 900 * time.Millisecond // for the symptoms that take time
)

func openLimited(t *testing.T, name string, whole bool) *limited {
	t.Helper()
	l := &limited{t: t, redis: redistest.Start(t)}
	for i := range l.urls {
		opts := target.Options{}
		if !whole {
			m, err := mutant.Find(name)
			if err != nil {
				t.Fatal(err)
			}
			opts = m.Options()
		}
		opts.Limits = func(l cache.Limits) cache.Limits { l.Wait, l.Command = long, long; return l } // a busy machine takes its time
		l.relays[i] = redistest.Before(t, l.redis.Addr())
		env := map[string]string{"REDIS_URL": "redis://" + l.relays[i].Addr, "INSTANCE": strconv.Itoa(i), "INSTANCES": "2",
			"RATE_LIMIT": strconv.Itoa(most), "RATE_WINDOW": "1h", "TRUSTED_PROXIES": "loopback"}
		if name == "limit-counts-refused" {
			env["RATE_WINDOW"] = window.String()
		}
		l.urls[i] = serve(t, opts, env)
	}
	return l
}

// ask asks an instance for nothing that needs the cache, and returns the answer's header, and whether it was let through.
func (l *limited) ask(instance int, client string) (http.Header, bool) {
	req, err := http.NewRequest(http.MethodGet, l.urls[instance]+"/api/nothing", nil)
	if err != nil {
		l.t.Error(err)
		return nil, false
	}
	req.Header.Set("X-Forwarded-For", client)
	resp, err := (&http.Client{Timeout: long}).Do(req)
	if err != nil {
		l.t.Error(err)
		return nil, false
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, resp.Body)
	return resp.Header, resp.StatusCode == http.StatusNotFound
}

// through asks n times, one after the other, and counts what was let through.
func (l *limited) through(instance int, client string, n int) (count int) {
	for range n {
		if _, ok := l.ask(instance, client); ok {
			count++
		}
	}
	return count
}

// counted sums what an instance says it has counted in a tier.
func (l *limited) counted(instance int, tier string) (n int) {
	resp, err := http.Get(l.urls[instance] + "/metrics")
	if err != nil {
		l.t.Fatal(err)
	}
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	if err != nil {
		l.t.Fatal(err)
	}
	for _, found := range regexp.MustCompile(`(?m)^rate_limit_decisions_total\{.*tier="`+tier+`"\} (\S+)$`).FindAllStringSubmatch(string(text), -1) {
		v, err := strconv.Atoi(found[1])
		if err != nil {
			l.t.Fatal(err)
		}
		n += v
	}
	return n
}

// counter is the key of client's counter.
func (l *limited) counter(client string) string {
	for _, key := range l.redis.Keys() {
		if strings.HasPrefix(key, "limit:{"+client+"}") {
			return key
		}
	}
	return ""
}

const someone, other = "192.0.2.1", "192.0.2.2"

// limitSymptoms show what the limiter's mutants break; none may show on the whole service.
var limitSymptoms = map[string]func(*limited) bool{
	"limit-renewed": func(l *limited) bool {
		l.ask(0, someone)
		began := l.redis.TTL(l.counter(someone))
		for l.redis.TTL(l.counter(someone)) > began-20*time.Millisecond {
		}
		l.ask(0, someone)
		return l.redis.TTL(l.counter(someone)) > began-20*time.Millisecond
	},
	"limit-no-expiry": func(l *limited) bool { l.ask(0, someone); return l.redis.TTL(l.counter(someone)) == 0 },
	"limit-expiry-lost": func(l *limited) bool {
		l.ask(0, other) // the connection is there
		l.relays[0].Lose(1)
		l.ask(0, someone)
		return l.redis.TTL(l.counter(someone)) == 0
	},
	"limit-off-by-one": func(l *limited) bool { return l.through(0, someone, 2*most) == most+1 },
	"limit-get-set": func(l *limited) bool {
		for i := range 10 {
			var n atomic.Int64
			var together sync.WaitGroup
			for range 4 * most {
				together.Go(func() { n.Add(int64(l.through(0, fmt.Sprint("192.0.2.", i), 1))) })
			}
			if together.Wait(); n.Load() > most {
				return true
			}
		}
		return false
	},
	"limit-per-instance": func(l *limited) bool { return l.through(0, someone, most)+l.through(1, someone, most) == 2*most },
	"limit-fails-open": func(l *limited) bool {
		l.redis.SetError("LOADING")
		return l.through(0, someone, 2*most) == 2*most
	},
	"limit-fails-closed": func(l *limited) bool {
		l.redis.SetError("LOADING")
		return l.through(0, someone, most) == 0
	},
	"limit-restarts": func(l *limited) bool {
		l.through(0, someone, most)
		l.redis.SetError("LOADING")
		return l.through(0, someone, most) > 0
	},
	"limit-fallback-forever": func(l *limited) bool {
		l.redis.SetError("LOADING")
		l.through(0, someone, 5)
		l.redis.SetError("")
		// The whole service uses Redis again within a probe or two: a tenth of this.
		before := l.counted(0, "redis")
		for deadline := time.Now().Add(2 * time.Second); time.Now().Before(deadline); {
			if l.ask(0, someone); l.counted(0, "redis") > before {
				return false
			}
		}
		return true
	},
	"limit-shared":       func(l *limited) bool { l.through(0, someone, most); return l.through(0, other, 1) == 0 },
	"limit-behind-proxy": func(l *limited) bool { l.through(0, someone, most); return l.through(0, other, 1) == 0 },
	"limit-chosen-identity": func(l *limited) bool {
		n := 0
		for i := range 2 * most {
			n += l.through(0, fmt.Sprintf("198.51.100.%d, %s", i, someone), 1)
		}
		return n == 2*most
	},
	"limit-noscript": func(l *limited) bool {
		l.ask(0, someone)
		client := redis.NewClient(&redis.Options{Addr: l.redis.Addr()})
		defer client.Close()
		if err := client.ScriptFlush(l.t.Context()).Err(); err != nil {
			l.t.Fatal(err)
		}
		l.through(0, someone, 3)
		return l.counted(0, "memory") == 3
	},
	"limit-repeats": func(l *limited) bool {
		l.ask(0, other)
		l.relays[0].Lose(1)
		return l.through(0, someone, 2*most) < most
	},
	"limit-header-lies": func(l *limited) bool {
		h, _ := l.ask(0, someone)
		return h.Get("X-RateLimit-Remaining") == strconv.Itoa(most)
	},
	"limit-counts-refused": func(l *limited) bool {
		began := time.Now()
		l.through(0, someone, most)
		for time.Since(began) < 2*window {
			if _, ok := l.ask(0, someone); ok {
				return false
			}
		}
		return true
	},
}

func TestMutantsOfTheLimiterShowTheirSymptomAndTheWholeServiceNone(t *testing.T) {
	for name, shows := range limitSymptoms {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if !shows(openLimited(t, name, false)) {
				t.Error("the mutant does not show its symptom")
			}
			if shows(openLimited(t, name, true)) {
				t.Error("the whole service shows it too")
			}
		})
	}
}

func TestEveryMutantOfCountsHasASymptom(t *testing.T) {
	ofCounts := regexp.MustCompile("^(limit|board|session|notify)-")
	for _, name := range mutant.Names() {
		if !ofCounts.MatchString(name) {
			continue
		}
		if limitSymptoms[name] == nil && exactSymptoms[name] == nil {
			t.Errorf("%s has none", name)
		}
		m, err := mutant.Find(name)
		if err != nil || m.Name != name || m.About == "" || len(m.Breaks) == 0 {
			t.Errorf("Find(%q) = %+v, %v", name, m, err)
		}
	}
}
