package drill

import (
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/scenarios"
)

const ms = time.Millisecond

// twice has two faults of one kind, each with what comes before and after it.
const twice = `
name: twice
about: is it lost twice?
target: {instances: 1}
steady: {holds: availability(all) >= 99%, over: 500ms}
phases:
  - {name: before, for: 1s}
  - {name: first, for: 1s, faults: [{kind: refused, on: redis}]}
  - {name: between, for: 1s}
  - {name: second, for: 1s, faults: [{kind: refused, on: redis}]}
  - {name: after, for: 1s}
traffic: [{name: trips, call: GET /api/trips, rate: 100/s}]
`

func parsed(t *testing.T, text string) *scenarios.Scenario {
	t.Helper()
	s, err := scenarios.Parse("twice.yaml", []byte(text))
	if err != nil {
		t.Fatal(err)
	}
	all, err := Prepare([]*scenarios.Scenario{s}, true)
	if err != nil {
		t.Fatal(err)
	}
	return all[0]
}

// played is a round of twice: a request each 10 ms, each correct but those in bad; the second fault is lifted at until,
// and the round ends then if that is before its planned end. Redis is up and down as the faults say.
func played(bad func(at time.Duration) bool, until time.Duration) history.Slice {
	h := history.Slice{E: []history.Event{{Kind: history.Wall, At: 0}, {Kind: history.Health, On: "redis", Instance: "1", At: 10 * ms, Until: 11 * ms, Detail: "up"}}}
	end := min(until+time.Second, 5*time.Second)
	cut := until < 4*time.Second
	if cut {
		end = until
	}
	for i, name := range []string{"before", "first", "between", "second", "after"} {
		from, to := time.Duration(i)*time.Second, time.Duration(i+1)*time.Second
		if to <= end {
			h.E = append(h.E, history.Event{Kind: history.PhaseSpan, Name: name, At: from, Until: to})
		}
	}
	for i, on := range []time.Duration{time.Second, 3 * time.Second} {
		off := []time.Duration{2 * time.Second, until}[i]
		if on >= end {
			continue
		}
		id := history.Event{Name: "refused", On: "redis", Instance: "1"}
		add := func(kind history.Kind, planned, at, until time.Duration, value float64) {
			e := id
			e.Kind, e.Planned, e.At, e.Until, e.Value = kind, planned, at, until, value
			h.E = append(h.E, e)
		}
		add(history.FaultOn, on, on+5*ms, on+6*ms, 0)
		add(history.Canary, 0, on+6*ms, on+8*ms, 0)
		add(history.FaultOff, off, off+1*ms, off+2*ms, 0)
		add(history.Delivery, on, on+5*ms, off+9*ms, 1)
		h.E = append(h.E, history.Event{Kind: history.Health, On: "redis", Instance: "1", At: on + 50*ms, Until: on + 51*ms, Detail: "down"},
			history.Event{Kind: history.Health, On: "redis", Instance: "1", At: off + 50*ms, Until: off + 51*ms, Detail: "up"})
	}
	for at := time.Duration(0); at < end; at += 10 * ms {
		r := history.Request{Stream: "trips", Phase: []string{"before", "first", "between", "second", "after"}[at/time.Second], Instance: "1",
			Intended: at, Sent: at + ms/10, Done: at + 2*ms, Status: 200, Source: "redis"}
		hurt := at >= time.Second && at < 2*time.Second || at >= 3*time.Second && at < until
		if hurt {
			r.Source = "memory"
		}
		if bad(at) {
			r.Status, r.Failure, r.Source = 500, history.Status, ""
		}
		h.R = append(h.R, r)
	}
	if !cut {
		h.E = append(h.E, history.Event{Kind: history.Health, On: "redis", Instance: "1", At: end - ms, Until: end, Detail: "up"}, history.Event{Kind: history.RoundEnd, At: end})
	}
	return h
}

func never2(time.Duration) bool { return false }

// in tells whether a moment is in a list of them, and gives it.
func moment(t *testing.T, e Episode, name string) Moment {
	t.Helper()
	for _, m := range e.Moments {
		if m.Name == name {
			return m
		}
	}
	t.Fatalf("no moment %s in %+v", name, e.Moments)
	return Moment{}
}

// expecting is a plan with predictions, by phase.
func expecting(t *testing.T, s *scenarios.Scenario, by map[string][]string) *Plan {
	t.Helper()
	p := &Plan{Schema: schema, Question: "q", By: "me", Ended: &Ended{At: time.Unix(0, 0)}}
	for _, at := range Episodes([]*scenarios.Scenario{s}) {
		for _, text := range by[at.Phase.Name] {
			if err := p.Expect(at, text, "me", time.Unix(0, 0)); err != nil {
				t.Fatal(err)
			}
		}
	}
	return p
}

// outcomes are what came of the predictions, in words.
func outcomes(all []Episode) string {
	var out []string
	for _, e := range all {
		for _, o := range e.Predictions {
			out = append(out, e.Phase+" "+o.Is)
		}
	}
	return strings.Join(out, ", ")
}
