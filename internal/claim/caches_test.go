package claim_test

import (
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/measure"
	"github.com/trektribe/bench/internal/history"
)

// cacheScope is of a service with listings, single trips that can be changed, and advice.
var cacheScope = expr.Scope{
	Streams: []string{"listing", "trip", "change", "advice"},
	Phases:  []string{"warm", "fault", "after"},
	Paths: map[string]string{"listing": "/api/trips", "trip": "/api/trips/{id}", "change": "/api/trips/{id}",
		"advice": "/api/recommendations/{user}"},
	Env: map[string]string{"TTL_TRIPS": "2s", "DB_DELAY": "180ms-250ms", "OFF": "0s"},
}

// A call is one request in milliseconds.
type call struct {
	stream, key string
	sent, done  int
	source      string // "fail": status 500; "refuse": 405; "lost": no answer; "": a correct one that says no source
	version     int64
	instance    string
}

// calls are requests of the phase warm.
func calls(cs ...call) part {
	return func(h *history.Slice) {
		for i, c := range cs {
			r := history.Request{Stream: c.stream, Phase: "warm", Instance: c.instance, Seq: uint64(i), Method: "GET", Key: c.key,
				Intended: fms(c.sent), Sent: max(1, fms(c.sent)), Done: fms(c.done), Status: 200, Source: c.source, Version: c.version}
			if c.instance == "" {
				r.Instance = "1"
			}
			if c.stream == "change" {
				r.Method = "PUT"
			}
			if c.source == "fail" {
				r.Source, r.Status, r.Failure = "", 500, history.Status
			}
			if c.source == "refuse" {
				r.Source, r.Status, r.Failure = "", 405, history.Status
			}
			if c.source == "lost" {
				r.Source, r.Status, r.Failure = "", 0, history.Timeout
			}
			h.R = append(h.R, r)
		}
	}
}

func ready(instance string, at int) part {
	return event(history.Event{Kind: history.Process, Name: "ready", Instance: instance, At: fms(at)})
}

// measured is what one round says of a measure: the bound is far away.
func measured(t *testing.T, expr string, parts ...part) (float64, string) {
	t.Helper()
	bound := " <= 1000000"
	if m, ok := measure.Explain(expr[:indexOf(expr, "(")]); ok && slices.Contains([]string{"oldest", "staleness"}, expr[:indexOf(expr, "(")]) && m != "" {
		bound = " <= 1000000s"
	} else if expr[0] == 'h' {
		bound = " <= 100%"
	}
	c, errs := claim.Compile(claim.Text{ID: "x", Holds: expr + bound}, cacheScope)
	for _, e := range errs {
		t.Fatalf("%s: column %d: %s", expr, e.Col, e.Msg)
	}
	r := c.Judge([]claim.Round{c.Observe(play(parts...)), c.Observe(play(parts...)), c.Observe(play(parts...))}, claim.Looks{Min: 3, Max: 3})
	if len(r.Parts[0].Rounds) == 0 {
		return -1, r.Because
	}
	return r.Parts[0].Rounds[0], r.Because
}

func indexOf(s, sub string) int {
	for i := range s {
		if s[i:i+1] == sub {
			return i
		}
	}
	return -1
}

