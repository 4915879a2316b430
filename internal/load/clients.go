package load

import (
	"net"
	"net/http"
	"net/http/cookiejar"
	"sync"

	"github.com/trektribe/bench/internal/traffic"
)

// A client sends requests of its own. The nil client stands for a stream without clients.
type client struct {
	name string
	ways []way          // to each target; nil: it uses the connections of the instance
	jar  http.CookieJar // nil: without cookies
}

// clients are the clients of one stream of one arm, in all its windows. Each is made for
// its first request, and lasts as long as the Run. Safe for concurrent use.
type clients struct {
	traffic.Clients
	open func(local net.Addr) []way

	mu    sync.Mutex
	known map[int]*client
}

func newClients(s Stream, open func(local net.Addr) []way) *clients {
	return &clients{Clients: *s.Clients, open: open, known: make(map[int]*client)}
}

// clientOf draws the number of the client of a place, 1..N; 0: the stream has no clients.
func (s Stream) clientOf() func(place uint64) int {
	c := s.Clients
	switch {
	case c == nil:
		return func(uint64) int { return 0 }
	case c.Draw == traffic.InTurn:
		return func(place uint64) int { return 1 + int(place%uint64(c.N)) }
	}
	return newDraw(c.Draw, c.N, c.S, s.seed(who))
}

// of is client n, from 1; 0 is the nil client.
func (c *clients) of(n int) *client {
	if n == 0 {
		return nil
	}
	k := n - 1
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.known[k] == nil {
		c.known[k] = c.make(k)
	}
	return c.known[k]
}

func (c *clients) make(k int) *client {
	made := &client{name: c.Name(k)}
	if c.As == traffic.ByAddress {
		made.ways = c.open(&net.TCPAddr{IP: net.ParseIP(made.name)})
	}
	if c.Cookies {
		made.jar, _ = cookiejar.New(nil) // without options: no error
	}
	return made
}

// Name is the client's name; empty: the nil client.
func (c *client) Name() string {
	if c == nil {
		return ""
	}
	return c.name
}

// over is the client's way to a target; common is that of everybody.
func (c *client) over(target int, common way) way {
	if c == nil || c.ways == nil {
		return common
	}
	return c.ways[target]
}

// jarOr is where the client's cookies are; the instance's, of one that has none.
func (c *client) jarOr(ofInstance http.CookieJar) http.CookieJar {
	if c == nil || c.jar == nil {
		return ofInstance
	}
	return c.jar
}
