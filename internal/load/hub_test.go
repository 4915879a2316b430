package load_test

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/traffic"
)

// A hub is a small service with sockets: it tells each its session, and what is sent to all.
type hub struct {
	url   string
	greet func(context.Context, *websocket.Conn, string) // in place of the session

	mu    sync.Mutex
	conns map[string]*websocket.Conn // by socketId
	users map[string]int             // sockets opened
	ended map[string]string          // by socketId: "1000", or the error
	gone  sync.WaitGroup
}

func newHub(t testing.TB) *hub {
	h := &hub{conns: map[string]*websocket.Conn{}, users: map[string]int{}, ended: map[string]string{}}
	h.url = serve(t, h.serve)
	return h
}

func (h *hub) serve(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	h.mu.Lock()
	n := len(h.ended) + len(h.conns)
	id := fmt.Sprintf("%s-%d", h.url[len(h.url)-5:], n)
	h.conns[id] = conn
	h.users[r.URL.Query().Get("user")]++
	h.mu.Unlock()
	h.gone.Go(func() {
		ctx := context.Background()
		if h.greet != nil {
			h.greet(ctx, conn, id)
		} else {
			conn.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"type":"session","socketId":%q}`, id))
		}
		_, _, err := conn.Read(ctx)
		conn.CloseNow()
		how := fmt.Sprint(err)
		if status := websocket.CloseStatus(err); status != -1 {
			how = fmt.Sprint(int(status))
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		delete(h.conns, id)
		h.ended[id] = how
	})
}

// open is how many sockets are open.
func (h *hub) open() int {
	h.mu.Lock()
	defer h.mu.Unlock()
	return len(h.conns)
}

// all are the open sockets.
func (h *hub) all() (out []*websocket.Conn) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for _, c := range h.conns {
		out = append(out, c)
	}
	return out
}

// send sends a notification to every open socket.
func (h *hub) send(t testing.TB, id string) {
	for _, c := range h.all() {
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		c.Write(ctx, websocket.MessageText, fmt.Appendf(nil, `{"type":"notification","id":%q,"userId":"1","text":"hi"}`, id))
		cancel()
	}
}

// crowd is a stream of n sockets to hubs, which stay for a time.
func crowd(n int, stay time.Duration, hubs ...*hub) load.Stream {
	s := stream("", 1, time.Millisecond)
	s.Name, s.Type, s.Path, s.From, s.To, s.For = "sockets", traffic.Sockets, "/ws?user={id}", 1e6, 1e6, stay
	s.Keys.N, s.Workers, s.Socket, s.Targets = 5, 16, &traffic.Socket{Count: n}, nil
	for i, h := range hubs {
		s.Targets = append(s.Targets, load.Target{Instance: fmt.Sprint(i + 1), URL: h.url})
	}
	return s
}

// A record is what a Run with sockets records. Safe for concurrent use.
type record struct {
	mu       sync.Mutex
	requests []history.Request
	events   []history.Event
}

func (r *record) request(q history.Request) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.requests = append(r.requests, q)
}

func (r *record) event(e history.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

// of lists the events of a name, by socket.
func (r *record) of(name string) map[string][]history.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string][]history.Event{}
	for _, e := range r.events {
		if e.Kind == history.Socket && e.Name == name {
			out[e.Client] = append(out[e.Client], e)
		}
	}
	return out
}

// opened counts the requests that were recorded.
func (r *record) opened() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.requests)
}

// play plays streams in the background; the function waits for their end.
func play(ctx context.Context, t *testing.T, clock *history.Clock, streams ...load.Stream) (*record, func() error) {
	t.Helper()
	rec := &record{}
	done := make(chan error, 1)
	go func() {
		_, err := load.Run(ctx, clock, streams, noPhase, rec.request, rec.event)
		done <- err
	}()
	return rec, func() error { return <-done }
}
