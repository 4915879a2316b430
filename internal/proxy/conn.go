package proxy

import (
	"net"
	"sync"
	"sync/atomic"
	"time"
)

// A conn is what the two directions of a connection share.
type conn struct {
	id       uint64 // counts the proxy's connections, from 1
	client   *net.TCPConn
	upstream net.Conn             // nil: not dialled
	own      atomic.Bool          // a canary's
	used     atomic.Bool          // carried bytes that are not a canary's
	asked    atomic.Uint64        // chunks of requests that have come
	ended    [2]chan struct{}     // by direction: closed when its source has ended
	owed     owedReplies          // replies, in the order of their commands
	answers  chan struct{}        // something is owed that Redis does not answer
	met      atomic.Pointer[plan] // the last that it was counted for; see meets
	cut      atomic.Bool          // what is still owed is lost
	stray    sync.Once            // it could not be followed
	opened   time.Time
	lost     atomic.Bool // that it is not followed was told
	silent   atomic.Bool // no reply will be seen any more
	over     sync.Once
}

func newConn(p *Proxy, client *net.TCPConn) *conn {
	c := &conn{id: uint64(p.count.accepted.Add(1)), client: client, opened: time.Now(), answers: make(chan struct{}, 1)}
	for d := range c.ended {
		c.ended[d] = make(chan struct{})
	}
	return c
}

// An ending is what a client meets when its connection is closed.
type ending func(client *net.TCPConn)

// finish has the client read to the end of what was sent to it: a FIN. Closing
// alone would send a RST where something that came is still unread.
func finish(client *net.TCPConn) { client.CloseWrite() }

// reset has the client lose what is on its way, and meet a RST.
func reset(client *net.TCPConn) { client.SetLinger(0) }

// end closes both sides, and does nothing where that was done before. A client
// that has gone already meets nothing, so no error matters.
func (c *conn) end(how ending) {
	c.over.Do(func() {
		how(c.client)
		c.client.Close()
		if c.upstream != nil {
			c.upstream.Close()
		}
	})
}

// A clientEnd is where replies go. Closing it leaves a client whose reply is
// lost what was sent before, and lets it finish sending: were anything that it
// sends unread, the kernel would answer with a RST.
type clientEnd struct {
	*net.TCPConn
	conn *conn
}

func (e clientEnd) Close() error {
	if e.conn.cut.Load() {
		e.CloseWrite()
		select {
		case <-e.conn.ended[up]:
		case <-time.After(grace):
		}
	}
	return e.TCPConn.Close()
}