func TestMeasuresOfCaches(t *testing.T) {
	for _, tt := range []struct {
		name, expr string
		parts      []part
		want       float64 // −1: no data
	}{
		{"age since the load", "oldest(listing)", []part{calls(call{stream: "listing", sent: 0, done: 200, source: "database"}, call{stream: "listing", sent: 1500, done: 1502, source: "redis"})}, 1.3},
		{"age since the last load that may have been it", "oldest(listing)", []part{calls(
			call{stream: "listing", sent: 0, done: 200, source: "database"}, call{stream: "listing", sent: 1400, done: 1700, source: "database"},
			call{stream: "listing", sent: 1500, done: 1502, source: "redis"})}, 0},
		{"age since the instances were ready", "oldest(listing)", []part{ready("1", 100), ready("2", 300), calls(call{stream: "listing", sent: 900, done: 902, source: "memory"})}, 0.6},
		{"age since an instance was ready, not since it began", "oldest(listing)", []part{
			event(history.Event{Kind: history.Process, Name: "ready", Instance: "1", At: fms(100), Until: fms(600)}),
			calls(call{stream: "listing", sent: 900, done: 902, source: "memory"})}, 0.3},
		{"age since a restart, which may have filled the cache", "oldest(listing)", []part{ready("1", 0), ready("1", 700), calls(
			call{stream: "listing", sent: 10, done: 200, source: "database"}, call{stream: "listing", sent: 900, done: 902, source: "redis"})}, 0.2},
		{"another key is another load", "oldest(trip)", []part{calls(
			call{stream: "trip", key: "1", sent: 0, done: 200, source: "database"}, call{stream: "trip", key: "2", sent: 300, done: 400, source: "database"},
			call{stream: "trip", key: "1", sent: 700, done: 701, source: "redis"})}, 0.5},
		{"a change may have filled the cache", "oldest(trip)", []part{calls(
			call{stream: "trip", key: "1", sent: 0, done: 200, source: "database"}, call{stream: "change", key: "1", sent: 500, done: 600, source: "database", version: 2},
			call{stream: "trip", key: "1", sent: 700, done: 701, source: "redis"})}, 0.1},
		{"a change that failed may be made at any time", "oldest(trip)", []part{calls(
			call{stream: "trip", key: "1", sent: 0, done: 200, source: "database"}, call{stream: "change", key: "1", sent: 500, done: 600, source: "fail"},
			call{stream: "trip", key: "1", sent: 1700, done: 1701, source: "redis"})}, -1},
		{"a change that was refused was not made", "oldest(trip)", []part{calls(
			call{stream: "trip", key: "1", sent: 0, done: 200, source: "database"}, call{stream: "change", key: "1", sent: 500, done: 600, source: "refuse"},
			call{stream: "trip", key: "1", sent: 1700, done: 1701, source: "redis"})}, 1.1},
		{"a wrong answer may have been a load", "oldest(trip)", []part{calls(
			call{stream: "trip", key: "1", sent: 0, done: 200, source: "database"}, call{stream: "trip", key: "1", sent: 500, done: 600, source: "fail"},
			call{stream: "trip", key: "1", sent: 1700, done: 1701, source: "redis"})}, 1.1},
		{"a request without an answer may load at any time", "oldest(trip)", []part{calls(
			call{stream: "trip", key: "1", sent: 0, done: 200, source: "database"}, call{stream: "trip", key: "1", sent: 500, done: 600, source: "lost"},
			call{stream: "trip", key: "1", sent: 1700, done: 1701, source: "redis"})}, -1},
		{"a change of a trip may have changed the listing", "oldest(listing)", []part{calls(
			call{stream: "listing", sent: 0, done: 200, source: "database"}, call{stream: "change", key: "1", sent: 500, done: 600, source: "database", version: 2},
			call{stream: "listing", sent: 700, done: 701, source: "redis"})}, 0.1},
		{"nothing cached has no age", "oldest(listing)", []part{calls(call{stream: "listing", sent: 0, done: 200, source: "database"})}, -1},

		{"stale since the acknowledgement", "staleness(trip)", []part{calls(
			call{stream: "change", key: "1", sent: 0, done: 200, version: 2}, call{stream: "change", key: "1", sent: 300, done: 400, version: 3},
			call{stream: "trip", key: "1", sent: 900, done: 901, source: "redis", version: 1})}, 0.7},
		{"one older version is stale since its successor", "staleness(trip)", []part{calls(
			call{stream: "change", key: "1", sent: 0, done: 200, version: 2}, call{stream: "change", key: "1", sent: 300, done: 400, version: 3},
			call{stream: "trip", key: "1", sent: 900, done: 901, source: "redis", version: 2})}, 0.5},
		{"asked for before the acknowledgement is not stale", "stale_reads(trip)", []part{calls(
			call{stream: "change", key: "1", sent: 0, done: 200, version: 2}, call{stream: "trip", key: "1", sent: 199, done: 300, source: "redis", version: 1},
			call{stream: "trip", key: "1", sent: 300, done: 301, source: "redis", version: 2})}, 0},
		{"a listing shows what was changed", "stale_reads(listing)", []part{calls(
			call{stream: "change", key: "1", sent: 0, done: 200, version: 2}, call{stream: "listing", key: "1", sent: 300, done: 301, source: "redis", version: 1})}, 1},
		{"a state from before a restart may be gone", "staleness(trip)", []part{ready("1", 250), calls(
			call{stream: "change", key: "1", sent: 1, done: 200, version: 2}, call{stream: "trip", key: "1", sent: 300, done: 301, source: "redis", version: 1})}, -1},
		{"a read of another trip says nothing", "staleness(trip)", []part{calls(
			call{stream: "change", key: "1", sent: 0, done: 200, version: 2}, call{stream: "trip", key: "2", sent: 300, done: 301, source: "redis", version: 1})}, -1},
		{"a change that failed proves nothing", "staleness(trip)", []part{calls(
			call{stream: "change", key: "1", sent: 0, done: 200, source: "fail"}, call{stream: "trip", key: "1", sent: 300, done: 301, source: "redis", version: 1})}, -1},

		{"a hit after a miss", "hits_after_miss(listing, $TTL_TRIPS)", []part{calls(
			call{stream: "listing", sent: 0, done: 200, source: "database"}, call{stream: "listing", sent: 100, done: 300, source: "database"},
			call{stream: "listing", sent: 301, done: 302, source: "redis"}, call{stream: "listing", sent: 400, done: 600, source: "database"})}, 0.5},
		{"what may have expired need not hit", "hits_after_miss(listing, 1s)", []part{calls(
			call{stream: "listing", sent: 0, done: 200, source: "database"}, call{stream: "listing", sent: 999, done: 1200, source: "database"})}, -1},
		{"what may have been changed need not hit", "hits_after_miss(trip, 1s)", []part{calls(
			call{stream: "trip", key: "1", sent: 0, done: 200, source: "database"}, call{stream: "change", key: "1", sent: 300, done: 400, version: 2},
			call{stream: "trip", key: "1", sent: 500, done: 700, source: "database"})}, -1},
		{"a restart may have emptied the cache", "hits_after_miss(listing, 2s)", []part{ready("1", 0), ready("1", 300), calls(
			call{stream: "listing", sent: 10, done: 200, source: "database"}, call{stream: "listing", sent: 400, done: 600, source: "database"})}, -1},
		{"a hit on the other instance", "hits_elsewhere(trip, 1s)", []part{calls(
			call{stream: "trip", key: "1", sent: 0, done: 200, source: "database"}, call{stream: "trip", key: "1", sent: 300, done: 301, source: "redis", instance: "2"},
			call{stream: "trip", key: "1", sent: 310, done: 410, source: "database", instance: "2"}, call{stream: "trip", key: "1", sent: 420, done: 421, source: "redis"})}, 1},
		{"a miss on the other instance", "hits_elsewhere(trip, 1s)", []part{calls(
			call{stream: "trip", key: "1", sent: 0, done: 200, source: "database"}, call{stream: "trip", key: "1", sent: 300, done: 500, source: "database", instance: "2"})}, 0},
		{"one instance has no other", "hits_elsewhere(trip, 1s)", []part{calls(
			call{stream: "trip", key: "1", sent: 0, done: 200, source: "database"}, call{stream: "trip", key: "1", sent: 300, done: 500, source: "redis"})}, -1},

		{"one instance began cold", "cold_starts(listing)", []part{ready("1", 0), ready("2", 5), calls(
			call{stream: "listing", sent: 10, done: 200, source: "database"}, call{stream: "listing", sent: 20, done: 21, source: "redis", instance: "2"},
			call{stream: "listing", sent: 300, done: 500, source: "database", instance: "2"})}, 1},
		{"a first answer that is wrong", "cold_starts(listing)", []part{ready("1", 0), calls(
			call{stream: "listing", sent: 10, done: 12, source: "fail"}, call{stream: "listing", sent: 300, done: 500, source: "database"})}, -1},
		{"what was cached may have expired before anybody asked", "cold_starts(listing)", []part{ready("1", 0), calls(
			call{stream: "listing", sent: 1010, done: 1200, source: "database"}, call{stream: "listing", sent: 1300, done: 1301, source: "redis"})}, -1},
		{"an answer that is warm long after", "cold_starts(listing)", []part{ready("1", 0), calls(
			call{stream: "listing", sent: 1010, done: 1011, source: "redis"}, call{stream: "listing", sent: 1300, done: 1500, source: "database"})}, 0},
		{"a service that says cache whatever it does", "cold_starts(listing)", []part{ready("1", 0), calls(
			call{stream: "listing", sent: 10, done: 200, source: "redis"}, call{stream: "listing", sent: 300, done: 500, source: "redis"})}, -1},
		{"nobody saw it get ready", "cold_starts(listing)", []part{calls(call{stream: "listing", sent: 10, done: 200, source: "database"})}, -1},

		{"what overlaps may be one load", "loads(trip)", []part{calls(
			call{stream: "trip", key: "1", sent: 0, done: 200, source: "database"}, call{stream: "trip", key: "1", sent: 100, done: 210, source: "database", instance: "2"},
			call{stream: "trip", key: "1", sent: 201, done: 400, source: "database"}, call{stream: "trip", key: "2", sent: 0, done: 200, source: "database"})}, 3},
		{"loads nobody needed", "excess_loads(trip, db_total)", []part{counter("db_total", "warm", "1", 5, 9), calls(
			call{stream: "trip", key: "1", sent: 0, done: 200, source: "database"}, call{stream: "trip", key: "1", sent: 100, done: 210, source: "database"},
			call{stream: "trip", key: "1", sent: 300, done: 500, source: "fail"})}, 2},
		{"loads that what failed may have needed", "excess_loads(trip, db_total)", []part{counter("db_total", "warm", "1", 0, 2), calls(
			call{stream: "trip", key: "1", sent: 0, done: 200, source: "database"}, call{stream: "trip", key: "1", sent: 210, done: 211, source: "redis"},
			call{stream: "trip", key: "1", sent: 300, done: 500, source: "fail"})}, -1},
		{"what failed needed none", "excess_loads(trip, db_total)", []part{counter("db_total", "warm", "1", 0, 1), calls(
			call{stream: "trip", key: "1", sent: 0, done: 200, source: "database"}, call{stream: "trip", key: "1", sent: 210, done: 211, source: "redis"},
			call{stream: "trip", key: "1", sent: 300, done: 500, source: "fail"})}, 0},
		{"a counter that does not count", "excess_loads(trip, db_total)", []part{counter("db_total", "warm", "1", 0, 0), calls(
			call{stream: "trip", key: "1", sent: 10, done: 200, source: "database"})}, -1},
		{"the contract's counter", "delta(trips_db_queries_total)", []part{counter("trips_db_queries_total", "warm", "1", 0, 2), calls(
			call{stream: "trip", key: "1", sent: 10, done: 200, source: "database"}, call{stream: "trip", key: "1", sent: 10, done: 200, source: "redis"},
			call{stream: "advice", key: "1", sent: 300, done: 400, source: "ai"}, call{stream: "trip", key: "2", sent: 10, done: 200, source: "database"})}, 2},
		{"the contract's counter misses loads that the answers prove", "delta(trips_db_queries_total)", []part{counter("trips_db_queries_total", "warm", "1", 0, 1), calls(
			call{stream: "trip", key: "1", sent: 10, done: 200, source: "database"}, call{stream: "trip", key: "1", sent: 300, done: 500, source: "database"})}, -1},
		{"a part of the contract's counter need not count them", `delta(trips_db_queries_total{kind="trips"})`, []part{counter(`trips_db_queries_total{kind="trips"}`, "warm", "1", 0, 1), calls(
			call{stream: "trip", key: "1", sent: 10, done: 200, source: "database"}, call{stream: "trip", key: "1", sent: 300, done: 500, source: "database"})}, 1},
		{"an answer without a source is no true one", "false_sources(trip, db_total)", []part{counter("db_total", "warm", "1", 0, 1), calls(
			call{stream: "trip", key: "1", sent: 10, done: 200, source: "database"}, call{stream: "trip", key: "1", sent: 300, done: 301})}, -1},
		{"a source that hides a query", "false_sources(trip[phase=warm], db_total)", []part{counter("db_total", "warm", "1", 0, 2), counter("db_total", "after", "1", 2, 9), calls(
			call{stream: "trip", key: "1", sent: 0, done: 200, source: "database"}, call{stream: "trip", key: "1", sent: 250, done: 450, source: "redis"})}, 1},
		{"a source that claims a query", "false_sources(trip, db_total)", []part{counter("db_total", "warm", "1", 0, 1), calls(
			call{stream: "trip", key: "1", sent: 0, done: 200, source: "database"}, call{stream: "trip", key: "1", sent: 250, done: 251, source: "database"})}, 1},
		{"sources that may be true", "false_sources(trip, db_total)", []part{counter("db_total", "warm", "1", 0, 1), calls(
			call{stream: "trip", key: "1", sent: 0, done: 200, source: "database"}, call{stream: "trip", key: "1", sent: 100, done: 201, source: "database"},
			call{stream: "trip", key: "1", sent: 250, done: 251, source: "redis"})}, 0},
		{"what was under way when the counter was read may count on either side", "false_sources(trip, db_total)", []part{
			event(history.Event{Kind: history.Counter, Name: "db_total", Phase: "warm", Instance: "1", At: 50 * ms, Until: 60 * ms, Detail: "begin"}),
			event(history.Event{Kind: history.Counter, Name: "db_total", Phase: "warm", Instance: "1", At: 900 * ms, Until: 910 * ms, Value: 1, Detail: "end"}),
			calls(call{stream: "trip", key: "1", sent: 10, done: 200, source: "database"}, call{stream: "trip", key: "2", sent: 300, done: 500, source: "database"})}, 0},
		{"between two phases that both count a reading excuses nothing", "excess_loads(trip, db_total)", []part{
			event(history.Event{Kind: history.Counter, Name: "db_total", Phase: "warm", Instance: "1", At: 1, Until: 2, Detail: "begin"}),
			event(history.Event{Kind: history.Counter, Name: "db_total", Phase: "warm", Instance: "1", At: 100 * ms, Until: 110 * ms, Value: 2, Detail: "end"}),
			event(history.Event{Kind: history.Counter, Name: "db_total", Phase: "fault", Instance: "1", At: 100 * ms, Until: 110 * ms, Value: 2, Detail: "begin"}),
			event(history.Event{Kind: history.Counter, Name: "db_total", Phase: "fault", Instance: "1", At: 900 * ms, Until: 910 * ms, Value: 2, Detail: "end"}),
			calls(call{stream: "trip", key: "1", sent: 10, done: 200, source: "database"})}, 1},
		{"others ask the database too", "false_sources(trip, db_total)", []part{counter("db_total", "warm", "1", 0, 1), calls(
			call{stream: "trip", key: "1", sent: 0, done: 200, source: "database"}, call{stream: "listing", sent: 100, done: 301, source: "database"})}, -1},
		{"no metrics", "excess_loads(trip, db_total)", []part{calls(call{stream: "trip", key: "1", sent: 0, done: 200, source: "database"})}, -1},
	} {
		got, why := measured(t, tt.expr, tt.parts...)
		if d := got - tt.want; d > 1e-6 || d < -1e-6 {
			t.Errorf("%s: %s = %v, want %v (%s)", tt.name, tt.expr, got, tt.want, why)
		}
	}
	for _, m := range []string{"oldest(trip)", "hits_after_miss(trip, 1s)", "hits_elsewhere(trip, 1s)", "cold_starts(trip)", "loads(trip)", "excess_loads(trip, db_total)", "false_sources(trip, db_total)"} {
		silent := calls(call{stream: "trip", key: "1", sent: 0, done: 200}, call{stream: "trip", key: "1", sent: 300, done: 301})
		if got, why := measured(t, m, silent, ready("1", 0), counter("db_total", "warm", "1", 0, 1)); got != -1 {
			t.Errorf("%s of a service that says no source = %v (%s), want no data", m, got, why)
		}
	}
}

