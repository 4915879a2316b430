package claim_test

import (
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/history"
)

// A round of these tests is warm 0–1 s, fault 1–3 s, after 3–6 s; Redis is
// blackholed on both instances from 1 s to 3 s, and each switch takes 10 ms.
var (
	scope = expr.Scope{
		Streams: []string{"trips", "trip"},
		Phases:  []string{"warm", "fault", "after"},
		Faults:  []string{"blackhole"},
	}
	looks = claim.Looks{Min: 3, Max: 8}
	began = map[string]time.Duration{"warm": 0, "fault": time.Second, "after": 3 * time.Second, "end": 6 * time.Second}
)

const ms = time.Millisecond

func fms(n int) time.Duration { return time.Duration(n) * ms }

// A part adds something to a round.
type part func(*history.Slice)

// play makes a round of parts. Phases, faults and their proof are always there.
func play(parts ...part) history.Slice {
	h := history.Slice{E: []history.Event{
		{Kind: history.PhaseSpan, Name: "warm", At: 0, Until: began["fault"]},
		{Kind: history.PhaseSpan, Name: "fault", At: began["fault"], Until: began["after"]},
		{Kind: history.PhaseSpan, Name: "after", At: began["after"], Until: began["end"]},
		{Kind: history.Delivery, Name: "blackhole", On: "redis", Value: 1},
	}}
	for _, p := range parts {
		p(&h)
	}
	return h
}

// outage is the fault and its heal on the instances.
func outage(instances ...string) part {
	return func(h *history.Slice) {
		for _, i := range instances {
			h.E = append(h.E,
				history.Event{Kind: history.FaultOn, Name: "blackhole", On: "redis", Instance: i, At: 1000 * ms, Until: 1010 * ms},
				history.Event{Kind: history.FaultOff, Name: "blackhole", On: "redis", Instance: i, At: 3000 * ms, Until: 3010 * ms})
		}
	}
}

// answers adds n requests from an instant on, 10 ms apart, each of which took
// wait; edit may change them.
func answers(stream, phase string, from time.Duration, n int, wait time.Duration, edit func(*history.Request)) part {
	return func(h *history.Slice) {
		for i := range n {
			at := from + time.Duration(i)*10*ms
			r := history.Request{Stream: stream, Phase: phase, Instance: "1", Intended: at, Sent: at + ms/10, Done: at + wait, Status: 200, Source: "redis"}
			if edit != nil {
				edit(&r)
			}
			h.R = append(h.R, r)
		}
	}
}

// trips is n answers of one phase from one source.
func trips(phase string, n int, wait time.Duration, source string) part {
	return answers("trips", phase, began[phase]+20*ms, n, wait, func(r *history.Request) { r.Source = source })
}

// failed is n requests on which the client gave up after wait.
func failed(phase string, n int, wait time.Duration) part {
	return answers("trips", phase, began[phase]+20*ms, n, wait, func(r *history.Request) {
		r.Failure, r.Status, r.Source = history.Timeout, 0, ""
	})
}

// counter is a metric's value at the begin and the end of a phase.
func counter(name, phase, instance string, begin, end float64) part {
	return func(h *history.Slice) {
		h.E = append(h.E,
			history.Event{Kind: history.Counter, Name: name, Phase: phase, Instance: instance, Value: begin, Detail: "begin"},
			history.Event{Kind: history.Counter, Name: name, Phase: phase, Instance: instance, Value: end, Detail: "end"})
	}
}

func event(e history.Event) part { return func(h *history.Slice) { h.E = append(h.E, e) } }

func compile(t testing.TB, holds, requires string) *claim.Claim {
	t.Helper()
	c, errs := claim.Compile(claim.Text{ID: "x", Holds: holds, Requires: requires}, scope)
	for _, e := range errs {
		t.Fatalf("%s:%d: %s", e.Field, e.Col, e.Msg)
	}
	return c
}

// judge plays the rounds and judges them.
func judge(t testing.TB, c *claim.Claim, rounds ...history.Slice) claim.Result {
	t.Helper()
	var seen []claim.Round
	for _, h := range rounds {
		seen = append(seen, c.Observe(h))
	}
	return c.Judge(seen, looks)
}

// times repeats a round.
func times(n int, h history.Slice) []history.Slice {
	var out []history.Slice
	for range n {
		out = append(out, h)
	}
	return out
}

// told is what /health of an instance said, at instants in ms: "up", 500, "down", 1100.
func told(instance string, states ...any) part {
	return func(h *history.Slice) {
		for i := 0; i < len(states); i += 2 {
			at := fms(states[i+1].(int))
			h.E = append(h.E, history.Event{Kind: history.Health, On: "redis", Instance: instance, At: at - ms, Until: at, Detail: states[i].(string)})
		}
	}
}
