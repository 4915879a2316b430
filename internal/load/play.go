package load

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"sync"

	"github.com/trektribe/bench/internal/history"
)

// maxBody is as much of an answer as is read; a longer one has not the contract's shape.
const maxBody = 4 << 20

// A play is one stream being played: what its pacer and its workers share.
type play struct {
	stream  Stream
	clock   *history.Clock
	alarm   *alarm
	desk    *desk
	draw    func(seq uint64) int
	titles  uint64 // seed
	lines   []line // one for each target
	judge   *judge
	changes *changes // of the arm; nil: nothing changes in it
	out     *outbox
}

// A line is the way to one target.
type line struct {
	wire     http.RoundTripper
	request  *http.Request // but for its key, body and context
	versions *entities     // nil: the path is not that of a versioned entity
}

func newPlay(s Stream, clock *history.Clock, alarm *alarm, wires *wires, seen versions, changes *changes, out *outbox) *play {
	p := &play{
		stream: s, clock: clock, alarm: alarm, desk: newDesk(s), draw: newDraw(s),
		titles: s.seed(titles), judge: newJudge(s, changes != nil), changes: changes, out: out,
	}
	for _, t := range s.Targets {
		header := http.Header{"User-Agent": {"bench"}, "Accept": {"application/json"}}
		if s.Method == http.MethodPut {
			header.Set("Content-Type", "application/json")
		}
		u, _ := url.Parse(strings.TrimRight(t.URL, "/") + s.Path) // checked
		p.lines = append(p.lines, line{
			wire:     wires.to(s, t),
			request:  &http.Request{Method: s.Method, URL: u, Host: u.Host, Header: header},
			versions: seen.of(s, t),
		})
	}
	return p
}

// pace waits for the next hit's time and offers it; true: there is none, or ctx has ended.
func (p *play) pace(ctx context.Context) (stop bool) {
	at, ok := p.desk.next()
	if !ok {
		return true
	}
	for {
		now := p.clock.Now()
		if !p.alarm.wait(ctx, at-now) {
			return true
		}
		if now >= at {
			p.desk.offer(now)
			return false
		}
	}
}

// hit makes the call of hit n of this window and records what became of it.
func (p *play) hit(ctx context.Context, n uint64) {
	defer func() { p.desk.release(p.clock.Now()) }()
	place, seq := p.desk.take(n), p.stream.First+n
	id := p.draw(seq)
	r := history.Request{
		Arm: p.stream.Arm, Stream: p.stream.Name, Instance: p.stream.target(seq).Instance,
		Seq: seq, Method: p.stream.Method, Key: key(id), Intended: place.intended, Queued: place.queued,
	}
	p.call(ctx, &r, id)
	p.out.put(r)
}

// call fills in r from Sent on.
func (p *play) call(ctx context.Context, r *history.Request, id int) {
	giveUp := r.Intended + p.stream.Patience
	line := p.lines[r.Seq%uint64(len(p.lines))]
	callCtx, cancel := context.WithDeadline(ctx, p.clock.Epoch().Add(giveUp))
	defer cancel()
	request := p.request(callCtx, line, r)
	known := line.versions.newest(id)

	now := p.clock.Now()
	switch {
	case now >= giveUp:
		r.Done, r.Failure = giveUp, history.Unsent
		return
	case ctx.Err() != nil:
		r.Done, r.Failure = now, history.Canceled
		return
	}
	r.Sent = now

	body := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(body)
	body.Reset()
	answer, err := roundTrip(line.wire, request, body)
	r.Done = p.clock.Now()
	r.Status, r.Bytes = answer.status, body.Len()
	switch {
	case r.Done >= giveUp:
		r.Done, r.Failure = giveUp, history.Timeout
		return
	case err != nil:
		r.Failure = failureOf(ctx, err)
		return
	}

	said := p.judge.judge(answer, body.Bytes(), r.Key)
	r.Failure, r.Source, r.Version = said.failure, said.source, said.version
	if r.Failure != "" {
		return
	}
	// A user's version need not be said: none is not an older one.
	if r.Method == http.MethodGet && r.Version != 0 && r.Version < known {
		r.Failure = history.Backward
	}
	line.versions.saw(id, r.Version)
	if r.Method == http.MethodPut {
		p.changes.acknowledge(r.Key, change{r.Done, r.Version})
	}
	if said.listed != nil {
		w := p.changes.witness(said.listed, r.Sent)
		r.Key, r.Version = w.key, w.version
	}
}

// request is r's request on line.
func (p *play) request(ctx context.Context, line line, r *history.Request) *http.Request {
	request := line.request.WithContext(ctx)
	if r.Key != "" {
		u := *request.URL
		u.Path, u.RawPath = strings.Replace(u.Path, hole(p.stream.Path), r.Key, 1), ""
		request.URL = &u
	}
	if r.Method != http.MethodPut {
		request.Body = noRepeat{}
		return request
	}
	text := fmt.Appendf(nil, `{"title":"Trek %08x"}`, uint32(mix(p.titles^mix(r.Seq))))
	request.Body, request.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
	return request
}

// noRepeat is an empty body. With none at all, net/http repeats a GET in silence
// when a connection that it used before breaks, which hides the failure; a body
// that it cannot rewind keeps it from that. Nothing of it is sent.
type noRepeat struct{}

func (noRepeat) Read([]byte) (int, error) { return 0, io.EOF }
func (noRepeat) Close() error             { return nil }

var buffers = sync.Pool{New: func() any { return new(bytes.Buffer) }}

// roundTrip sends request and reads the whole answer into body.
func roundTrip(wire http.RoundTripper, request *http.Request, body *bytes.Buffer) (answer, error) {
	response, err := wire.RoundTrip(request)
	if err != nil {
		return answer{}, err
	}
	defer response.Body.Close()
	a := answer{
		status: response.StatusCode,
		source: response.Header.Get("X-Source"),
		json:   isJSON(response.Header.Get("Content-Type")),
	}
	if n := response.ContentLength; n > 0 && n <= maxBody {
		body.Grow(int(n) + bytes.MinRead)
	}
	_, err = body.ReadFrom(io.LimitReader(response.Body, maxBody+1))
	a.tooLong = body.Len() > maxBody
	return a, err
}
