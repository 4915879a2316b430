package redistest

import (
	"net"
	"sync"
	"testing"
)

// A Relay passes every byte on, or not. Safe for concurrent use, but for Listen and Refuse.
type Relay struct {
	t        testing.TB
	upstream string
	Addr     string
	mu       sync.Mutex
	listener net.Listener
	conns    map[net.Conn]bool
	hang     bool
	lose     int // replies to lose
	changed  *sync.Cond
	closed   bool
	wg       sync.WaitGroup
}

// Before opens a relay to upstream, and closes it with the test.
func Before(t testing.TB, upstream string) *Relay {
	r := &Relay{t: t, upstream: upstream, Addr: "127.0.0.1:0", conns: map[net.Conn]bool{}}
	r.changed = sync.NewCond(&r.mu)
	r.Listen()
	t.Cleanup(func() {
		r.mu.Lock()
		r.closed = true
		r.mu.Unlock()
		r.Resume()
		r.Refuse()
		r.wg.Wait()
	})
	return r
}

// Listen takes connections again.
func (r *Relay) Listen() {
	l, err := net.Listen("tcp", r.Addr)
	if err != nil {
		r.t.Fatal(err)
	}
	r.listener, r.Addr = l, l.Addr().String()
	r.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			r.wg.Go(func() { r.pass(c) })
		}
	})
}

// Refuse closes the listener and every connection.
func (r *Relay) Refuse() {
	r.listener.Close()
	r.mu.Lock()
	defer r.mu.Unlock()
	for c := range r.conns {
		c.Close()
	}
}

// Stall holds every byte back; connections can still be made.
func (r *Relay) Stall() { r.set(true) }

// Resume lets them go.
func (r *Relay) Resume() { r.set(false) }

// Lose ends the connections of the next n replies where these would begin: what asked for them is done.
func (r *Relay) Lose(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.lose = n
}

func (r *Relay) set(hang bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.hang = hang
	r.changed.Broadcast()
}

func (r *Relay) pass(client net.Conn) {
	server, err := net.Dial("tcp", r.upstream)
	if err != nil {
		client.Close()
		return
	}
	r.mu.Lock()
	r.conns[client], r.conns[server] = true, true
	r.mu.Unlock()
	var both sync.WaitGroup
	both.Go(func() { r.copy(server, client, false) })
	both.Go(func() { r.copy(client, server, true) })
	both.Wait()
	r.mu.Lock()
	delete(r.conns, client)
	delete(r.conns, server)
	r.mu.Unlock()
}

func (r *Relay) copy(to, from net.Conn, replies bool) {
	defer to.Close()
	defer from.Close()
	buf := make([]byte, 64<<10)
	for {
		n, err := from.Read(buf)
		r.mu.Lock()
		for r.hang && !r.closed {
			r.changed.Wait()
		}
		lost := replies && n > 0 && r.lose > 0
		if lost {
			r.lose--
		}
		r.mu.Unlock()
		if lost {
			return
		}
		if n > 0 {
			if _, err := to.Write(buf[:n]); err != nil {
				return
			}
		}
		if err != nil {
			return
		}
	}
}