// A model of a service plays at random; what it is accused of must be true of it.
func TestWhatIsProvedFromOutsideIsTrueInside(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	for range 300 {
		ttl := 50 + rng.IntN(200)
		var (
			cs         []call
			loadedAt   = map[string]int{}
			version    = map[string]int64{} // in the database
			held       = map[string]int64{}
			trueLoads  int
			trueOldest int
			trueStale  int
		)
		acked := map[string][]int{} // when version i+2 was acknowledged
		invalidates := rng.IntN(2) == 0
		now := 0
		for i := range 60 {
			key := strconv.Itoa(1 + rng.IntN(3))
			now += 1 + rng.IntN(30)
			if version[key] == 0 {
				version[key] = 1
			}
			if i%7 == 6 {
				version[key]++
				done := now + 1 + rng.IntN(5)
				acked[key] = append(acked[key], done)
				if invalidates {
					delete(loadedAt, key)
				}
				cs = append(cs, call{stream: "change", key: key, sent: now, done: done, source: "database", version: version[key]})
				now = done
				continue
			}
			at, ok := loadedAt[key]
			if ok && now-at <= ttl {
				trueOldest = max(trueOldest, now+1-at)
				for v, when := range acked[key] {
					if int64(v+2) > held[key] && when <= now {
						trueStale = max(trueStale, now-when)
					}
				}
				cs = append(cs, call{stream: "trip", key: key, sent: now, done: now + 1, source: "redis", version: held[key]})
				continue
			}
			done := now + 5 + rng.IntN(10)
			trueLoads++
			loadedAt[key], held[key] = (now+done)/2, version[key]
			cs = append(cs, call{stream: "trip", key: key, sent: now, done: done, source: "database", version: version[key]})
			now = done
		}
		rng.Shuffle(len(cs), func(i, j int) { cs[i], cs[j] = cs[j], cs[i] })
		if got, _ := measured(t, "oldest(trip)", calls(cs...)); got > time.Duration(fms(trueOldest)).Seconds()+1e-9 {
			t.Fatalf("oldest %v, and it was %d ms: %+v", got, trueOldest, cs)
		}
		if got, _ := measured(t, "staleness(trip)", calls(cs...)); got >= 0 && got*1000-float64(trueStale) > 1e-6 {
			t.Fatalf("staleness %v, and it was %d ms: %+v", got, trueStale, cs)
		}
		if got, _ := measured(t, "loads(trip)", calls(cs...)); int(got) != trueLoads { // they follow one another: each is needed
			t.Fatalf("loads %v, and there were %d: %+v", got, trueLoads, cs)
		}
	}
}

