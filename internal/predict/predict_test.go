package predict_test

import (
	"maps"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/predict"
)

// defaults are what go-redis v9.23 has on two cores.
var defaults = map[string]float64{
	"dialer_retries": 5, "dialer_retry_timeout_seconds": 0.1, "read_timeout_seconds": 5, "pool_size": 20, "pool_timeout_seconds": 6,
	"max_retries": 3, "min_retry_backoff_seconds": 0.01, "max_retry_backoff_seconds": 1, "handshake_round_trips": 2, "idle_connections": 1,
}

// old is a fault of old connections, for good.
var old = map[string]float64{"old_only": 1, "for_good": 1}

func with(options map[string]float64, more map[string]float64) map[string]float64 {
	out := maps.Clone(options)
	maps.Copy(out, more)
	return out
}

// bounded is the client of the hardened policy.
var bounded = with(defaults, map[string]float64{
	"dialer_retries": 1, "read_timeout_seconds": 0.5, "pool_timeout_seconds": 0.5, "max_retries": 0,
	"handshake_round_trips": 1, "request_wait_seconds": 0.05,
})

func TestOneCallStallsAsItsOptionsSay(t *testing.T) {
	// Without chance: a pause of no length between attempts.
	steady := with(defaults, map[string]float64{"min_retry_backoff_seconds": 0})
	for _, tc := range []struct {
		kind    string
		options map[string]float64
		add     map[string]float64
		want    time.Duration
		why     string
	}{
		{"refused", steady, nil, 1600 * time.Millisecond, "1.6s in 4 × 5 dials, 100ms apart"},
		{"refused", steady, map[string]float64{"max_retries": 0}, 400 * time.Millisecond, "1 × 5 dials"},
		{"refused", steady, map[string]float64{"dialer_retries": 1}, 0, "at once"},
		{"refused", steady, map[string]float64{"calls_per_request": 2}, 3200 * time.Millisecond, "in 2 calls"},
		{"refused", steady, map[string]float64{"calls_per_request": 2, "load_seconds": 0.25}, 3450 * time.Millisecond, "250ms for a load"},
		{"refused", steady, map[string]float64{"client_timeout_seconds": 1}, time.Second, "a client gives up after 1s"},
		{"refused", steady, map[string]float64{"fault_seconds": 0.25}, 300 * time.Millisecond, "dials"},
		{"close", steady, nil, 0, "at once"},
		{"close", defaults, map[string]float64{"old_only": 1}, 0, "at once"},          // it opens another
		{"blackhole", steady, nil, 10 * time.Second, "2 × 5s until a read times out"}, // on the pooled connection and in a handshake, which is not tried again
		{"blackhole", steady, map[string]float64{"max_retries": 0}, 5 * time.Second, "1 × 5s"},
		{"stopped", steady, map[string]float64{"fault_seconds": 1.8}, 1800 * time.Millisecond, "until the fault ends"},
		{"slowcmd", steady, map[string]float64{"read_timeout_seconds": 0, "fault_seconds": 30}, 30 * time.Second, "until the fault ends"},
		{"latency", steady, map[string]float64{"delay_seconds": 0.5}, 500 * time.Millisecond, "1 × 500ms until a late reply"},
		{"latency", steady, map[string]float64{"delay_seconds": 0.5, "idle_connections": 0}, 1500 * time.Millisecond, "3 × 500ms"},
		{"rotated", steady, nil, 0, "at once"},
		{"oom", defaults, nil, 0, "at once"},
		{"noauth", defaults, nil, 0, "at once"},
		{"busy", defaults, nil, 0, "at once"},
		{"flushed", defaults, nil, 0, "at once"},
		{"refused", bounded, nil, 0, "at once"},
		{"reset", bounded, nil, 0, "at once"},
		{"blackhole", bounded, nil, 50 * time.Millisecond, "a request waits 50ms for Redis at most"},
		{"latency", bounded, map[string]float64{"delay_seconds": 0.02}, 20 * time.Millisecond, "late reply"},
		{"latency", bounded, map[string]float64{"delay_seconds": 0.2}, 50 * time.Millisecond, "a request waits 50ms"},
		{"loading", bounded, nil, 0, "at once"},
		{"lost", bounded, nil, 0, "at once"},
		{"cutoff", bounded, nil, 0, "at once"},
	} {
		p, ok := predict.LongestStall(tc.kind, with(tc.options, tc.add))
		if !ok || p.Stall != tc.want || !strings.Contains(p.Why, tc.why) {
			t.Errorf("%s %v: %v, %v, %q, want %v and %q", tc.kind, tc.add, ok, p.Stall, p.Why, tc.want, tc.why)
		}
		if p.Lo > p.Stall || p.Stall > p.Hi {
			t.Errorf("%s %v: %v is not in %v to %v", tc.kind, tc.add, p.Stall, p.Lo, p.Hi)
		}
	}
}

