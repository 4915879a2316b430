package claim_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/history"
)

func TestVariablesAreTheTargetsEnvironment(t *testing.T) {
	for expr, want := range map[string]string{
		"oldest(listing) <= $TTL_TRIP":                            `20: unknown variable of the target's env "TTL_TRIP"; did you mean "TTL_TRIPS"?`,
		"oldest(listing) <= $DB_DELAY":                            `20: $DB_DELAY is the range 180ms-250ms, and one duration is needed`,
		"oldest(listing) <= $OFF":                                 `20: $OFF is "0s", and a duration above 0 is needed`,
		"hits_after_miss(listing, 2) >= 99%":                      `26: "2" is no duration: hits_after_miss(stream[…], 2s)`,
		"hits_after_miss(listing, $X) >= 99%":                     `26: unknown variable of the target's env "X"; known: DB_DELAY, OFF, TTL_TRIPS`,
		"count(trip[within=$TTL_TRIP]) >= 1":                      `19: unknown variable of the target's env "TTL_TRIP"; did you mean "TTL_TRIPS"?`,
		"$TTL_TRIPS + 1s <= $TTL_TRIPS":                           `1: nothing is measured in 2s + 1s <= 2s`,
		"p50(trip) <= $TTL_TRIPS and p51(trip) <= 2s":             `29: unknown measure "p51"; did you mean "p50"?`, // columns are those of the text as written
		"over_admissions(trip, 0, 2s, fixed-clock) == 0":          `23: over_admissions takes a whole number above 0 here: over_admissions(stream, 20, 2s, fixed-from-first)`,
		"over_admissions(trip, $LIMIT, 2s, fixed-clock) == 0":     `23: unknown variable of the target's env "LIMIT"; known: DB_DELAY, OFF, TTL_TRIPS`,
		"over_admissions(trip, $DB_DELAY, 2s, gcra(5)) == 0":      `23: over_admissions takes a whole number above 0 here: over_admissions(stream, 20, 2s, fixed-from-first)`,
		"over_admissions(trip, 20, 2, fixed-clock) == 0":          `27: "2" is no duration: over_admissions(stream, 20, 2s, fixed-from-first)`,
		"over_admissions(trip, 20, 2s, fixed) == 0":               `31: over_admissions: "fixed" is no reading of a rate limit; take fixed-from-first, fixed-clock, sliding-log, sliding-counter or gcra(burst)`,
		"over_admissions(trip, 20, 2s, gcra(many)) == 0":          `31: over_admissions: "gcra(many)" wants its burst as a number: gcra(10)`,
		"over_admissions(trip[phase=warm], 20, 2s, gcra(5)) == 0": `22: over_admissions takes all that a stream's clients ask: over_admissions(stream, 20, 2s, fixed-from-first)`,
		"p50(trip) <= $": `14: expected a figure or a measure, found "$"`,
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
		call{Stream: "trip", Key: "1", Sent: 0, Done: 1999, Source: "database"}, call{Stream: "trip", Key: "1", Sent: 0, Done: 2001, Source: "database"}))
	one, errs := claim.Compile(claim.Text{ID: "x", Holds: "count(trip[within=$TTL_TRIPS]) == 1"}, cacheScope)
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	if r := judge(t, one, times(3, h)...); r.Verdict != claim.Holds {
		t.Errorf("within=$TTL_TRIPS: %s because %s, want that it counts 1", r.Verdict, r.Because)
	}
	late := calls(
		call{Stream: "trip", Key: "1", Sent: 20, Done: 200, Source: "database"}, call{Stream: "trip", Key: "1", Sent: 300, Done: 301, Source: "redis"})
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
		return c.Observe(play(calls(call{Stream: "trip", Key: "1", Sent: 0, Done: 100, Source: "database"},
			call{Stream: "trip", Key: "1", Sent: 100 + at, Done: 101 + at, Source: "redis"})))
	}
	if r := c.Judge([]claim.Round{aged(200), aged(1990), aged(900)}, looks); r.Verdict != claim.Holds || r.Parts[0].Method != "exact" {
		t.Errorf("%s by %s: %s", r.Verdict, r.Parts[0].Method, r.Because)
	}
	if r := c.Judge([]claim.Round{aged(200), aged(2010), aged(900)}, looks); r.Verdict != claim.Refuted || r.Because != "greatest age 2.01 s in round 2, where <= 2s was promised" {
		t.Errorf("%s: %s", r.Verdict, r.Because)
	}
}
