package load

import (
	"bytes"
	"cmp"
	"context"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load/loop"
	"github.com/trektribe/bench/internal/traffic"
)

// A caller is the sender of traffic.Calls: each turn is one HTTP request, or a burst of them.
type caller struct {
	stream   Stream
	name     string // of the stream that requests are recorded as
	clock    *history.Clock
	id       func(seq uint64) int   // drawn from the keys
	client   func(place uint64) int // drawn from the clients
	clients  *clients
	method   method
	spoken   contract.Spoken
	template template // what is sent instead of the method's body; nil: that
	judge    *contract.Judge
	keeper   keeper
	lines    []line                          // one for each target
	headers  map[string]template             // those that vary
	ids      uint64                          // seed of identifiers
	personal bool                            // requests differ in their headers
	look     func(contract.Response, []byte) // is shown each whole answer with its body; nil: nobody looks
}

// A line is the way to one target.
type line struct {
	way      way
	pool     *loop.Pool     // nil: the stream is not one of the loop
	request  message        // without its key, its body and what its client adds
	jar      http.CookieJar // of the target; nil: none
	versions *entities      // nil: the path is not that of a versioned entity
}

func newCaller(s Stream, in *shared) sender { return newCallerOf(s, in) }

func newCallerOf(s Stream, in *shared) *caller {
	changes := in.changes[s.Arm]
	spoken, _ := s.Contract.Speak(s.Call) // checked
	c := &caller{
		stream: s, name: s.Name, clock: in.clock, id: s.idOf(), client: s.clientOf(), clients: in.connections.clients(s),
		method: methods[s.Method](s, changes), spoken: spoken, judge: contract.NewJudge(spoken, s.Expect, changes != nil), keeper: newKeeper(s.Keep),
		headers: make(map[string]template), ids: s.seed(uuids),
	}
	if spoken.Mapped {
		c.template = traffic.Split(spoken.Body)
	}
	header := http.Header{"User-Agent": {"bench"}, "Accept": {"application/json"}}
	if s.Method != http.MethodGet || spoken.Method != http.MethodGet {
		header.Set("Content-Type", "application/json")
	}
	for name, value := range spoken.Headers {
		header.Set(name, value)
		if t := template(traffic.Split(value)); t.varies() {
			c.headers[name] = t
		}
	}
	c.personal = len(c.headers) > 0 || s.Clients != nil && (s.Clients.As == traffic.ByHeader || s.Clients.Cookies)
	for _, t := range s.Targets {
		c.personal = c.personal || t.Jar != nil
		u, _ := url.Parse(strings.TrimRight(t.URL, "/") + spoken.Path) // checked
		c.lines = append(c.lines, line{
			way:      in.connections.to(s, t),
			pool:     in.connections.pooled(s, t),
			request:  message{method: spoken.Method, url: u, header: header},
			versions: in.versions.of(s, t),
			jar:      t.Jar,
		})
	}
	return c
}

// An ask is one request before it is sent: the start of its record, and where it goes.
type ask struct {
	record history.Request
	number uint64 // fills {seq} and {uuid}, and draws the id
	id     int    // 0: it has none
	target int
	client *client
	pass   *pass // nil: it is no part of a burst
}

// ask is a request of a turn, by its number, to a target.
func (c *caller) ask(t turn, number uint64, target int) ask {
	s := c.stream
	a := ask{number: number, id: c.id(number), target: target, client: c.clients.of(c.client(t.place))}
	a.record = history.Request{
		Arm: s.Arm, Stream: c.name, Instance: s.Targets[target].Instance,
		Seq: number, Method: s.Method, Key: s.Keys.Key(a.id), Intended: t.intended, Queued: t.queued, Client: a.client.Name(),
	}
	return a
}

func (c *caller) send(ctx context.Context, t turn, record func(history.Request)) {
	if c.stream.AtOnce() > 1 {
		c.burst(ctx, t, record)
		return
	}
	c.play(ctx, c.ask(t, c.stream.seq(t.place, 0), c.stream.target(t.place, 0)), record)
}

// wait has nothing to wait for: a turn is over when send returns.
func (c *caller) wait(context.Context) {}

// play makes a request and records it, and again as often as the stream says while no answer
// comes: the same request, to the next instance. The last one is returned.
func (c *caller) play(ctx context.Context, a ask, record func(history.Request)) history.Request {
	seq := a.record.Seq
	for n := 1; ; n++ {
		r := c.call(ctx, a)
		record(r)
		if a.pass != nil {
			a.pass.arrive()
		}
		if n > c.stream.Retry || !unanswered(r) {
			return r
		}
		a.target, a.pass = (a.target+1)%len(c.lines), nil
		a.record.Instance = c.stream.Targets[a.target].Instance
		a.record.Seq, a.record.Intended, a.record.Queued = repeated(seq, n), c.clock.Now(), false
	}
}