func TestVariablesAreTheTargetsEnvironment(t *testing.T) {
	for expr, want := range map[string]string{
		"oldest(listing) <= $TTL_TRIP":                `20: unknown variable of the target's env "TTL_TRIP"; did you mean "TTL_TRIPS"?`,
		"oldest(listing) <= $DB_DELAY":                `20: $DB_DELAY is the range 180ms-250ms, and one duration is needed`,
		"oldest(listing) <= $OFF":                     `20: $OFF is "0s", and a duration above 0 is needed`,
		"hits_after_miss(listing, 2) >= 99%":          `26: "2" is no duration: hits_after_miss(stream[…], 2s)`,
		"hits_after_miss(listing, $X) >= 99%":         `26: unknown variable of the target's env "X"; known: DB_DELAY, OFF, TTL_TRIPS`,
		"count(trip[within=$TTL_TRIP]) >= 1":          `19: unknown variable of the target's env "TTL_TRIP"; did you mean "TTL_TRIPS"?`,
		"$TTL_TRIPS + 1s <= $TTL_TRIPS":               `1: nothing is measured in 2s + 1s <= 2s`,
		"p50(trip) <= $TTL_TRIPS and p51(trip) <= 2s": `29: unknown measure "p51"; did you mean "p50"?`, // columns are those of the text as written
		"p50(trip) <= $":                              `14: expected a figure or a measure, found "$"`,
	} {
		_, errs := claim.Compile(claim.Text{ID: "x", Holds: expr}, cacheScope)
		got := ""
		for _, e := range errs {
			got += strconv.Itoa(e.Col) + ": " + e.Msg
		}
		if got != want {
			t.Errorf("%s: %q, want %q", expr, got, want)
		}
	}
}

