package measure_test

import (
	"math/rand/v2"
	"strconv"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
)

func TestMeasuresOfCaches(t *testing.T) {
	for _, tt := range []struct {
		name, expr string
		parts      []part
		want       float64 // −1: no data
	}{
		{"age since the load", "oldest(listing)", []part{calls(call{Stream: "listing", Sent: 0, Done: 200, Source: "database"}, call{Stream: "listing", Sent: 1500, Done: 1502, Source: "redis"})}, 1.3},
		{"age since the last load that may have been it", "oldest(listing)", []part{calls(
			call{Stream: "listing", Sent: 0, Done: 200, Source: "database"}, call{Stream: "listing", Sent: 1400, Done: 1700, Source: "database"},
			call{Stream: "listing", Sent: 1500, Done: 1502, Source: "redis"})}, 0},
		{"age since the instances were ready", "oldest(listing)", []part{ready("1", 100), ready("2", 300), calls(call{Stream: "listing", Sent: 900, Done: 902, Source: "memory"})}, 0.6},
		{"age since an instance was ready, not since it began", "oldest(listing)", []part{
			event(history.Event{Kind: history.Process, Name: "ready", Instance: "1", At: fms(100), Until: fms(600)}),
			calls(call{Stream: "listing", Sent: 900, Done: 902, Source: "memory"})}, 0.3},
		{"age since a restart, which may have filled the cache", "oldest(listing)", []part{ready("1", 0), ready("1", 700), calls(
			call{Stream: "listing", Sent: 10, Done: 200, Source: "database"}, call{Stream: "listing", Sent: 900, Done: 902, Source: "redis"})}, 0.2},
		{"another key is another load", "oldest(trip)", []part{calls(
			call{Stream: "trip", Key: "1", Sent: 0, Done: 200, Source: "database"}, call{Stream: "trip", Key: "2", Sent: 300, Done: 400, Source: "database"},
			call{Stream: "trip", Key: "1", Sent: 700, Done: 701, Source: "redis"})}, 0.5},
		{"a change may have filled the cache", "oldest(trip)", []part{calls(
			call{Stream: "trip", Key: "1", Sent: 0, Done: 200, Source: "database"}, call{Stream: "change", Key: "1", Sent: 500, Done: 600, Source: "database", Version: 2},
			call{Stream: "trip", Key: "1", Sent: 700, Done: 701, Source: "redis"})}, 0.1},
		{"a change that failed may be made at any time", "oldest(trip)", []part{calls(
			call{Stream: "trip", Key: "1", Sent: 0, Done: 200, Source: "database"}, call{Stream: "change", Key: "1", Sent: 500, Done: 600, Source: "fail"},
			call{Stream: "trip", Key: "1", Sent: 1700, Done: 1701, Source: "redis"})}, -1},
		{"a change that was refused was not made", "oldest(trip)", []part{calls(
			call{Stream: "trip", Key: "1", Sent: 0, Done: 200, Source: "database"}, call{Stream: "change", Key: "1", Sent: 500, Done: 600, Source: "refuse"},
			call{Stream: "trip", Key: "1", Sent: 1700, Done: 1701, Source: "redis"})}, 1.1},
		{"a wrong answer may have been a load", "oldest(trip)", []part{calls(
			call{Stream: "trip", Key: "1", Sent: 0, Done: 200, Source: "database"}, call{Stream: "trip", Key: "1", Sent: 500, Done: 600, Source: "fail"},
			call{Stream: "trip", Key: "1", Sent: 1700, Done: 1701, Source: "redis"})}, 1.1},
		{"a request without an answer may load at any time", "oldest(trip)", []part{calls(
			call{Stream: "trip", Key: "1", Sent: 0, Done: 200, Source: "database"}, call{Stream: "trip", Key: "1", Sent: 500, Done: 600, Source: "lost"},
			call{Stream: "trip", Key: "1", Sent: 1700, Done: 1701, Source: "redis"})}, -1},
		{"a change of a trip may have changed the listing", "oldest(listing)", []part{calls(
			call{Stream: "listing", Sent: 0, Done: 200, Source: "database"}, call{Stream: "change", Key: "1", Sent: 500, Done: 600, Source: "database", Version: 2},
			call{Stream: "listing", Sent: 700, Done: 701, Source: "redis"})}, 0.1},
		{"nothing cached has no age", "oldest(listing)", []part{calls(call{Stream: "listing", Sent: 0, Done: 200, Source: "database"})}, -1},

		{"stale since the acknowledgement", "staleness(trip)", []part{calls(
			call{Stream: "change", Key: "1", Sent: 0, Done: 200, Version: 2}, call{Stream: "change", Key: "1", Sent: 300, Done: 400, Version: 3},
			call{Stream: "trip", Key: "1", Sent: 900, Done: 901, Source: "redis", Version: 1})}, 0.7},
		{"one older version is stale since its successor", "staleness(trip)", []part{calls(
			call{Stream: "change", Key: "1", Sent: 0, Done: 200, Version: 2}, call{Stream: "change", Key: "1", Sent: 300, Done: 400, Version: 3},
			call{Stream: "trip", Key: "1", Sent: 900, Done: 901, Source: "redis", Version: 2})}, 0.5},
		{"asked for before the acknowledgement is not stale", "stale_reads(trip)", []part{calls(
			call{Stream: "change", Key: "1", Sent: 0, Done: 200, Version: 2}, call{Stream: "trip", Key: "1", Sent: 199, Done: 300, Source: "redis", Version: 1},
			call{Stream: "trip", Key: "1", Sent: 300, Done: 301, Source: "redis", Version: 2})}, 0},
		{"the staler, the clearer: an answer older than one before is no correct one, and stale", "stale_reads(trip)", []part{calls(
			call{Stream: "change", Key: "1", Sent: 100, Done: 110, Source: "database", Version: 2}, call{Stream: "trip", Key: "1", Sent: 150, Done: 151, Source: "redis", Version: 2},
			call{Stream: "trip", Key: "1", Sent: 200, Done: 201, Source: "older", Version: 1}, call{Stream: "trip", Key: "1", Sent: 300, Done: 301, Source: "older", Version: 1},
			call{Stream: "trip", Key: "1", Sent: 400, Done: 401, Source: "older", Version: 1})}, 3},
		{"what failed otherwise is not stale, and says nothing", "stale_reads(trip)", []part{calls(
			call{Stream: "change", Key: "1", Sent: 100, Done: 110, Source: "database", Version: 2}, call{Stream: "trip", Key: "1", Sent: 150, Done: 151, Source: "redis", Version: 2},
			call{Stream: "trip", Key: "1", Sent: 200, Done: 201, Source: "fail", Version: 1}, call{Stream: "trip", Key: "1", Sent: 300, Done: 301, Source: "fail", Version: 1})}, -1},
		{"a listing shows what was changed", "stale_reads(listing)", []part{calls(
			call{Stream: "change", Key: "1", Sent: 0, Done: 200, Version: 2}, call{Stream: "listing", Key: "1", Sent: 300, Done: 301, Source: "redis", Version: 1})}, 1},
		{"a state from before a restart may be gone", "staleness(trip)", []part{ready("1", 250), calls(
			call{Stream: "change", Key: "1", Sent: 1, Done: 200, Version: 2}, call{Stream: "trip", Key: "1", Sent: 300, Done: 301, Source: "redis", Version: 1})}, -1},
		{"a read of another trip says nothing", "staleness(trip)", []part{calls(
			call{Stream: "change", Key: "1", Sent: 0, Done: 200, Version: 2}, call{Stream: "trip", Key: "2", Sent: 300, Done: 301, Source: "redis", Version: 1})}, -1},
		{"a change that failed proves nothing", "staleness(trip)", []part{calls(
			call{Stream: "change", Key: "1", Sent: 0, Done: 200, Source: "fail"}, call{Stream: "trip", Key: "1", Sent: 300, Done: 301, Source: "redis", Version: 1})}, -1},

		{"a hit after a miss", "hits_after_miss(listing, $TTL_TRIPS)", []part{calls(
			call{Stream: "listing", Sent: 0, Done: 200, Source: "database"}, call{Stream: "listing", Sent: 100, Done: 300, Source: "database"},
			call{Stream: "listing", Sent: 301, Done: 302, Source: "redis"}, call{Stream: "listing", Sent: 400, Done: 600, Source: "database"})}, 0.5},
		{"what may have expired need not hit", "hits_after_miss(listing, 1s)", []part{calls(
			call{Stream: "listing", Sent: 0, Done: 200, Source: "database"}, call{Stream: "listing", Sent: 999, Done: 1200, Source: "database"})}, -1},
		{"what may have been changed need not hit", "hits_after_miss(trip, 1s)", []part{calls(
			call{Stream: "trip", Key: "1", Sent: 0, Done: 200, Source: "database"}, call{Stream: "change", Key: "1", Sent: 300, Done: 400, Version: 2},
			call{Stream: "trip", Key: "1", Sent: 500, Done: 700, Source: "database"})}, -1},
		{"a restart may have emptied the cache", "hits_after_miss(listing, 2s)", []part{ready("1", 0), ready("1", 300), calls(
			call{Stream: "listing", Sent: 10, Done: 200, Source: "database"}, call{Stream: "listing", Sent: 400, Done: 600, Source: "database"})}, -1},
		{"a hit on the other instance", "hits_elsewhere(trip, 1s)", []part{calls(
			call{Stream: "trip", Key: "1", Sent: 0, Done: 200, Source: "database"}, call{Stream: "trip", Key: "1", Sent: 300, Done: 301, Source: "redis", Instance: "2"},
			call{Stream: "trip", Key: "1", Sent: 310, Done: 410, Source: "database", Instance: "2"}, call{Stream: "trip", Key: "1", Sent: 420, Done: 421, Source: "redis"})}, 1},
		{"a miss on the other instance", "hits_elsewhere(trip, 1s)", []part{calls(
			call{Stream: "trip", Key: "1", Sent: 0, Done: 200, Source: "database"}, call{Stream: "trip", Key: "1", Sent: 300, Done: 500, Source: "database", Instance: "2"})}, 0},
		{"one instance has no other", "hits_elsewhere(trip, 1s)", []part{calls(
			call{Stream: "trip", Key: "1", Sent: 0, Done: 200, Source: "database"}, call{Stream: "trip", Key: "1", Sent: 300, Done: 500, Source: "redis"})}, -1},

		{"one instance began cold", "cold_starts(listing)", []part{ready("1", 0), ready("2", 5), calls(
			call{Stream: "listing", Sent: 10, Done: 200, Source: "database"}, call{Stream: "listing", Sent: 20, Done: 21, Source: "redis", Instance: "2"},
			call{Stream: "listing", Sent: 300, Done: 500, Source: "database", Instance: "2"})}, 1},
		{"a first answer that is wrong", "cold_starts(listing)", []part{ready("1", 0), calls(
			call{Stream: "listing", Sent: 10, Done: 12, Source: "fail"}, call{Stream: "listing", Sent: 300, Done: 500, Source: "database"})}, -1},
		{"what was cached may have expired before anybody asked", "cold_starts(listing)", []part{ready("1", 0), calls(
			call{Stream: "listing", Sent: 1010, Done: 1200, Source: "database"}, call{Stream: "listing", Sent: 1300, Done: 1301, Source: "redis"})}, -1},
		{"an answer that is warm long after", "cold_starts(listing)", []part{ready("1", 0), calls(
			call{Stream: "listing", Sent: 1010, Done: 1011, Source: "redis"}, call{Stream: "listing", Sent: 1300, Done: 1500, Source: "database"})}, 0},
		{"a service that says cache whatever it does", "cold_starts(listing)", []part{ready("1", 0), calls(
			call{Stream: "listing", Sent: 10, Done: 200, Source: "redis"}, call{Stream: "listing", Sent: 300, Done: 500, Source: "redis"})}, -1},
		{"nobody saw it get ready", "cold_starts(listing)", []part{calls(call{Stream: "listing", Sent: 10, Done: 200, Source: "database"})}, -1},

		{"what overlaps may be one load", "loads(trip)", []part{calls(
			call{Stream: "trip", Key: "1", Sent: 0, Done: 200, Source: "database"}, call{Stream: "trip", Key: "1", Sent: 100, Done: 210, Source: "database", Instance: "2"},
			call{Stream: "trip", Key: "1", Sent: 201, Done: 400, Source: "database"}, call{Stream: "trip", Key: "2", Sent: 0, Done: 200, Source: "database"})}, 3},
		{"loads nobody needed", "excess_loads(trip, db_total)", []part{counter("db_total", "warm", "1", 5, 9), calls(
			call{Stream: "trip", Key: "1", Sent: 0, Done: 200, Source: "database"}, call{Stream: "trip", Key: "1", Sent: 100, Done: 210, Source: "database"},
			call{Stream: "trip", Key: "1", Sent: 300, Done: 500, Source: "fail"})}, 2},
		{"loads that what failed may have needed", "excess_loads(trip, db_total)", []part{counter("db_total", "warm", "1", 0, 2), calls(
			call{Stream: "trip", Key: "1", Sent: 0, Done: 200, Source: "database"}, call{Stream: "trip", Key: "1", Sent: 210, Done: 211, Source: "redis"},
			call{Stream: "trip", Key: "1", Sent: 300, Done: 500, Source: "fail"})}, -1},
		{"what failed needed none", "excess_loads(trip, db_total)", []part{counter("db_total", "warm", "1", 0, 1), calls(
			call{Stream: "trip", Key: "1", Sent: 0, Done: 200, Source: "database"}, call{Stream: "trip", Key: "1", Sent: 210, Done: 211, Source: "redis"},
			call{Stream: "trip", Key: "1", Sent: 300, Done: 500, Source: "fail"})}, 0},
		{"a counter that does not count", "excess_loads(trip, db_total)", []part{counter("db_total", "warm", "1", 0, 0), calls(
			call{Stream: "trip", Key: "1", Sent: 10, Done: 200, Source: "database"})}, -1},
		{"the contract's counter", "delta(trips_db_queries_total)", []part{counter("trips_db_queries_total", "warm", "1", 0, 2), calls(
			call{Stream: "trip", Key: "1", Sent: 10, Done: 200, Source: "database"}, call{Stream: "trip", Key: "1", Sent: 10, Done: 200, Source: "redis"},
			call{Stream: "advice", Key: "1", Sent: 300, Done: 400, Source: "ai"}, call{Stream: "trip", Key: "2", Sent: 10, Done: 200, Source: "database"})}, 2},
		{"the contract's counter misses loads that the answers prove", "delta(trips_db_queries_total)", []part{counter("trips_db_queries_total", "warm", "1", 0, 1), calls(
			call{Stream: "trip", Key: "1", Sent: 10, Done: 200, Source: "database"}, call{Stream: "trip", Key: "1", Sent: 300, Done: 500, Source: "database"})}, -1},
		{"a part of the contract's counter need not count them", `delta(trips_db_queries_total{kind="trips"})`, []part{counter(`trips_db_queries_total{kind="trips"}`, "warm", "1", 0, 1), calls(
			call{Stream: "trip", Key: "1", Sent: 10, Done: 200, Source: "database"}, call{Stream: "trip", Key: "1", Sent: 300, Done: 500, Source: "database"})}, 1},
		{"an answer without a source is no true one", "false_sources(trip, db_total)", []part{counter("db_total", "warm", "1", 0, 1), calls(
			call{Stream: "trip", Key: "1", Sent: 10, Done: 200, Source: "database"}, call{Stream: "trip", Key: "1", Sent: 300, Done: 301})}, -1},
		{"a source that hides a query", "false_sources(trip[phase=warm], db_total)", []part{counter("db_total", "warm", "1", 0, 2), counter("db_total", "after", "1", 2, 9), calls(
			call{Stream: "trip", Key: "1", Sent: 0, Done: 200, Source: "database"}, call{Stream: "trip", Key: "1", Sent: 250, Done: 450, Source: "redis"})}, 1},
		{"a source that claims a query", "false_sources(trip, db_total)", []part{counter("db_total", "warm", "1", 0, 1), calls(
			call{Stream: "trip", Key: "1", Sent: 0, Done: 200, Source: "database"}, call{Stream: "trip", Key: "1", Sent: 250, Done: 251, Source: "database"})}, 1},
		{"sources that may be true", "false_sources(trip, db_total)", []part{counter("db_total", "warm", "1", 0, 1), calls(
			call{Stream: "trip", Key: "1", Sent: 0, Done: 200, Source: "database"}, call{Stream: "trip", Key: "1", Sent: 100, Done: 201, Source: "database"},
			call{Stream: "trip", Key: "1", Sent: 250, Done: 251, Source: "redis"})}, 0},
		{"what was under way when the counter was read may count on either side", "false_sources(trip, db_total)", []part{
			event(history.Event{Kind: history.Counter, Name: "db_total", Phase: "warm", Instance: "1", At: 50 * ms, Until: 60 * ms, Detail: "begin"}),
			event(history.Event{Kind: history.Counter, Name: "db_total", Phase: "warm", Instance: "1", At: 900 * ms, Until: 910 * ms, Value: 1, Detail: "end"}),
			calls(call{Stream: "trip", Key: "1", Sent: 10, Done: 200, Source: "database"}, call{Stream: "trip", Key: "2", Sent: 300, Done: 500, Source: "database"})}, 0},
		{"between two phases that both count a reading excuses nothing", "excess_loads(trip, db_total)", []part{
			event(history.Event{Kind: history.Counter, Name: "db_total", Phase: "warm", Instance: "1", At: 1, Until: 2, Detail: "begin"}),
			event(history.Event{Kind: history.Counter, Name: "db_total", Phase: "warm", Instance: "1", At: 100 * ms, Until: 110 * ms, Value: 2, Detail: "end"}),
			event(history.Event{Kind: history.Counter, Name: "db_total", Phase: "fault", Instance: "1", At: 100 * ms, Until: 110 * ms, Value: 2, Detail: "begin"}),
			event(history.Event{Kind: history.Counter, Name: "db_total", Phase: "fault", Instance: "1", At: 900 * ms, Until: 910 * ms, Value: 2, Detail: "end"}),
			calls(call{Stream: "trip", Key: "1", Sent: 10, Done: 200, Source: "database"})}, 1},
		{"others ask the database too", "false_sources(trip, db_total)", []part{counter("db_total", "warm", "1", 0, 1), calls(
			call{Stream: "trip", Key: "1", Sent: 0, Done: 200, Source: "database"}, call{Stream: "listing", Sent: 100, Done: 301, Source: "database"})}, -1},
		{"no metrics", "excess_loads(trip, db_total)", []part{calls(call{Stream: "trip", Key: "1", Sent: 0, Done: 200, Source: "database"})}, -1},
	} {
		got, why := measured(t, tt.expr, tt.parts...)
		if d := got - tt.want; d > 1e-6 || d < -1e-6 {
			t.Errorf("%s: %s = %v, want %v (%s)", tt.name, tt.expr, got, tt.want, why)
		}
	}
	for _, m := range []string{"oldest(trip)", "hits_after_miss(trip, 1s)", "hits_elsewhere(trip, 1s)", "cold_starts(trip)", "loads(trip)", "excess_loads(trip, db_total)", "false_sources(trip, db_total)"} {
		silent := calls(call{Stream: "trip", Key: "1", Sent: 0, Done: 200}, call{Stream: "trip", Key: "1", Sent: 300, Done: 301})
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
				cs = append(cs, call{Stream: "change", Key: key, Sent: now, Done: done, Source: "database", Version: version[key]})
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
				cs = append(cs, call{Stream: "trip", Key: key, Sent: now, Done: now + 1, Source: "redis", Version: held[key]})
				continue
			}
			done := now + 5 + rng.IntN(10)
			trueLoads++
			loadedAt[key], held[key] = (now+done)/2, version[key]
			cs = append(cs, call{Stream: "trip", Key: key, Sent: now, Done: done, Source: "database", Version: version[key]})
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
