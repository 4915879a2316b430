package load

import (
	"context"
	"time"

	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/traffic"
)

// An Asked is one request outside any schedule, and what its answer shows beyond the record.
type Asked struct {
	history.Request
	Differs string   // of the failure shape: how the body is not as in the contract; else empty
	Items   int      // elements of a listing; else 0
	IDs     []string // of them, in order; an element without one has none
}

// Ask makes the call of s once, to its first target and for one key, and waits for the answer.
// s has its Calls or Sockets, no clients and no schedule. place tells its requests apart. A socket
// that opens is closed at once.
func Ask(ctx context.Context, clock *history.Clock, s Stream, key string, place uint64) Asked {
	s.Keys = traffic.Keys{Dist: "uniform", N: 1, IDs: []string{key}}
	s.Start, s.For, s.Workers = clock.Now(), time.Nanosecond, 1 // a socket's window is over once it is open
	s.From, s.To, s.Socket = 1, 1, &traffic.Socket{}
	connections := openConnections(ctx, []Stream{s})
	defer connections.close()
	in := &shared{
		clock: clock, connections: connections, versions: newVersions([]Stream{s}), changes: newChanges([]Stream{s}),
		event: func(history.Event) {},
	}
	var out Asked
	sender := senders[s.Type].open(s, in)
	if c, ok := sender.(*caller); ok {
		c.look = func(a contract.Response, body []byte) {
			out.Differs = c.judge.Explain(a, body, key)
			out.Items, out.IDs = c.judge.Listed(body)
		}
	}
	sender.send(ctx, turn{place: place, intended: clock.Now()}, func(r history.Request) { out.Request = r })
	sender.wait(ctx)
	if out.Failure != history.Shape {
		out.Differs = ""
	}
	if !out.OK() {
		out.Items, out.IDs = 0, nil
	}
	return out
}
