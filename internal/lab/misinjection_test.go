package lab_test

import (
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
)

// Whatever goes wrong with a fault on its way, a claim about it is undecided, though every
// request of the fault was answered in no time.
func TestAMisinjectedFaultDecidesNothing(t *testing.T) {
	blackhole := fault.Fault{Kind: "blackhole"}
	replies, requests := fault.Fault{Kind: "oneway", Direction: "replies"}, fault.Fault{Kind: "oneway", Direction: "requests"}
	cut := fault.Fault{Kind: "cutoff", After: 1}
	for _, row := range []struct {
		name      string
		meant     fault.Fault
		elsewhere bool // done to the other instance
		done      fault.Fault
		fake      string
		late      bool // done when it should be over
		why       string
	}{
		{name: "as meant", meant: blackhole, done: blackhole},
		{name: "as meant, of replies", meant: replies, done: replies},
		{name: "wrong proxy", meant: blackhole, elsewhere: true, done: blackhole, why: "met reply"},
		{name: "wrong direction", meant: replies, done: requests, why: "its request was held too"},
		{name: "the other wrong direction", meant: requests, done: replies, why: "its request was passed on"},
		{name: "another fault", meant: cut, done: blackhole, why: "met silence"},
		{name: "nothing sent", meant: blackhole, why: "met reply"},
		{name: "bypassed", meant: blackhole, done: blackhole, fake: "bypass", why: "never connected to Redis through its proxy"},
		{name: "after its window", meant: blackhole, late: true, done: blackhole, why: "met reply"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := spec(t)
			s.Instances = 2
			w := open(t, s)
			w.fresh(t, map[string]string{"FAKE": row.fake})
			a := onRedis(row.meant, "1")
			instead := row.done
			if row.late {
				instead = fault.Fault{}
			}
			if err := w.Misinject(t.Context(), a, row.elsewhere, instead); err != nil {
				t.Fatal(err)
			}
			w.probed(t, a, 1)
			if err := w.Apply(t.Context(), lifted(a)); err != nil {
				t.Fatal(err)
			}
			if row.late {
				if err := w.Misinject(t.Context(), onRedis(row.meant, "none"), true, row.done); err != nil {
					t.Fatal(err)
				}
			}
			if err := w.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			got := w.of(history.Delivery)
			if len(got) != 1 || (got[0].Value == 1) != (row.why == "") || !strings.Contains(got[0].Detail, row.why) {
				t.Fatalf("delivery %v, want one with %q", got, row.why)
			}
			if r := judged(t, row.meant.Kind, w.of(history.FaultOn)[0].At, got[0]); (r.Verdict == claim.Holds) != (row.why == "") || !strings.Contains(r.Because, row.why) {
				t.Errorf("%s because %q", r.Verdict, r.Because)
			}
		})
	}
}

// judged is the verdict on three rounds of flawless answers in a fault that was delivered like that.
func judged(t *testing.T, kind string, at time.Duration, delivery history.Event) claim.Result {
	t.Helper()
	h := history.Slice{E: []history.Event{
		{Kind: history.PhaseSpan, Name: "fault", At: at, Until: at + time.Second},
		{Kind: history.FaultOn, Instance: "1", Name: kind, On: "redis", At: at, Until: at},
		delivery,
		{Kind: history.FaultOff, Instance: "1", Name: kind, On: "redis", At: at + time.Second, Until: at + time.Second},
	}}
	for i := range 1000 {
		sent := at + time.Duration(i)*time.Millisecond
		h.R = append(h.R, history.Request{Stream: "trips", Phase: "fault", Instance: "1", Seq: uint64(i), Intended: sent, Sent: sent, Done: sent + time.Millisecond, Status: 200, Source: "memory"})
	}
	c, errs := claim.Compile(claim.Text{ID: "x", Holds: "availability(trips[phase=fault]) >= 99%"},
		expr.Scope{Streams: []string{"trips"}, Phases: []string{"fault"}, Faults: []string{kind}})
	if len(errs) > 0 {
		t.Fatal(errs)
	}
	round := c.Observe(h)
	return c.Judge([]claim.Round{round, round, round}, claim.Looks{Min: 3, Max: 3})
}