// call makes a request and completes its record.
func (c *caller) call(ctx context.Context, a ask) history.Request {
	u, over := c.begin(ctx, a)
	if over {
		return u.record
	}
	body := buffers.Get().(*bytes.Buffer)
	defer buffers.Put(body)
	body.Reset()
	answer, err := a.client.over(a.target, c.lines[a.target].way).exchange(ctx, u.message, body)
	return c.finish(ctx, u, c.clock.Now(), answer, body.Bytes(), err)
}

// An underway is a request that is being made.
type underway struct {
	ask
	message message
	giveUp  time.Duration
	known   int64 // the newest version that its instance had answered with before it was sent
}

// begin says what is to be sent now; over: nothing is, and the record is complete.
func (c *caller) begin(ctx context.Context, a ask) (u underway, over bool) {
	u = underway{ask: a, giveUp: a.record.Intended + c.stream.Timeout}
	var text []byte
	u.message, text = c.request(a)
	u.message.until = c.clock.Epoch().Add(u.giveUp)
	if a.pass != nil {
		u.message.ready = a.pass.wait
	}
	r := &u.record
	r.Ref = c.spoken.RefOf(text)
	u.known = c.lines[a.target].versions.newest(a.id)

	now := c.clock.Now()
	if a.pass != nil {
		now = a.pass.gate.began
	}
	switch {
	case now >= u.giveUp:
		r.Done, r.Failure = u.giveUp, history.Unsent
		return u, true
	case ctx.Err() != nil:
		r.Done, r.Failure = now, history.Canceled
		return u, true
	}
	r.Sent = now
	return u, false
}

// finish completes the record of a request that was answered at done, or failed.
func (c *caller) finish(ctx context.Context, u underway, done time.Duration, answer contract.Response, body []byte, err error) history.Request {
	r, line := u.record, &c.lines[u.target]
	r.Done, r.Status, r.Bytes, r.Headers = done, answer.Status, len(body), c.keeper.text(answer.Header)
	keepCookies(u.client.jarOr(line.jar), u.message.url, answer.Header)
	switch {
	case r.Done >= u.giveUp:
		r.Done, r.Failure = u.giveUp, history.Timeout
		return r
	case err != nil:
		r.Failure = failureOf(ctx, err)
		return r
	}

	if c.look != nil {
		c.look(answer, body)
	}
	said := c.judge.Judge(answer, body, r.Key)
	r.Failure, r.Source, r.Version, r.Answer = said.Failure, said.Source, said.Version, said.Kept
	if said.Refused {
		r.Status = http.StatusTooManyRequests
	}
	if r.Failure != "" || said.Refused {
		return r
	}
	line.versions.saw(u.id, r.Version)
	return c.method.learn(r, said, u.known)
}

// request is what is sent for a. text is the body that the scenario has for it.
func (c *caller) request(a ask) (request message, text []byte) {
	request = c.lines[a.target].request
	request.url = filled(request.url, a.record.Key)
	b := blanks{key: a.record.Key, client: a.record.Client, seq: a.number, ids: c.ids}
	text = c.method.body(b)
	switch {
	case c.template != nil:
		b.client = cmp.Or(b.client, "bench")
		request.body = c.template.fill(b)
	case c.spoken.Mapped && !contract.TakesBody(c.spoken.Method):
	default:
		request.body = text
	}
	if c.personal {
		request.header = request.header.Clone()
		for name, value := range c.headers {
			request.header.Set(name, string(value.fill(b)))
		}
		if who := c.stream.Clients; who != nil && who.As == traffic.ByHeader {
			request.header.Set(who.Header, a.client.name)
		}
		dress(a.client.jarOr(c.lines[a.target].jar), request)
	}
	return request, text
}

// filled is a URL with the key in its place, if it has one.
func filled(u *url.URL, key string) *url.URL {
	if traffic.Hole(u.Path) == "" && traffic.Hole(u.RawQuery) == "" {
		return u
	}
	out := *u
	if hole := traffic.Hole(u.Path); hole != "" {
		out.Path = strings.Replace(u.Path, hole, key, 1)
		if out.RawPath = ""; strings.Contains(key, "/") {
			out.RawPath = strings.Replace(u.EscapedPath(), url.PathEscape(hole), url.PathEscape(key), 1)
		}
	}
	if hole := traffic.Hole(u.RawQuery); hole != "" {
		out.RawQuery = strings.Replace(u.RawQuery, hole, url.QueryEscape(key), 1)
	}
	return &out
}
