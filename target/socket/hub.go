// Package socket has the service's WebSockets: it tells each that it is connected, delivers to
// those of a user, and notices when one is gone.
//
// In go requests to upgrade, and messages; out go messages, in the order in which they came. Where
// sessions are kept and messages come from it does not know.
package socket

import (
	"context"
	"encoding/json"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/trektribe/bench/target/session"
)

// Pings are how a peer is found dead that said no goodbye: within Interval and Timeout together.
type Pings struct {
	Interval time.Duration // from one answer to the next ping
	Timeout  time.Duration // how long an answer, or the taking of a message, may take
}

const (
	// queued is how many messages a peer may be behind: more than come at once after an outage.
	queued = 20_000
	// readLimit bounds a message of a peer, of which none is used.
	readLimit = 4 << 10
	// farewell is how long peers have to answer a goodbye.
	farewell = time.Second
	// skew is how much the clocks of two instances may differ.
	skew = 100 * time.Millisecond
)

// Options are what a Hub works with.
type Options struct {
	Instance string
	Pings    Pings
	Sessions session.Sessions
	Attach   func() // returns once messages come; called before each socket is told that it is connected
	Log      *slog.Logger
	Open     func(change int) // called when the number of open sockets changes
}

// A Hub is all sockets of an instance. Safe for concurrent use.
type Hub struct {
	Options
	ctx  context.Context // of the sockets
	cut  func()          // ends them
	wg   sync.WaitGroup
	mu   sync.Mutex
	of   map[string]map[*peer]bool
	shut bool
}

// New has no sockets yet.
func New(o Options) *Hub {
	h := &Hub{Options: o, of: map[string]map[*peer]bool{}}
	h.ctx, h.cut = context.WithCancel(context.Background())
	return h
}

// Serve upgrades a request and keeps the socket, after it has returned too. It reports
// false where it does not because the service shuts down; then it has answered nothing.
func (h *Hub) Serve(w http.ResponseWriter, r *http.Request, user string) bool {
	h.mu.Lock()
	if h.shut {
		h.mu.Unlock()
		return false
	}
	h.wg.Add(1)
	h.mu.Unlock()
	conn, err := websocket.Accept(w, r, nil)
	if err != nil { // it has answered
		h.Log.Debug("no websocket", "error", err)
		h.wg.Done()
		return true
	}
	p := newPeer(h, conn, user, r.UserAgent())
	go func() {
		defer h.wg.Done()
		p.live()
	}()
	return true
}

// Deliver sends a message to the sockets of user that were open at a time, zero being any, and returns to how many.
func (h *Hub) Deliver(user string, message []byte, at time.Time) (n int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for p := range h.of[user] {
		if at.IsZero() || !p.since.After(at.Add(skew)) {
			p.send(message)
			n++
		}
	}
	return n
}

// Close says goodbye to all sockets, and cuts off those that do not answer. It returns when none is left.
func (h *Hub) Close() {
	h.mu.Lock()
	h.shut = true
	var all []*peer
	for _, peers := range h.of {
		for p := range peers {
			all = append(all, p)
		}
	}
	h.mu.Unlock()
	timer := time.AfterFunc(farewell, h.cut)
	defer timer.Stop()
	for _, p := range all {
		h.wg.Go(func() { p.conn.Close(websocket.StatusGoingAway, "the service shuts down") })
	}
	h.wg.Wait()
	h.cut()
}

func (h *Hub) add(p *peer) {
	h.mu.Lock()
	if h.of[p.user] == nil {
		h.of[p.user] = map[*peer]bool{}
	}
	h.of[p.user][p] = true
	if h.shut { // since it was accepted
		h.wg.Go(func() { p.conn.Close(websocket.StatusGoingAway, "the service shuts down") })
	}
	h.mu.Unlock()
	h.Open(+1)
}

func (h *Hub) remove(p *peer) {
	h.mu.Lock()
	if delete(h.of[p.user], p); len(h.of[p.user]) == 0 {
		delete(h.of, p.user)
	}
	h.mu.Unlock()
	h.Open(-1)
}

// hello is the first message to a socket: its session is stored, and what is sent to its user arrives from now on.
func hello(s session.Session) []byte {
	text, err := json.Marshal(struct {
		Type string `json:"type"`
		session.Session
	}{"session", s})
	if err != nil {
		return []byte(`{"type":"session"}`)
	}
	return text
}