// The library's pauses are 10 ms and up to 20, 40 and 80 more: 100 in the mean, 30 to 170.
func TestChancePausesGiveAnInterval(t *testing.T) {
	for kind, pauses := range map[string]time.Duration{
		"loading": 1, // three pauses between four attempts
		"close":   5, // and three in each of four handshakes
	} {
		p, ok := predict.LongestStall(kind, defaults)
		if !ok || p.Lo < 30*pauses*time.Millisecond || p.Lo == p.Hi || (p.Stall-100*pauses*time.Millisecond).Abs() > 25*time.Millisecond {
			t.Errorf("%s: %v, %v in %v to %v, want about %v", kind, ok, p.Stall, p.Lo, p.Hi, 100*pauses*time.Millisecond)
		}
		if again, _ := predict.LongestStall(kind, defaults); again != p {
			t.Errorf("%s: the same options give %v and %v", kind, p, again)
		}
	}
}

// One after another, requests dial in vain until as many have failed as the pool
// is large; all at once, they fail together and the client gives up dialling.
func TestLoadShortensARefusal(t *testing.T) {
	stall := func(rate float64) time.Duration {
		p, _ := predict.LongestStall("refused", with(defaults, map[string]float64{"rate_per_second": rate, "fault_seconds": 3}))
		return p.Stall
	}
	if few, many := stall(1), stall(100); few < 1600*time.Millisecond || many > 900*time.Millisecond {
		t.Errorf("%v at 1 a second and %v at 100, want above 1.6 s and below 0.9 s", few, many)
	}
}

// A pool of 3 connections of 10 replies a second, asked 60 times a second for
// 1.5 s, keeps who comes as it ends waiting: 1.5 × (1 − 30/60), and its reply.
func TestAFullPoolKeepsCallersWaiting(t *testing.T) {
	p, ok := predict.LongestStall("latency", with(defaults, map[string]float64{"pool_size": 3, "idle_connections": 3, "delay_seconds": 0.1, "rate_per_second": 60, "fault_seconds": 1.5}))
	if want := 800 * time.Millisecond; !ok || (p.Stall-want).Abs() > 60*time.Millisecond || !strings.Contains(p.Why, "waiting for one of 3 connections") {
		t.Errorf("%v, %v, %q, want about %v", ok, p.Stall, p.Why, want)
	}
}

