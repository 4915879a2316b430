package run

import (
	"fmt"
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim/impact"
	"github.com/trektribe/bench/internal/claim/recovery"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/traffic"
)

const ms = time.Millisecond

// A script is a service whose delays are known. Redis is away from hurtAt to healAt.
type script struct {
	detect   time.Duration // after the fault begins, /health says down
	fallback time.Duration // until then requests are held up; then memory answers
	used     time.Duration // after the heal, Redis answers again
	steady   time.Duration // after the heal, it is no longer ill
	ill      string        // how: "slow"; "failing", two in five; "missing" as many; "empty", which misses all (two in five), "empty"
}

const (
	hurtAt, healAt, endAt = 4 * time.Second, 12 * time.Second, 20 * time.Second
	timeout               = 2 * time.Second
	never                 = time.Hour
)

// answer is what the script makes of a request.
func (s script) answer(at time.Duration, rng *rand.Rand) history.Request {
	noise := time.Duration(rng.ExpFloat64() * float64(ms) / 4)
	if rng.IntN(100) == 0 {
		noise += time.Duration(rng.IntN(8)) * ms
	}
	r := history.Request{Intended: at, Sent: at + ms/10, Status: 200, Source: "redis"}
	took := ms + noise
	if rng.Float64() < 0.1 {
		r.Source, took = "database", 20*ms+noise
	}
	switch {
	case at < hurtAt:
	case at < healAt:
		r.Source = "memory"
		if at < hurtAt+s.fallback {
			took = hurtAt + s.fallback + ms - at
		}
	default:
		if at < healAt+s.used && r.Source == "redis" {
			r.Source = "memory"
		}
		if at < healAt+s.steady {
			switch bad := rng.Float64() < 0.4; {
			case s.ill == "slow":
				took += 300 * ms
			case s.ill == "failing" && bad:
				r.Failure, r.Status, r.Source = history.Status, 500, ""
			case s.ill == "missing" && bad, s.ill == "empty":
				r.Source, took = "database", 20*ms+noise
			}
		}
	}
	if r.Done = at + took; took > timeout {
		r.Done, r.Status, r.Source, r.Failure = at+timeout, 0, "", history.Timeout
	}
	return r
}

// tripStream reads trips 150 times a second.
func tripStream(workers int) traffic.Stream {
	return traffic.Stream{
		Name: "trip", Type: traffic.Calls, Call: traffic.Call{Method: "GET", Path: "/api/trips/{id}"}, From: 150, To: 150,
		Keys: traffic.Keys{Dist: "uniform", N: 500}, Timeout: timeout, Workers: workers,
	}
}

// history plays the script at the real schedule of two instances that are asked 75 times a second each.
func (s script) history(seed uint64) history.Slice {
	rng := rand.New(rand.NewPCG(seed, 1))
	h := history.Slice{E: []history.Event{{Kind: history.PhaseSpan, Name: "all", Until: endAt}, {Kind: history.Delivery, Name: "blackhole", On: "redis", Value: 1}}}
	stream := load.Stream{Stream: tripStream(64), Arm: "a", For: endAt, Seed: seed, Targets: []load.Target{{Instance: "1", URL: "http://127.0.0.1:1"}, {Instance: "2", URL: "http://127.0.0.1:1"}}}
	for c := range stream.Places() {
		r := s.answer(c.Intended, rng)
		r.Arm, r.Stream, r.Phase, r.Instance, r.Seq, r.Method, r.Key = "a", "trip", "all", c.Target.Instance, c.Seq, "GET", c.Key
		h.R = append(h.R, r)
	}
	for _, i := range []string{"1", "2"} {
		h.E = append(h.E,
			history.Event{Kind: history.FaultOn, Name: "blackhole", On: "redis", Instance: i, At: hurtAt, Until: hurtAt},
			history.Event{Kind: history.FaultOff, Name: "blackhole", On: "redis", Instance: i, At: healAt, Until: healAt})
		last := ""
		for at := time.Duration(rng.Int64N(int64(impact.HealthStep))); at < endAt; at += impact.HealthStep {
			state := "up"
			if at >= hurtAt+s.detect && at < healAt {
				state = "down"
			}
			if state != last || at+impact.HealthStep >= endAt {
				h.E = append(h.E, history.Event{Kind: history.Health, On: "redis", Instance: i, At: at, Until: at + ms/2, Detail: state})
			}
			last = state
		}
	}
	return h
}

// readClocks is what the clocks say of one round; why: it does not count.
func readClocks(t *testing.T, h history.History) (tracks []recovery.Times, why string) {
	t.Helper()
	spec := recovery.Of([]string{"blackhole"})
	all := spec.Judge([]recovery.Round{spec.Observe(h)})
	if len(all) == 1 && all[0].Why != "" {
		return nil, all[0].Why
	}
	if len(all) != 2 {
		t.Fatalf("clocks of %d tracks, want 2: %+v", len(all), all)
	}
	return all, ""
}