func TestResultsShowWhatVariablesAre(t *testing.T) {
	for expr, want := range map[string][2]string{
		"oldest(listing) <= $TTL_TRIPS + 50ms":              {"oldest(listing) <= 2s + 50ms", "<= 2.05s"},
		"oldest(listing) in $TTL_TRIPS..150 * $TTL_TRIPS":   {"oldest(listing) in 2s..150 * 2s", "in 2s..300s"},
		"staleness(trip) <= 149 * $TTL_TRIPS + 2.05s":       {"staleness(trip) <= 149 * 2s + 2.05s", "<= 300.05s"},
		"hits_after_miss(listing, $TTL_TRIPS) >= 99%":       {"hits_after_miss(listing, 2s) >= 99%", ">= 99%"},
		"oldest(trip) <= $TTL_TRIPS * hit_ratio(listing)":   {"oldest(trip) <= 2s * hit_ratio(listing)", "<= 2s * hit_ratio(listing)"},
		"share(trip[within=$TTL_TRIPS], trip) - 10% >= 80%": {"share(trip[within=2s], trip) - 10% >= 80%", ">= 80%"},
	} {
		c, errs := claim.Compile(claim.Text{ID: "x", Holds: expr}, cacheScope)
		for _, e := range errs {
			t.Fatalf("%s: %s", expr, e.Msg)
		}
		r := c.Judge([]claim.Round{c.Observe(play()), c.Observe(play()), c.Observe(play())}, looks)
		if r.Holds != expr || r.Parts[0].Text != want[0] || r.Bound != want[1] {
			t.Errorf("%s: text %q, bound %q, want %q", expr, r.Parts[0].Text, r.Bound, want)
		}
		if strings.Contains(r.Because+r.Remedy, "$") {
			t.Errorf("%s: because %q, settle %q", expr, r.Because, r.Remedy)
		}
	}
}

