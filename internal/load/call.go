package load

import (
	"bytes"
	"context"
	"net/http"
	"net/url"
	"strings"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/traffic"
)

// A caller is the sender of traffic.Calls: each turn is one HTTP request.
type caller struct {
	stream Stream
	clock  *history.Clock
	method method
	judge  *judge
	lines  []line // one for each target
}

// A line is the way to one target.
type line struct {
	transport http.RoundTripper
	request   *http.Request // but for its key, body and context
	versions  *entities     // nil: the path is not that of a versioned entity
}

func newCaller(s Stream, in *shared) sender {
	changes := in.changes[s.Arm]
	c := &caller{stream: s, clock: in.clock, method: methods[s.Method].of(s, changes), judge: newJudge(s, changes != nil)}
	for _, t := range s.Targets {
		header := http.Header{"User-Agent": {"bench"}, "Accept": {"application/json"}}
		if kind := methods[s.Method].contentType; kind != "" {
			header.Set("Content-Type", kind)
		}
		u, _ := url.Parse(strings.TrimRight(t.URL, "/") + s.Path) // checked
		c.lines = append(c.lines, line{
			transport: in.connections.to(s, t),
			request:   &http.Request{Method: s.Method, URL: u, Host: u.Host, Header: header},
			versions:  in.versions.of(s, t),
		})
	}
	return c
}

func checkCall(s Stream, complain func(string, ...any)) {
	m, known := methods[s.Method]
	if !known || m.path != "" && m.path != s.Route() {
		complain("%s %s has no body to send: use GET, or PUT %s", s.Method, s.Path, traffic.TripPath)
	}
	path, query, _ := strings.Cut(s.Path, "?")
	if !strings.HasPrefix(path, "/") {
		complain("path %q does not begin with a slash", s.Path)
	} else if _, err := url.Parse("http://host" + s.Path); err != nil {
		complain("path %q: %w", s.Path, err)
	}
	rest := strings.Replace(path, traffic.Hole(path), "", 1)
	if strings.ContainsAny(rest, "{}") || traffic.Hole(query) != "" {
		complain("path %q: the only place that can be filled is one %s before any query", s.Path, strings.Join(traffic.Holes, " or "))
	}
}

func (c *caller) send(ctx context.Context, t turn, record func(history.Request)) {
	r := c.stream.request(t)
	line := c.lines[t.seq%uint64(len(c.lines))]
	record(c.call(ctx, r, t.id, line))
}

// call fills in r from Sent on.
func (c *caller) call(ctx context.Context, r history.Request, id int, line line) history.Request {
	giveUp := r.Intended + c.stream.Timeout
	callCtx, cancel := context.WithDeadline(ctx, c.clock.Epoch().Add(giveUp))
	defer cancel()
	request := c.request(callCtx, r, line)
	known := line.versions.newest(id)

	now := c.clock.Now()
	switch {
	case now >= giveUp:
		r.Done, r.Failure = giveUp, history.Unsent
		return r
	case ctx.Err() != nil:
		r.Done, r.Failure = now, history.Canceled
		return r
	}
	r.Sent = now

	body := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(body)
	body.Reset()
	answer, err := roundTrip(line.transport, request, body)
	r.Done = c.clock.Now()
	r.Status, r.Bytes = answer.status, body.Len()
	switch {
	case r.Done >= giveUp:
		r.Done, r.Failure = giveUp, history.Timeout
		return r
	case err != nil:
		r.Failure = failureOf(ctx, err)
		return r
	}

	said := c.judge.judge(answer, body.Bytes(), r.Key)
	r.Failure, r.Source, r.Version = said.failure, said.source, said.version
	if r.Failure != "" {
		return r
	}
	line.versions.saw(id, r.Version)
	return c.method.learn(r, said, known)
}

// request is r's request on line.
func (c *caller) request(ctx context.Context, r history.Request, line line) *http.Request {
	request := line.request.WithContext(ctx)
	if r.Key != "" {
		u := *request.URL
		u.Path, u.RawPath = strings.Replace(u.Path, traffic.Hole(c.stream.Path), r.Key, 1), ""
		request.URL = &u
	}
	c.method.fill(request, r.Seq)
	return request
}
