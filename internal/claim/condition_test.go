package claim_test

import (
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/history"
)

func conditionScope() expr.Scope {
	return expr.Scope{Streams: []string{"trips", "trip"}, Phases: []string{"before", "fault"}, Faults: []string{"refused"}}
}

// ended is n requests of a stream that took as long, failed of them with a timeout.
func ended(stream string, n, failed int, took time.Duration) (out []history.Request) {
	for i := range n {
		at := time.Duration(i) * time.Millisecond
		r := history.Request{Stream: stream, Phase: "before", Instance: "1", Intended: at, Sent: at, Done: at + took, Status: 200, Source: "redis"}
		if i < failed {
			r.Status, r.Failure, r.Source = 0, history.Timeout, ""
		}
		out = append(out, r)
	}
	return out
}

func TestAConditionIsReadFromRequestsAlone(t *testing.T) {
	for _, row := range []struct {
		text         string
		n, failed    int
		known, holds bool
		part, was    string
	}{
		{"availability(all) >= 99%", 200, 0, true, true, "availability(all) >= 99%", "100 %"},
		{"availability(all) >= 99%", 200, 6, true, false, "availability(all) >= 99%", "97 %"},
		{"availability(all) < 50%", 200, 138, true, true, "availability(all) < 50%", "31 %"},
		{"availability(all) >= 99%", 0, 0, false, false, "availability(all) >= 99%", "no request of all was observed"},
		{"availability(all) >= 90% and p99(trips) <= 20ms", 200, 0, true, true, "availability(all) >= 90%", "100 %"},
		{"availability(all) >= 90% and p99(trips) <= 20ms", 50, 0, false, false, "p99(trips) <= 20ms", "50 correct answers of trips, and a p99 needs 100"},
		{"p99(trips) <= 20ms and availability(all) >= 90%", 50, 40, true, false, "availability(all) >= 90%", "20 %"},
		{"hit_ratio(trips) in 90%..100%", 200, 0, true, true, "hit_ratio(trips) in 90%..100%", "100 %"},
		// A client that gave up after 10 ms waited at least that long.
		{"max(all) >= 10ms", 200, 1, true, true, "max(all) >= 10ms", "at least 10 ms"},
		{"max(all) <= 10ms", 200, 1, false, false, "max(all) <= 10ms", "at least 10 ms"},
		{"max(all) <= 9ms", 200, 1, true, false, "max(all) <= 9ms", "at least 10 ms"},
	} {
		c, errs := claim.CompileCondition("steady", row.text, conditionScope())
		if len(errs) > 0 {
			t.Errorf("%s: %v", row.text, errs)
			continue
		}
		got := c.Read(ended("trips", row.n, row.failed, 10*time.Millisecond))
		if got.Known != row.known || got.Holds != row.holds || got.Part != row.part || !strings.HasPrefix(got.Was, row.was) {
			t.Errorf("%s of %d requests, %d failed: %+v, want %+v", row.text, row.n, row.failed, got, row)
		}
	}
}

func TestWhatAConditionCannotKnowIsAMistakeAtItsPlace(t *testing.T) {
	for _, row := range []struct {
		text string
		col  int
		want string
	}{
		{"availability(all) >= 99% and delta(trips_db_queries_total) <= 5", 30, "delta(trips_db_queries_total) is not known while the traffic runs; a condition may use p50, p90"},
		{"max(time_to_recover(redis)) <= 1s", 1, "max(time_to_recover(redis)) is not known while"},
		{"rate(trips) >= 10/s", 1, "rate(trips) is not known while"},
		{"oldest(trips) <= 1s", 1, "oldest(trips) is not known while"},
		{"count(trips) >= 1 and availability(all[phase=before]) >= 99%", 23, "leave phase out"},
		{"availability(al) >= 99%", 14, `unknown stream "al"`},
		{"delivered(refused)", 1, "compared with nothing"},
	} {
		_, errs := claim.CompileCondition("abort", row.text, conditionScope())
		if len(errs) != 1 || errs[0].Field != "abort" || errs[0].Col != row.col || !strings.Contains(errs[0].Msg, row.want) {
			t.Errorf("%s: %v, want %q at %d", row.text, errs, row.want, row.col)
		}
	}
}
