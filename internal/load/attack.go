package load

import (
	"net/http"
	"strconv"
	"sync"
	"time"

	vegeta "github.com/tsenart/vegeta/v12/lib"
)

// A pacer is a vegeta.Pacer. Those of crews and of vegeta's attacker do their waiting themselves,
// inside Pace: a sleep is half a millisecond late and cannot be interrupted.
type pacer func() (wait time.Duration, stop bool)

func (p pacer) Pace(time.Duration, uint64) (time.Duration, bool) { return p() }

// Rate is asked for by vegeta's interface and never called in an attack.
func (p pacer) Rate(time.Duration) float64 { return 0 }

// attackVegeta has vegeta's attacker make the hits, and returns when the pacer has stopped
// and every hit is over. Its own times and quantiles are not used: they start when a request
// leaves, without the wait for a free worker.
func attackVegeta(pace vegeta.Pacer, most int, hit func(n uint64)) {
	const firstWorkers = 10 // it starts more when these are busy
	attacker := vegeta.NewAttacker(
		vegeta.Workers(uint64(min(firstWorkers, most))),
		vegeta.MaxWorkers(uint64(most)),
		vegeta.Client(&http.Client{Transport: tripper(func(r *http.Request) {
			// The header is vegeta's own; a seq that is not a number would be its bug.
			seq, _ := strconv.ParseUint(r.Header.Get("X-Vegeta-Seq"), 10, 64)
			hit(seq)
		})}),
	)
	target := vegeta.NewStaticTargeter(vegeta.Target{Method: http.MethodGet, URL: "http://stream/"})
	// Its results are not used, but its workers wait until they are read.
	for range attacker.Attack(target, pace, 0, "") {
	}
}

// A tripper makes the whole call, body included, and tells vegeta that it succeeded:
// the record says what really happened.
type tripper func(*http.Request)

var answered = &http.Response{Status: "200 OK", StatusCode: http.StatusOK, Body: http.NoBody}

func (t tripper) RoundTrip(r *http.Request) (*http.Response, error) {
	t(r)
	return answered, nil
}

// A crew attacks by the hits of a pacer. One of its workers leads: it waits for the next hit,
// has another one lead, and makes the hit itself. So a hit is sent by the goroutine that its
// time has woken, and nothing is handed from one to another on the way.
//
// Vegeta's own attacker has a goroutine that waits, one that sends and one that takes the
// result. On two processors their switches cost as much as a request.
type crew struct {
	pace vegeta.Pacer
	hit  func(n uint64)
	most int // workers

	mu      sync.Mutex
	workers int
	leads   bool            // somebody does
	over    bool            // no hit follows
	hits    uint64          // begun
	idle    []chan struct{} // workers that wait to lead; the one that worked last is at the end
	left    sync.WaitGroup
}

// attackOwn returns when the pacer has stopped and every hit is over.
func attackOwn(pace vegeta.Pacer, most int, hit func(n uint64)) {
	c := &crew{pace: pace, hit: hit, most: most, workers: 1, leads: true}
	c.left.Go(c.work)
	c.left.Wait()
}

// work is the life of a worker, which begins as the leader.
func (c *crew) work() {
	turn := make(chan struct{}, 1)
	for {
		_, stop := c.pace.Pace(0, c.hits) // waits itself, see pacer
		n := c.hits
		if c.follow(stop); stop {
			return
		}
		c.hit(n)
		if !c.lead(turn) {
			return
		}
	}
}

// follow ends the lead of a worker: another one leads, if there is one, and everybody goes home if no hit follows.
func (c *crew) follow(stop bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if stop {
		c.over = true
		for _, turn := range c.idle {
			turn <- struct{}{}
		}
		c.idle = nil
		return
	}
	c.hits++
	switch last := len(c.idle) - 1; {
	case last >= 0:
		c.idle[last] <- struct{}{}
		c.idle = c.idle[:last]
	case c.workers < c.most:
		c.workers++
		c.left.Go(c.work)
	default:
		c.leads = false
	}
}

// lead returns when the worker leads; false: no hit follows.
func (c *crew) lead(turn chan struct{}) bool {
	c.mu.Lock()
	if c.over || !c.leads {
		c.leads = true
		defer c.mu.Unlock()
		return !c.over
	}
	c.idle = append(c.idle, turn)
	c.mu.Unlock()
	<-turn
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.over
}
