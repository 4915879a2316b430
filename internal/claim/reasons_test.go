package claim_test

import (
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/history"
)

// Why a service could not be judged must say what it did, and what to do.
func TestReasonsSayWhatTheServiceDid(t *testing.T) {
	load := call{Stream: "trip", Key: "1", Sent: 10, Done: 30, Source: "database", Version: 1}
	hits := func(n int, source string) (cs []call) {
		for i := range n {
			cs = append(cs, call{Stream: "trip", Key: "1", Sent: 100 + 10*i, Done: 101 + 10*i, Source: source, Version: 1})
		}
		return cs
	}
	shapeless := func(h *history.Slice) {
		for i := range h.R {
			if h.R[i].Failure == history.Status {
				h.R[i].Status, h.R[i].Failure = 200, history.Shape
			}
		}
	}
	limited := func(h *history.Slice) {
		for i := range h.R {
			if h.R[i].Failure == history.Status {
				h.R[i].Status, h.R[i].Failure = 429, history.Limited
			}
		}
	}
	change := func(source string) call { return call{Stream: "change", Key: "1", Sent: 50, Done: 60, Source: source} }
	unread := event(history.Event{Kind: history.Process, Name: "no metrics", Instance: "1", Detail: "GET /metrics: status 404"})
	for _, r := range []struct {
		name, holds, requires string
		parts                 []part
		because, settle       string
	}{
		{"hits that are errors", "p50(trip[source=cache]) <= 6ms", "", []part{calls(append(hits(9, "fail"), load)...)},
			"0 correct answers of trip[source=cache], and a median needs 5; of 10 requests 9 failed (9 × status 500)", "correct answers of trip"},
		{"hits that are pages", "p50(trip[source=cache]) <= 6ms", "", []part{calls(append(hits(9, "fail"), load)...), shapeless},
			"9 × a body that is not as in docs/contract.md", "correct answers of trip"},
		{"hits that are over the limit", "p50(trip[source=cache]) <= 6ms", "", []part{calls(append(hits(9, "fail"), load)...), limited},
			"the service limits the generator (429): GET /api/trips/{id}, 27 of 30 requests without any fault", "or use more clients"},
		{"changes over the limit", "staleness(trip) <= 1s", "", []part{calls(append(hits(9, "redis"), change("fail"))...), limited},
			"no change was acknowledged (PUT: 1 × over the limit (status 429))", "200 and the new version"},
		{"never this source", "p50(trip[source=database]) <= 6ms", "", []part{calls(hits(9, "redis")...)},
			"0 correct answers of trip[source=database], and a median needs 5; 9 answers say where they come from, and none says this", "answers that say this source"},
		{"a share of errors", "hit_ratio(trip) >= 10%", "", []part{calls(hits(9, "fail")...)},
			"no correct answer of trip; of 9 requests 9 failed (9 × status 500)", "correct answers of trip"},
		{"most answers failed", "staleness(trip) <= 1s", "", []part{calls(append(hits(9, "fail"), load, change("database"))...)},
			"half of the requests of trip, or more, got no correct answer; of 10 requests 9 failed", "correct answers of trip"},
		{"changes refused", "staleness(trip) <= 1s", "", []part{calls(append(hits(9, "redis"), change("refuse"))...)},
			"no change was acknowledged (PUT: 1 × status 405)", "200 and the new version"},
		{"changes never acknowledged", "oldest(trip) <= 1s", "", []part{calls(append(hits(9, "redis"), load, change("fail"))...)},
			"no age of trip can be proved: a request without an answer, or a change that was not acknowledged (PUT: 1 × status 500)", "acknowledged"},
		{"no metrics", "delta(db_total) >= 1", "", []part{calls(load), unread},
			"no metrics were read from the service: GET /metrics: status 404", "GET /metrics in Prometheus' text format, with db_total"},
		{"no metrics, and the processor's time from outside", "delta(db_total) >= 1", "", []part{calls(load), unread, counter("process_cpu_seconds_total", "warm", "1", 1, 2)},
			"no metrics were read from the service: GET /metrics: status 404", "GET /metrics in Prometheus' text format, with db_total"},
		{"no such metric", "delta(db_total) >= 1", "", []part{calls(load), counter("other_total", "warm", "1", 1, 2),
			event(history.Event{Kind: history.Process, Name: "no metric", Instance: "1", Detail: "db_total: GET /prom has no counter sql_total, as the contract shop calls it"})},
			"the service does not export db_total: GET /prom has no counter sql_total, as the contract shop calls it", "a service that exports db_total"},
		{"metrics read once", "delta(db_total) >= 1", "", []part{calls(load), unread,
			event(history.Event{Kind: history.Counter, Name: "db_total", Phase: "warm", Instance: "1", Detail: "begin"})},
			`were not read at the end of phase "warm": GET /metrics: status 404`, "readings of /metrics"},
		{"neither goroutines nor threads", "growth(go_goroutines, warm, warm) <= 1", "", []part{calls(load), unread},
			"go_goroutines was not read: GET /metrics: status 404", "go_goroutines, or of process_threads in its place, at the end of warm"},
		{"a dead counter", "excess_loads(trip, db_total) == 0", "", []part{calls(load), counter("db_total", "warm", "1", 0, 0)},
			"the counter grew by 0 queries, and the answers that say they were loaded need 1 load", "counts every load"},
		{"a failure that may have loaded", "excess_loads(trip, db_total) == 0", "", []part{calls(append(hits(3, "redis"), load, hits(1, "fail")[0])...), counter("db_total", "warm", "1", 0, 2)},
			"1 query more than the answers explain: requests that failed", "no request fails"},
		{"an answer without a source", "false_sources(trip, db_total) == 0", "", []part{calls(load, hits(1, "")[0]), counter("db_total", "warm", "1", 0, 1)},
			"1 answer did not say where they came from", "X-Source, or what a contract names as source:"},
		{"a change between", "hits_after_miss(trip, 5s) >= 50%", "", []part{calls(append(hits(9, "redis"), load, change("fail"))...)},
			"each of the 9 answers of trip that followed a load may have followed a change too (PUT: 1 × status 500)", "acknowledged"},
		{"nothing loaded", "hits_after_miss(trip, 5s) >= 50%", "", []part{calls(hits(9, "redis")...)}, "no answer says that it was loaded", "X-Source: database"},
		{"first answer late", "cold_starts(trip) == 0", "", []part{ready("1", 0), calls(call{Stream: "trip", Key: "1", Sent: 2010, Done: 2030, Source: "database"})},
			"instance 1 was first asked 2.01 s after it got ready", "/metrics that answers at once"},
		{"a requirement without data", "p50(trip) <= 1s", "oldest(trip) >= 1ms", []part{calls(hits(9, "")...)},
			"oldest(trip) >= 1ms is required: the service does not say where its answers come from", "X-Source"},
	} {
		c, errs := claim.Compile(claim.Text{ID: "x", Holds: r.holds, Requires: r.requires}, cacheScope)
		for _, e := range errs {
			t.Fatalf("%s: %s", r.name, e.Msg)
		}
		got := judge(t, c, times(3, play(r.parts...))...)
		mustBeComplete(t, got)
		if got.Verdict != claim.Inconclusive || !strings.Contains(got.Because, r.because) || !strings.Contains(got.Remedy, r.settle) {
			t.Errorf("%s: %s because %q, settle %q; want %q, settle %q", r.name, got.Verdict, got.Because, got.Remedy, r.because, r.settle)
		}
	}
}
