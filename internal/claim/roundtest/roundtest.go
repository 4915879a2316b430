// Package roundtest builds rounds for the tests of claims, out of parts.
//
// A round is warm 0–1 s, fault 1–3 s, after 3–6 s. The fault is a blackhole of Redis
// from 1 s to 3 s, and each switch takes 10 ms. Only tests import it.
package roundtest

import (
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/history"
)

// MS is a millisecond.
const MS = time.Millisecond

// FMS is n milliseconds.
func FMS(n int) time.Duration { return time.Duration(n) * MS }

// Scope is what a claim about these rounds may name.
func Scope() expr.Scope {
	return expr.Scope{Streams: []string{"trips", "trip"}, Phases: []string{"warm", "fault", "after"}, Faults: []string{"blackhole"}}
}

// Begin is when a phase begins.
func Begin(phase string) time.Duration {
	return map[string]time.Duration{"warm": 0, "fault": time.Second, "after": 3 * time.Second}[phase]
}

// A Part adds something to a round.
type Part func(*history.Slice)

// Play makes a round of parts. Phases and the proof of the fault are always there.
func Play(parts ...Part) history.Slice {
	h := history.Slice{E: []history.Event{
		{Kind: history.PhaseSpan, Name: "warm", At: 0, Until: Begin("fault")},
		{Kind: history.PhaseSpan, Name: "fault", At: Begin("fault"), Until: Begin("after")},
		{Kind: history.PhaseSpan, Name: "after", At: Begin("after"), Until: 6 * time.Second},
		{Kind: history.Delivery, Name: "blackhole", On: "redis", Value: 1},
	}}
	for _, p := range parts {
		p(&h)
	}
	return h
}

// Times repeats a round.
func Times(n int, h history.Slice) []history.Slice {
	var out []history.Slice
	for range n {
		out = append(out, h)
	}
	return out
}

// Event adds one event.
func Event(e history.Event) Part { return func(h *history.Slice) { h.E = append(h.E, e) } }

// Outage is the fault and its heal on the instances.
func Outage(instances ...string) Part {
	return func(h *history.Slice) {
		for _, i := range instances {
			h.E = append(h.E,
				history.Event{Kind: history.FaultOn, Name: "blackhole", On: "redis", Instance: i, At: 1000 * MS, Until: 1010 * MS},
				history.Event{Kind: history.FaultOff, Name: "blackhole", On: "redis", Instance: i, At: 3000 * MS, Until: 3010 * MS})
		}
	}
}

// Answers adds n requests from an instant on, 10 ms apart. Each is answered after
// wait, from Redis; edit, where it is not nil, may change them.
func Answers(stream, phase string, from time.Duration, n int, wait time.Duration, edit func(*history.Request)) Part {
	return func(h *history.Slice) {
		for i := range n {
			at := from + time.Duration(i)*10*MS
			r := history.Request{Stream: stream, Phase: phase, Instance: "1", Intended: at, Sent: at + MS/10, Done: at + wait, Status: 200, Source: "redis"}
			if edit != nil {
				edit(&r)
			}
			h.R = append(h.R, r)
		}
	}
}

// Trips is n answers of one phase from one source.
func Trips(phase string, n int, wait time.Duration, source string) Part {
	return Answers("trips", phase, Begin(phase)+20*MS, n, wait, func(r *history.Request) { r.Source = source })
}

// Failed is n requests on which the client gave up after wait.
func Failed(phase string, n int, wait time.Duration) Part {
	return Answers("trips", phase, Begin(phase)+20*MS, n, wait, func(r *history.Request) {
		r.Failure, r.Status, r.Source = history.Timeout, 0, ""
	})
}

// Tail edits requests: every twentieth leaves late, which moves the p99 and no median.
func Tail(lag time.Duration) func(*history.Request) {
	n := 0
	return func(r *history.Request) {
		if n++; n%20 == 0 {
			r.Sent = r.Intended + lag
		}
	}
}

// Counter is a metric's value at the begin and the end of a phase.
func Counter(name, phase, instance string, begin, end float64) Part {
	return func(h *history.Slice) {
		h.E = append(h.E,
			history.Event{Kind: history.Counter, Name: name, Phase: phase, Instance: instance, Value: begin, Detail: "begin"},
			history.Event{Kind: history.Counter, Name: name, Phase: phase, Instance: instance, Value: end, Detail: "end"})
	}
}

// Ready is an instance that got ready at an instant in ms.
func Ready(instance string, at int) Part {
	return Event(history.Event{Kind: history.Process, Name: "ready", Instance: instance, At: FMS(at)})
}

// Told is what /health of an instance said, at instants in ms: "up", 500, "down", 1100.
func Told(instance string, states ...any) Part {
	return func(h *history.Slice) {
		for i := 0; i < len(states); i += 2 {
			at := FMS(states[i+1].(int))
			h.E = append(h.E, history.Event{Kind: history.Health, On: "redis", Instance: instance, At: at - MS, Until: at, Detail: states[i].(string)})
		}
	}
}
