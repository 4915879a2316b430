package load

import (
	"context"

	"github.com/trektribe/bench/internal/history"
)

// A sequence is the sender of traffic.Sequences: the calls of a turn are made by one client,
// one after the other, with the same key, number and identifier. The first has its place in
// the schedule, and each other one begins when the one before has ended.
type sequence struct {
	stream Stream
	steps  []*caller
	clock  *history.Clock
}

func newSequence(s Stream, in *shared) sender {
	q := &sequence{stream: s, clock: in.clock}
	for i, one := range s.calls() {
		c := newCallerOf(one, in)
		if name := s.Steps[i].Name; name != "" {
			c.name = name
		}
		q.steps = append(q.steps, c)
	}
	return q
}

// calls are the streams of one call each that s is made of: s itself, or its steps.
func (s Stream) calls() []Stream {
	var out []Stream
	for _, call := range s.Calls() {
		one := s
		one.Call, one.Steps = call, nil
		out = append(out, one)
	}
	return out
}

// send makes the calls of a turn. A turn whose first call was never sent has no other.
func (q *sequence) send(ctx context.Context, t turn, record func(history.Request)) {
	for i, c := range q.steps {
		a := c.ask(t, t.place, q.stream.target(t.place, i))
		a.record.Seq = q.stream.step(t.place, i)
		if i > 0 {
			a.record.Intended, a.record.Queued = q.clock.Now(), false
		}
		r := c.play(ctx, a, record)
		if r.Sent == 0 || ctx.Err() != nil || q.stream.Stop && !r.OK() {
			return
		}
	}
}

func (q *sequence) wait(context.Context) {}
