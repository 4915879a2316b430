package claim_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/roundtest"
	"github.com/trektribe/bench/internal/history"
)

// wordless is a service that says no source, and is asked for one thing at a time.
var wordless = roundtest.Service{TTL: 400 * ms, Load: [2]time.Duration{30 * ms, 45 * ms}, Every: 100 * ms, Trips: 4}

func playedBy(s roundtest.Service, seed uint64) (history.Slice, roundtest.Truth) {
	return s.Play(rand.New(rand.NewPCG(seed, 1)).Int64N, 6*time.Second)
}

// compileCaches compiles a claim about the service of CacheScope.
func compileCaches(t *testing.T, holds string) *claim.Claim {
	t.Helper()
	c, errs := claim.Compile(claim.Text{ID: "x", Holds: holds}, cacheScope)
	for _, e := range errs {
		t.Fatalf("%s:%d: %s", e.Field, e.Col, e.Msg)
	}
	return c
}

// What the wire shows of a service that says nothing is exactly what it did.
func TestTheWireEqualsTheTruth(t *testing.T) {
	for seed := range uint64(10) {
		h, truth := playedBy(wordless, seed)
		hits, loads := 0, 0
		for _, s := range truth.Sources {
			switch s {
			case "redis":
				hits++
			case "database":
				loads++
			}
		}
		for holds, want := range map[string]string{
			"loads(listing) + loads(trip) == " + fmt.Sprint(truth.Loads):          "holds",
			"delta(trips_db_queries_total) == " + fmt.Sprint(truth.Loads):         "holds",
			"wire_writes(*) == " + fmt.Sprint(truth.Written):                      "holds",
			"max(wire_ttl(*)) <= 400ms and max(wire_ttl(*)) >= 400ms":             "holds",
			"count(all[source=redis]) == " + fmt.Sprint(hits):                     "holds",
			"count(all[source=database]) == " + fmt.Sprint(loads):                 "holds",
			"count(all[source=memory]) == 0":                                      "holds",
			"excess_loads(all, trips_db_queries_total) == 0":                      "holds",
			"hits_after_miss(all, 400ms) >= 95%":                                  "holds",
			"oldest(all) <= 400ms":                                                "holds",
			"count(all[source=redis]) == " + fmt.Sprint(hits+1):                   "refuted",
			"false_sources(all, trips_db_queries_total) == 0":                     "inconclusive",
			fmt.Sprintf("hit_ratio(all) >= %d%%", 100*hits/len(truth.Sources)-20): "holds",
			fmt.Sprintf("hit_ratio(all) >= %d%%", 100*hits/len(truth.Sources)+25): "refuted",
		} {
			got := judge(t, compileCaches(t, holds), roundtest.Times(8, h)...)
			if string(got.Verdict) != want {
				t.Errorf("seed %d: %s: %s because %q, want %s (%d of %d found, %d loads)", seed, holds, got.Verdict, got.Because, want, hits, len(truth.Sources), truth.Loads)
			}
		}
		if found := float64(truth.Found) / float64(truth.Read); found != float64(hits)/float64(hits+loads) {
			t.Fatalf("the model: %g of its reads find, and %d of %d answers are hits", found, hits, hits+loads)
		}
	}
}

// What hangs on answers of which nothing is known, or on loads that they may have shared, stays undecided.
func TestUnknownAnswersDecideNothing(t *testing.T) {
	busy := wordless
	busy.Every = 9 * ms
	late, shared, memory := busy, busy, busy
	late.GivesUp, shared.Flight, memory.Memory = true, true, 20*ms
	memory.Every = 4 * ms
	for _, row := range []struct {
		what  string
		of    roundtest.Service
		holds string
		want  claim.Verdict
		why   string
	}{
		{"a reply comes too late during a fault", late, "hit_ratio(all[phase=fault]) >= 50%", claim.Inconclusive, "while a fault is on, it shows what Redis answered"},
		{"but not after it", late, "hit_ratio(all[phase=after]) >= 50%", claim.Holds, ""},
		{"and not in what rests on no source", late, "availability(all[phase=fault]) >= 95%", claim.Holds, ""},
		{"answers may have shared loads", busy, "excess_loads(all, trips_db_queries_total) == 0", claim.Inconclusive, "hangs on"},
		{"answers did, and came too soon to tell", shared, "excess_loads(all, trips_db_queries_total) == 0", claim.Inconclusive, "hangs on"},
		{"some come from memory", memory, "hit_ratio(all) >= 90%", claim.Inconclusive, "answers came from"},
		{"whose loads are not counted", memory, "delta(trips_db_queries_total) >= 1", claim.Inconclusive, "and the wire does not show the loads (in phase warm it shows for "},
		{"and many from Redis for sure", memory, "hit_ratio(all) >= 5%", claim.Holds, ""},
	} {
		h, _ := playedBy(row.of, 3)
		got := judge(t, compileCaches(t, row.holds), roundtest.Times(8, h)...)
		if got.Verdict != row.want || !strings.Contains(got.Because, row.why) {
			t.Errorf("%s: %s: %s because %q, want %s because of %q", row.what, row.holds, got.Verdict, got.Because, row.want, row.why)
		}
		mustBeComplete(t, got)
	}
}

// What the service says and its commands show otherwise is a finding, and nothing holds that rests on it.
func TestTheServiceAgainstTheWire(t *testing.T) {
	says := wordless
	says.SaysItAll = true
	for lies, want := range map[bool]claim.Verdict{false: claim.Holds, true: claim.Inconclusive} {
		says.Lies = lies
		h, _ := playedBy(says, 1)
		got := judge(t, compileCaches(t, "p50(all[source=database]) <= 1s"), roundtest.Times(8, h)...)
		if got.Verdict != want || lies != (len(got.Findings) == 1) || lies && got.Findings[0].Code != "source-against-wire" {
			t.Errorf("lies %v: %s because %q with %d findings, want %s", lies, got.Verdict, got.Because, len(got.Findings), want)
		}
	}
}
