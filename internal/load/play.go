package load

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load/alarm"
	"github.com/trektribe/bench/internal/load/loop"
)

// A play is one stream being played: what its pacer and its workers share.
type play struct {
	stream Stream
	clock  *history.Clock
	alarm  *alarm.Alarm
	desk   *desk
	sender sender
	record func(history.Request)
	checks sync.WaitGroup // of long bodies, beside the loop
}

func newPlay(s Stream, wake *alarm.Alarm, in *shared, out *outbox) *play {
	return &play{
		stream: s, clock: in.clock, alarm: wake, desk: newDesk(s),
		sender: senders[s.Type].open(s, in), record: out.put,
	}
}

// next offers the next hit if its time has come; otherwise wait is how long until then.
// stop: there is none, or ctx has ended.
func (p *play) next(ctx context.Context) (wait time.Duration, stop bool) {
	at, ok := p.desk.next()
	if !ok || ctx.Err() != nil {
		return 0, true
	}
	now := p.clock.Now()
	if now < at {
		return at - now, false
	}
	p.desk.offer(now)
	return 0, false
}

// pace waits for the next hit's time and offers it; true: there is none, or ctx has ended.
func (p *play) pace(ctx context.Context) (stop bool) {
	for {
		wait, stop := p.next(ctx)
		if stop || wait == 0 {
			return stop
		}
		if !p.alarm.Wait(ctx, wait) {
			return true
		}
	}
}

// hit has hit n of this window sent.
func (p *play) hit(ctx context.Context, n uint64) {
	defer func() { p.desk.release(p.clock.Now()) }()
	slot := p.desk.take(n)
	p.sender.send(ctx, turn{place: p.stream.First + n, intended: slot.intended, queued: slot.queued}, p.record)
}

// attack is the play as the loop plays it. c is its sender.
func (p *play) attack(ctx context.Context, c *caller) *loop.Attack {
	return &loop.Attack{
		Pace: pacer(func() (time.Duration, bool) { return p.next(ctx) }),
		Most: p.stream.places(),
		Hit:  func(n uint64) *loop.Exchange { return p.begin(ctx, c, n) },
	}
}

// quick is how long a body may be that the loop has checked while others wait, in bytes. One that
// was met before is checked at once, however long it is.
const quick = 4 << 10

// begin begins hit n of this window; nil: it is over already.
func (p *play) begin(ctx context.Context, c *caller, n uint64) *loop.Exchange {
	slot, place := p.desk.take(n), p.stream.First+n
	t := turn{place: place, intended: slot.intended, queued: slot.queued}
	u, over := c.begin(ctx, c.ask(t, p.stream.seq(place, 0), p.stream.target(place, 0)))
	if over {
		p.record(u.record)
		p.desk.release(p.clock.Now())
		return nil
	}
	return &loop.Exchange{Pool: c.lines[u.target].pool, Request: u.message.h1(), Done: func(a loop.Answer, err error) {
		done := p.clock.Now()
		p.desk.release(done)
		if len(a.Body) <= quick || c.judge.Met(a.Body) {
			p.record(c.finishRaw(ctx, u, done, a, err))
			return
		}
		a.Body = slices.Clone(a.Body)
		p.checks.Go(func() { p.record(c.finishRaw(ctx, u, done, a, err)) })
	}}
}