// within takes what it names, and the time to live that a measure is given is no
// time that a late generator would spoil.
func TestVariablesMeasureAndGuard(t *testing.T) {
	h := play(calls(
		call{stream: "trip", key: "1", sent: 0, done: 1999, source: "database"}, call{stream: "trip", key: "1", sent: 0, done: 2001, source: "database"}))
	if got, why := measured(t, "count(trip[within=$TTL_TRIPS])", func(s *history.Slice) { *s = h }); got != 1 {
		t.Errorf("within=$TTL_TRIPS counts %v (%s), want 1", got, why)
	}
	late := calls(
		call{stream: "trip", key: "1", sent: 20, done: 200, source: "database"}, call{stream: "trip", key: "1", sent: 300, done: 301, source: "redis"})
	for expr, counts := range map[string]bool{"hits_after_miss(trip, $TTL_TRIPS) >= 0%": false, "oldest(trip) <= $TTL_TRIPS": true} {
		c, errs := claim.Compile(claim.Text{ID: "x", Holds: expr}, cacheScope)
		if len(errs) > 0 {
			t.Fatal(errs)
		}
		r := c.Judge([]claim.Round{c.Observe(play(late, func(s *history.Slice) {
			for i := range s.R {
				s.R[i].Intended -= 9 * ms
			}
		}))}, claim.Looks{Min: 1, Max: 1})
		if setAside := strings.Contains(r.Because, "sent late: median 9 ms, more than 1 ms"); setAside == counts {
			t.Errorf("%s, 9 ms late: %s", expr, r.Because)
		}
	}
}

// A proved age is no sample of anything: one answer that is too old refutes, and
// rounds that differ widely prove no less.
func TestAProvedTimeIsExact(t *testing.T) {
	c, errs := claim.Compile(claim.Text{ID: "x", Holds: "oldest(trip) <= $TTL_TRIPS"}, cacheScope)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	aged := func(at int) claim.Round {
		return c.Observe(play(calls(call{stream: "trip", key: "1", sent: 0, done: 100, source: "database"},
			call{stream: "trip", key: "1", sent: 100 + at, done: 101 + at, source: "redis"})))
	}
	if r := c.Judge([]claim.Round{aged(200), aged(1990), aged(900)}, looks); r.Verdict != claim.Holds || r.Parts[0].Method != "exact" {
		t.Errorf("%s by %s: %s", r.Verdict, r.Parts[0].Method, r.Because)
	}
	if r := c.Judge([]claim.Round{aged(200), aged(2010), aged(900)}, looks); r.Verdict != claim.Refuted || r.Because != "greatest age 2.01 s in round 2, where <= 2s was promised" {
		t.Errorf("%s: %s", r.Verdict, r.Because)
	}
}
