// Package loop sends requests of HTTP/1.1, and takes their answers, all in one thread: it
// waits for the next instant of a schedule and for the next bytes of a service at once.
//
// In go attacks: a pacer of vegeta's type, and what its hits send. Out comes each answer, or why
// there is none. No goroutine is woken for a request: beside a service on two processors the
// switches between them cost more than the request does, and come between the wire and the time
// that is recorded of it. It never makes a request twice, never judges an answer, and knows Linux
// alone (epoll). What it does not speak (TLS, HTTP/2, proxies) is left to others.
package loop

import (
	"time"

	"github.com/trektribe/bench/internal/load/h1"
	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// An Attack is hits at the times of a pacer. All of it is called by the loop, in one goroutine:
// whatever waits there holds up every other request.
type Attack struct {
	Pace vegeta.Pacer // asked while fewer than Most hits are under way: how long until the next one
	Most int
	Hit  func(n uint64) *Exchange // begins hit n, from 0; nil: it is over already

	hits  uint64
	busy  int // hits under way
	ended bool
}

// An Exchange is a request and its answer.
type Exchange struct {
	Pool    *Pool
	Request h1.Request                // with a deadline
	Done    func(a Answer, err error) // called once, and not by Hit

	attack *Attack
}

// A Pool is the connections to one address. It belongs to one loop.
type Pool struct {
	address string
	most    int
	idleFor time.Duration
	dial    h1.Dial
	idle    []*conn // the one used last is at the end
}

// NewPool makes a pool of connections to address, host:port. At most most of them are kept
// while nobody uses them, each for idleFor. dial is called in goroutines of its own, with the
// context of Run and the deadline of a request.
func NewPool(address string, most int, idleFor time.Duration, dial h1.Dial) *Pool {
	return &Pool{address: address, most: most, idleFor: idleFor, dial: dial}
}
