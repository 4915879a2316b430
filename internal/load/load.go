// Package load drives traffic by the open model: every request, and every socket, has
// its place in a schedule that does not wait for the service.
//
// In go streams; out comes one history.Request for each place of each schedule, or
// several of them, answered, failed, never sent or canceled, and what happened on
// sockets. It checks that an answer is correct, not only that there is one. It never
// judges, follows no redirect, and leaves no goroutine or connection behind. Unless a
// stream says so, it never repeats a request.
package load

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load/alarm"
	"github.com/trektribe/bench/internal/load/loop"
	"github.com/trektribe/bench/internal/traffic"
)

// A Stream is one kind of request at one schedule against one arm. What it sends
// and when is a function of Seed, Name and the fields below alone: two arms with
// the same Name and Seed get the same requests at the same instants.
type Stream struct {
	traffic.Stream
	Arm     string
	Start   time.Duration // of its window, on the run's clock
	For     time.Duration // length of its window
	Seed    uint64
	First   uint64   // number of its first place: a stream that pauses is one Stream for each window, numbered on
	Targets []Target // instances, in turn
	Engine  Engine   // zero: the loop, see Used

	Contract *contract.Contract // how the service speaks what the stream calls; nil: as the reference
}

// An Engine is what sends requests. Sockets are always opened by net/http.
type Engine string

const (
	Loop    Engine = "loop"     // one thread for all requests, on Linux; what it does not speak is up to workers
	Workers Engine = "workers"  // a goroutine for each request under way, over connections of our own; over TLS it is net/http
	NetHTTP Engine = "net/http" // vegeta's attacker and net/http, to compare with
)

// Engines are those to choose from.
var Engines = []Engine{Loop, Workers, NetHTTP}

// Used is the engine that is used here where e is asked for. Zero asks for the best.
func (e Engine) Used() Engine {
	if e != "" && e != Loop {
		return e
	}
	if l, err := loop.Open(); err == nil {
		l.Close()
		return Loop
	}
	return Workers
}

// places is how many places of the schedule may be played at once.
func (s Stream) places() int { return s.Workers / s.AtOnce() }

// A Target is one instance. URL is its root: http://127.0.0.1:8080.
// Jar has the cookies that go with every request, of clients that have none of their own; nil: none.
type Target struct {
	Instance, URL string
	Jar           http.CookieJar
}

// A Report says how well the generator kept its schedule. Planned is Sent, and
// Unsent, and what was canceled before it was sent.
type Report struct {
	Planned int // requests of the places that came due: the number recorded
	Sent    int // left for the service
	Unsent  int // the timeout passed before a worker was free
	Queued  int // came due while every worker was busy

	OwnLag  time.Duration // the worst Sent − Intended of requests that were not Queued: the generator's own fault
	Blocked int           // records that waited for sink; above 0, sink was too slow and held workers up
}

// Run plays streams to their end and gives every request to sink, from one
// goroutine at a time, about in the order in which they end. phase names the
// phase of an intended time; it is called from that same goroutine. What happens on
// sockets goes to event, which is called from many goroutines at a time; it may be nil
// where no stream has sockets.
//
// A request has until Intended + Timeout. One that no worker could take by
// then is Unsent, one that has no whole answer by then a Timeout; both are Done
// at that instant, so that no Response exceeds Timeout. The Instance of a
// request that never left is the one whose turn it was.
//
// A correct answer of GET /api/trips has the Key and Version of a trip that it
// lists, its witness: of the trips whose PUT the same Run saw acknowledged before
// the listing was sent, the one that is listed stale for longest, or the one
// changed last if none is stale. Without such a trip both are empty.
//
// When ctx ends, nothing more is scheduled, what is in flight is recorded as
// Canceled, and Run returns ctx's error. Any other error means that nothing was
// sent: it names every stream that cannot be played.
func Run(ctx context.Context, clock *history.Clock, streams []Stream, phase func(time.Duration) string, sink func(history.Request), event func(history.Event)) (Report, error) {
	if err := check(streams); err != nil {
		return Report{}, err
	}
	connections := openConnections(ctx, streams)
	defer connections.close()
	out := newOutbox(phase, sink)
	defer out.close()

	in := &shared{clock: clock, connections: connections, versions: newVersions(streams), changes: newChanges(streams), event: event}
	plays := make([]*play, len(streams))
	for i, s := range streams {
		wake, err := alarm.New(ctx)
		if err != nil {
			return Report{}, fmt.Errorf("stream %s: open a timer: %w", s.Name, err)
		}
		defer wake.Close()
		plays[i] = newPlay(s, wake, in, out)
	}
	var wg sync.WaitGroup
	var attacks []*loop.Attack
	for _, p := range plays {
		if c, ok := p.sender.(*caller); ok && connections.loops(p.stream) {
			attacks = append(attacks, p.attack(ctx, c))
			continue
		}
		wg.Go(func() { p.run(ctx) })
	}
	if len(attacks) > 0 {
		connections.loop.Run(ctx, attacks)
	}
	wg.Wait()
	for _, p := range plays {
		p.checks.Wait()
	}
	return out.close(), ctx.Err()
}

// run attacks until the schedule is played or ctx ends, and everything that was begun is over.
func (p *play) run(ctx context.Context) {
	attack := attackOwn
	if p.stream.Engine == NetHTTP {
		attack = attackVegeta
	}
	attack(pacer(func() (time.Duration, bool) { return 0, p.pace(ctx) }), p.stream.places(), func(n uint64) { p.hit(ctx, n) })
	p.sender.wait(ctx)
}
