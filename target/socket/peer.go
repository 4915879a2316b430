package socket

import (
	"context"
	"crypto/rand"
	"sync"
	"time"

	"github.com/coder/websocket"

	"github.com/trektribe/bench/target/session"
)

// A peer is one open socket.
type peer struct {
	hub     *Hub
	conn    *websocket.Conn
	user    string
	session session.Session
	since   time.Time
	ctx     context.Context
	end     func() // ends ctx, and with it the connection

	mu    sync.Mutex
	queue [][]byte
	more  chan struct{} // holds a token when there is something in the queue
}

// jsDate is how JavaScript writes a Date.
const jsDate = "2006-01-02T15:04:05.000Z"

func newPeer(h *Hub, conn *websocket.Conn, user, agent string) *peer {
	conn.SetReadLimit(readLimit)
	p := &peer{hub: h, conn: conn, user: user, since: time.Now(), more: make(chan struct{}, 1)}
	p.session = session.Session{SocketID: rand.Text(), ConnectedAt: p.since.UTC().Format(jsDate), UserAgent: agent, Instance: h.Instance}
	p.ctx, p.end = context.WithCancel(h.ctx)
	return p
}

// live returns when the socket has ended, and its session too.
func (p *peer) live() {
	var wg sync.WaitGroup
	defer wg.Wait()
	defer p.end()
	wg.Go(p.read)
	p.hub.add(p)
	p.hub.Attach()
	forget := p.hub.Sessions.Open(p.ctx, p.user, p.session)
	p.hub.Log.Debug("socket opened", "user", p.user, "socket", p.session.SocketID)
	if p.write(hello(p.session)) {
		wg.Go(p.ping)
		p.writeAll()
	}
	p.hub.remove(p)
	forget()
	p.hub.Log.Debug("socket closed", "user", p.user, "socket", p.session.SocketID)
}

// send queues a message. A peer that is too far behind loses its socket, rather than a message that it would not miss.
func (p *peer) send(message []byte) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == queued {
		p.hub.Log.Warn("a socket that reads too slowly is closed", "user", p.user, "socket", p.session.SocketID)
		p.end()
		return
	}
	p.queue = append(p.queue, message)
	select {
	case p.more <- struct{}{}:
	default:
	}
}

// writeAll writes what is queued, until the end.
func (p *peer) writeAll() {
	for {
		select {
		case <-p.ctx.Done():
			return
		case <-p.more:
		}
		for _, message := range p.take() {
			if !p.write(message) {
				return
			}
		}
	}
}

func (p *peer) take() [][]byte {
	p.mu.Lock()
	defer p.mu.Unlock()
	messages := p.queue
	p.queue = nil
	return messages
}

func (p *peer) write(message []byte) bool {
	ctx, cancel := context.WithTimeout(p.ctx, p.hub.Pings.Timeout)
	defer cancel()
	return p.conn.Write(ctx, websocket.MessageText, message) == nil
}

// read takes what comes, which answers pings and closes too, and finds the end. Its context is the
// socket's own: one that ends closes the connection.
func (p *peer) read() {
	defer p.end()
	for {
		if _, _, err := p.conn.Read(p.ctx); err != nil {
			p.conn.CloseNow()
			return
		}
	}
}

// ping ends a socket whose peer does not answer.
func (p *peer) ping() {
	timer := time.NewTimer(p.hub.Pings.Interval)
	defer timer.Stop()
	for {
		select {
		case <-p.ctx.Done():
			return
		case <-timer.C:
		}
		ctx, cancel := context.WithTimeout(p.ctx, p.hub.Pings.Timeout)
		err := p.conn.Ping(ctx)
		cancel()
		if err != nil {
			p.end()
			return
		}
		timer.Reset(p.hub.Pings.Interval)
	}
}
