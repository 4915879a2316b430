package lab_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
)

// Whatever goes wrong with a fault on its way, a claim about it is undecided, though every
// request of the fault was answered in no time.
func TestAMisinjectedFaultDecidesNothing(t *testing.T) {
	blackhole := fault.Fault{Kind: "blackhole"}
	replies, requests := fault.Fault{Kind: "oneway", Direction: "replies"}, fault.Fault{Kind: "oneway", Direction: "requests"}
	cut := fault.Fault{Kind: "cutoff", After: 1}
	type doing = func(ctx context.Context, mine, other lab.AnyProxy, f fault.Fault) error
	instead := func(done fault.Fault) doing {
		return func(ctx context.Context, mine, _ lab.AnyProxy, f fault.Fault) error {
			if f.Kind != "" {
				f = done
			}
			return mine.Apply(ctx, f)
		}
	}
	elsewhere := func(ctx context.Context, _, other lab.AnyProxy, f fault.Fault) error { return other.Apply(ctx, f) }
	late := func(ctx context.Context, mine, _ lab.AnyProxy, f fault.Fault) error {
		if f.Kind != "" {
			return nil
		}
		return mine.Apply(ctx, blackhole)
	}
	for _, row := range []struct {
		name  string
		meant fault.Fault
		done  doing // nil: what is meant
		fake  string
		why   string
	}{
		{name: "as meant", meant: blackhole},
		{name: "as meant, of replies", meant: replies},
		{name: "wrong proxy", meant: blackhole, done: elsewhere, why: "met reply"},
		{name: "wrong direction", meant: replies, done: instead(requests), why: "its request was held too"},
		{name: "the other wrong direction", meant: requests, done: instead(replies), why: "its request was passed on"},
		{name: "another fault", meant: cut, done: instead(blackhole), why: "met silence"},
		{name: "nothing sent", meant: blackhole, done: instead(fault.Fault{}), why: "met reply"},
		{name: "bypassed", meant: blackhole, fake: "bypass", why: "never connected to Redis through its proxy"},
		{name: "after its window", meant: blackhole, done: late, why: "met reply"},
	} {
		t.Run(row.name, func(t *testing.T) {
			s := spec(t)
			s.Instances = 2
			w := open(t, s)
			w.fresh(t, map[string]string{"FAKE": row.fake})
			if row.done != nil {
				w.Mislead(row.done)
			}
			a := onRedis(row.meant, "1")
			w.hurt(t, a, 1)
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