// shown is when, after the heal, the first answer from Redis came; 0: none did.
func shown(h history.Slice, instance string) (first time.Duration) {
	for _, r := range h.R {
		if r.Instance == instance && r.Intended >= healAt && r.Source == "redis" && (first == 0 || r.Done-healAt < first) {
			first = r.Done - healAt
		}
	}
	return first
}

// off says how one clock differs from the truth; empty: by less than may be. What is longer than was watched must be cut there.
func off(k recovery.Times, name string, want, watched, may time.Duration) string {
	c, cut := k.Named(name), want > watched
	if cut {
		want = watched
	}
	got := time.Duration(c.Median * float64(time.Second))
	if c.N != 1 || c.AtLeast != cut || got < want-may || got > want+may {
		return fmt.Sprintf("instance %s: %s: got %v (n %d, at least: %v) %s; want %v ± %v (at least: %v)", k.Instance, name, got, c.N, c.AtLeast, c.Why, want, may, cut)
	}
	return ""
}

func within(t *testing.T, k recovery.Times, name string, want, watched, may time.Duration) {
	t.Helper()
	if how := off(k, name, want, watched, may); how != "" {
		t.Error(how)
	}
}

// Every clock tells the truth of a service whose delays are known: within 5 ms where a request
// or question can show it, which is as often as they are asked, and one bin.
func TestClocksTellTheTruthOfAScript(t *testing.T) {
	scripts := []script{
		{5 * ms, 5 * ms, 5 * ms, 0, "slow"},
		{60 * ms, 50 * ms, 40 * ms, 200 * ms, "slow"},
		{400 * ms, 300 * ms, 250 * ms, time.Second, "failing"},
		{2 * time.Second, 1500 * ms, 900 * ms, 3 * time.Second, "missing"},
		{5 * time.Second, 5 * time.Second, 5 * time.Second, 5 * time.Second, "failing"},
		{never, never, never, never, "slow"},
		{never, 0, 0, never, "failing"},
		{0, 20 * ms, 0, never, "missing"},
	}
	rng := rand.New(rand.NewPCG(8, 9))
	some := func() time.Duration { // 5 ms to 5 s, each decade as likely
		return time.Duration(5 * float64(ms) * math.Pow(10, 3*rng.Float64()))
	}
	for range 40 {
		scripts = append(scripts, script{some(), some(), some(), some(), []string{"slow", "failing", "missing", "empty"}[rng.IntN(4)]})
	}
	const gap = time.Second / 75
	tracks, byChance := 0, 0
	for n, s := range scripts {
		t.Run(fmt.Sprintf("%02d %+v", n, s), func(t *testing.T) {
			h := s.history(uint64(n))
			all, why := readClocks(t, h)
			if why != "" {
				t.Fatal(why)
			}
			for _, k := range all {
				within(t, k, recovery.Detected, s.detect, healAt-hurtAt, impact.HealthStep+5*ms)
				within(t, k, recovery.Fallback, s.fallback, healAt-hurtAt, gap+5*ms)
				within(t, k, recovery.Lifted, healAt-hurtAt, endAt, 0)
				// No answer tells before the first one does: of ill services few say redis.
				redis := shown(h, k.Instance)
				if redis < s.used && redis > 0 {
					t.Fatalf("the script answers from redis %v after the heal, and is to from %v on", redis, s.used)
				}
				if redis > 0 {
					within(t, k, recovery.UsedAgain, redis, endAt-healAt, 5*ms)
				} else {
					within(t, k, recovery.UsedAgain, never, endAt-healAt, 400*ms) // the last slow answer
				}
				chance := 100*ms + gap
				if s.ill == "missing" || s.ill == "failing" {
					chance += 20 * gap // a share is known only by so many
				}
				within(t, k, recovery.SteadyAgain, s.steady, endAt-healAt, time.Second) // never far off, and never wrong about whether at all
				if off(k, recovery.SteadyAgain, s.steady, endAt-healAt, chance) != "" {
					byChance++
				}
				tracks++
				// A request that is held up for less than the bound still gets a good answer.
				good := max(0, s.fallback-time.Duration(k.Bound*float64(time.Second)))
				within(t, k, recovery.GoodAgain, good, healAt-hurtAt, gap+5*ms)
				if s.fallback > 2*gap {
					within(t, k, recovery.FirstTouched, 0, endAt, gap)
				}
				if s.fallback > 30*ms && s.fallback < timeout-gap {
					within(t, k, recovery.WorstWait, s.fallback, endAt, gap+5*ms)
					within(t, k, recovery.LongestStall, s.fallback, endAt, gap+5*ms)
				}
			}
		})
	} // Hits by chance may be fewer for a while: seen in one track of a hundred.
	if byChance*25 > tracks {
		t.Errorf("%d of %d tracks are not steady when they should be", byChance, tracks)
	}
}
