package claim_test

import (
	"strconv"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/history"
)

// Whatever a history lacks: no panic, and nothing holds that it cannot show.
func TestHistoriesThatLackSomethingAreNoProof(t *testing.T) {
	var cs []call
	for i := range 400 {
		key, at := strconv.Itoa(1+i%3), 1+i*10
		source, version := "redis", int64(9)
		if i < 3 {
			source = "database"
		}
		cs = append(cs, call{Stream: "trip", Key: key, Sent: at, Done: at + 2, Source: source, Version: version, Instance: strconv.Itoa(1 + i%2)})
	}
	cs = append(cs, call{Stream: "change", Key: "1", Sent: 40, Done: 50, Source: "database", Version: 9})
	full := []part{ready("1", 0), ready("2", 0), counter("db_total", "after", "1", 0, 2), counter("db_total", "after", "2", 0, 1), calls(cs...)}
	each := func(f func(r *history.Request)) part {
		return func(h *history.Slice) {
			for i := range h.R {
				f(&h.R[i])
			}
		}
	}
	without := func(kind history.Kind) part {
		return func(h *history.Slice) {
			var kept []history.Event
			for _, e := range h.E {
				if e.Kind != kind {
					kept = append(kept, e)
				}
			}
			h.E = kept
		}
	}
	lacks := map[string]part{
		"sources":  each(func(r *history.Request) { r.Source = "" }),
		"versions": each(func(r *history.Request) { r.Version = 0 }),
		"keys":     each(func(r *history.Request) { r.Key = "" }),
		"changes": func(h *history.Slice) {
			h.R = h.R[:len(h.R)-1]
		},
		"metrics":   without(history.Counter),
		"readiness": without(history.Process),
		"answers":   each(func(r *history.Request) { r.Failure, r.Status, r.Source, r.Version = history.Timeout, 0, "", 0 }),
		"requests":  func(h *history.Slice) { h.R = nil },
		"instances": each(func(r *history.Request) { r.Instance = "" }),
		"a second instance": func(h *history.Slice) {
			each(func(r *history.Request) { r.Instance = "1" })(h)
			var kept []history.Event
			for _, e := range h.E {
				if e.Instance != "2" {
					kept = append(kept, e)
				}
			}
			h.E = kept
		},
	}
	for holds, needs := range map[string]string{
		"oldest(trip) <= 9s":                              "sources answers requests keys",
		"staleness(trip) <= 1s":                           "versions changes answers requests keys",
		"stale_reads(trip) == 0":                          "versions changes answers requests keys",
		"hits_after_miss(trip, 9s) >= 50%":                "sources answers requests keys",
		"hits_elsewhere(trip, 9s) >= 10%":                 "sources answers requests keys instances a second instance",
		"cold_starts(trip) <= 2":                          "sources answers requests keys readiness instances",
		"loads(trip) <= 9":                                "sources answers requests keys",
		"excess_loads(trip, db_total[phase=after]) <= 9":  "sources metrics answers requests keys",
		"delta(db_total[phase=after]) / loads(trip) <= 9": "sources metrics answers requests keys",
	} {
		c, errs := claim.Compile(claim.Text{ID: "x", Holds: holds}, cacheScope)
		for _, e := range errs {
			t.Fatalf("%s: %s", holds, e.Msg)
		}
		for lack, cut := range lacks {
			h := play(append(full[:len(full):len(full)], cut)...)
			r := judge(t, c, times(3, h)...)
			mustBeComplete(t, r)
			if strings.Contains(r.Because, "panic") {
				t.Errorf("%s without %s: %s", holds, lack, r.Because)
			}
			if needed := strings.Contains(needs, lack); needed && (r.Verdict != claim.Inconclusive || r.Remedy == "") {
				t.Errorf("%s without %s: %s because %s", holds, lack, r.Verdict, r.Because)
			}
		}
		if r := judge(t, c, times(3, play(full...))...); r.Verdict == claim.Inconclusive && !strings.HasPrefix(holds, "hits_elsewhere") {
			t.Errorf("%s of all: %s", holds, r.Because)
		}
	}
}
