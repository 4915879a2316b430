package load

import (
	"context"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load/alarm"
)

// A play is one stream being played: what its pacer and its workers share.
type play struct {
	stream Stream
	clock  *history.Clock
	alarm  *alarm.Alarm
	desk   *desk
	sender sender
	record func(history.Request)
}

func newPlay(s Stream, wake *alarm.Alarm, in *shared, out *outbox) *play {
	return &play{
		stream: s, clock: in.clock, alarm: wake, desk: newDesk(s),
		sender: senders[s.Type].open(s, in), record: out.put,
	}
}

// pace waits for the next hit's time and offers it; true: there is none, or ctx has ended.
func (p *play) pace(ctx context.Context) (stop bool) {
	at, ok := p.desk.next()
	if !ok {
		return true
	}
	for {
		now := p.clock.Now()
		if !p.alarm.Wait(ctx, at-now) {
			return true
		}
		if now >= at {
			p.desk.offer(now)
			return false
		}
	}
}

// hit has hit n of this window sent.
func (p *play) hit(ctx context.Context, n uint64) {
	defer func() { p.desk.release(p.clock.Now()) }()
	slot := p.desk.take(n)
	p.sender.send(ctx, turn{place: p.stream.First + n, intended: slot.intended, queued: slot.queued}, p.record)
}