func TestWhatOptionsDoNotSayIsNotPredicted(t *testing.T) {
	for _, tc := range []struct {
		kind    string
		options map[string]float64
		why     string
	}{
		{"refused", nil, `redis_client_option{name="dialer_retries"}`},
		{"refused", map[string]float64{"dialer_retries": 5}, `name="dialer_retry_timeout_seconds"`},
		{"latency", defaults, "the delay of the fault is not known"},
		{"late", defaults, "the delay of the fault is not known"},
		{"restarted", defaults, "as long as Redis takes to start"},
		{"reloaded", defaults, "as long as Redis takes to start"},
		{"replayed", defaults, "as long as Redis takes to start"},
		{"terminated", defaults, "nothing is known"},
	} {
		if p, ok := predict.LongestStall(tc.kind, tc.options); ok || p.Stall != 0 || !strings.Contains(p.Why, tc.why) {
			t.Errorf("%s: %v, %v, %q, want no prediction, and why: %q", tc.kind, ok, p.Stall, p.Why, tc.why)
		}
	}
	for _, tc := range []struct {
		kind    string
		options map[string]float64
		least   time.Duration // that a request may stall at most
		most    time.Duration
		why     string
	}{
		{"hang", defaults, 5 * time.Second, 5200 * time.Millisecond, "only a request that needs a new connection meets it, and costs that at most: 1 × 5s"},
		{"hang", bounded, 50 * time.Millisecond, 50 * time.Millisecond, "new connection"},
		{"restarted", with(defaults, map[string]float64{"down_seconds": 0.05}), 50 * time.Millisecond, time.Second, "only a request of the moment"},
		{"maxclients", defaults, 90 * time.Millisecond, 5 * time.Second, "new connection"},
		{"cutoff", defaults, 90 * time.Millisecond, 3 * time.Second, "size of the replies"},
		{"slow", defaults, 10 * time.Second, 11 * time.Second, "size of the replies"},
		{"slices", with(defaults, map[string]float64{"delay_seconds": 0.01}), 10 * time.Second, 11 * time.Second, "size of the replies"},
		{"late", with(defaults, map[string]float64{"delay_seconds": 0.3}), 300 * time.Millisecond, 300 * time.Millisecond, "commands are chosen"},
		{"mute", defaults, 20 * time.Second, 21 * time.Second, "commands are chosen, and costs that at most: 4 × 5s"},
		{"lost", defaults, 90 * time.Millisecond, 3 * time.Second, "commands are chosen"},
		{"blackhole", with(defaults, old), 20 * time.Second, 21 * time.Second, "how many connections stood before it, and costs that at most: 4 × 5s"},
		{"blackhole", with(with(defaults, old), map[string]float64{"pool_size": 2, "fault_seconds": 1}), 10 * time.Second, 11 * time.Second, "2 × 5s"}, // then it opens one
		{"blackhole", with(with(defaults, old), map[string]float64{"for_good": 0, "fault_seconds": 1}), time.Second, time.Second, "until the fault ends"},
		{"blackhole", with(with(defaults, old), map[string]float64{"rate_per_second": 10, "fault_seconds": 30}), 5 * time.Second, 6 * time.Second, "1 × 5s"}, // others have used up the old ones by its second attempt
		{"blackhole", with(bounded, old), 50 * time.Millisecond, 50 * time.Millisecond, "connections stood"},
		{"blackhole", with(with(defaults, old), map[string]float64{"read_timeout_seconds": 0, "client_timeout_seconds": 3}), 3 * time.Second, 3 * time.Second, "no read timeout"},
		{"error", with(defaults, old), 90 * time.Millisecond, 200 * time.Millisecond, "commands are chosen"}, // no handshake meets it
		{"error", defaults, 90 * time.Millisecond, 5 * time.Second, "commands are chosen"},
	} {
		if p, ok := predict.LongestStall(tc.kind, tc.options); ok || p.Stall != 0 || p.Lo != 0 || p.Hi < tc.least || p.Hi > tc.most || !strings.Contains(p.Why, tc.why) {
			t.Errorf("%s: %v, %+v, want no prediction, at most %v to %v, and why: %q", tc.kind, ok, p, tc.least, tc.most, tc.why)
		}
	}
	crowd := with(defaults, map[string]float64{"rate_per_second": 50, "fault_seconds": 1})
	if p, ok := predict.LongestStall("loading", crowd); ok || p.Stall != 0 || p.Lo < 90*time.Millisecond || p.Hi <= p.Lo || !strings.Contains(p.Why, "chance decides") {
		t.Errorf("loading, many requests: %v, %v, want bounds alone", ok, p)
	}
}
