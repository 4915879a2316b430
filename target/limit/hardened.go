package limit

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/trektribe/bench/target/cache"
)

// Hardened is the policy that keeps the document's promises.
//
//   - One script counts and decides in one step: requests at the same time, of one
//     instance or of many, are let through up to the limit and no further. The window
//     begins with its first admission and ends on time. A refusal is not counted.
//   - Each admission has an id, and counts once. So a request whose reply was lost is
//     simply asked again, and what an instance has let through by itself is told to Redis later.
//   - No request waits for Redis longer than Limits.Wait. Without it an instance decides by itself: it
//     lets a client have what it knows to be left of the window, and no more than its
//     share of the limit. Over a window that spans an outage, N instances with shares of
//     Limit/N let through at most Limit + Limit·(N-1)/N; one instance alone is exact.
//   - When Redis is back it is told of these admissions before it is asked again. One that
//     comes back empty is told of all admissions of the windows that are open.
//
// It remembers mostClients clients, those that were seen last.
type Hardened struct {
	line    *cache.Line
	hooks   Hooks
	rule    Rule
	limits  cache.Limits
	redis   cache.Scripts // nil: none configured
	clients *clients
	owing   chan struct{} // holds a token when Redis must be told of something
	stop    chan struct{}
	wg      sync.WaitGroup
}

// mostClients bounds memory: with a limit of 100 a client takes up to 1 KB.
const mostClients = 20_000

// NewHardened starts the policy. A nil r is no Redis: then an instance grants its share, always.
func NewHardened(rule Rule, r cache.Scripts, limits cache.Limits, hooks Hooks) *Hardened {
	h := &Hardened{hooks: hooks, rule: rule, limits: limits, redis: r,
		clients: newClients(mostClients), owing: make(chan struct{}, 1), stop: make(chan struct{})}
	var recovery cache.Recovery
	if r != nil {
		recovery = cache.Recovery{Connect: r.Connect, Probe: h.probe, Settle: h.carry}
	}
	h.line = cache.NewLine(limits, hooks.Log, "requests are counted by each instance", recovery)
	if r != nil {
		h.wg.Go(h.carryOn)
	}
	return h
}

var errEmptied = errors.New("redis does not hold what it was just told")

// Take decides in Redis, or without it by what this instance knows.
func (h *Hardened) Take(_ context.Context, name string) Decision {
	id, sent := rand.Int64(), false
	if h.redis != nil {
		h.clients.with(name, time.Now().UnixMilli(), func(c *client) { c.asking = append(c.asking, id) })
		for began := time.Now(); time.Since(began) < h.limits.Wait; {
			r, err := cache.Ask(h.line, h.limits.Wait-time.Since(began), func(ctx context.Context) (reply, error) {
				return h.tell(ctx, name, id)
			})
			if err == nil {
				return h.decision(r)
			}
			if errors.Is(err, cache.ErrDown) || errors.Is(err, cache.ErrBusy) {
				break
			}
			if sent {
				break // twice is enough
			}
			sent = true
		}
	}
	return h.alone(name, id, sent)
}

// tell asks Redis for an admission of this id, 0 for none, and tells it what it does not know of client.
func (h *Hardened) tell(ctx context.Context, client string, id int64) (reply, error) {
	word := ""
	if id != 0 {
		word = strconv.FormatInt(id, 10)
	}
	for all := false; ; all = true {
		k := h.knows(client, all)
		r, err := run(ctx, h.redis, h.rule, client, word, k)
		if err != nil {
			return r, err
		}
		if r.verdict == emptied {
			if all {
				return r, errEmptied
			}
			continue
		}
		h.learn(client, k, r, id)
		return r, nil
	}
}

func (h *Hardened) knows(name string, all bool) (k known) {
	h.clients.with(name, time.Now().UnixMilli(), func(c *client) { k = c.knows(all) })
	return k
}

func (h *Hardened) learn(name string, k known, r reply, id int64) {
	now, carried := time.Now().UnixMilli(), 0
	h.clients.with(name, now, func(c *client) { carried = c.learn(k, r, id, now) })
	if carried > 0 {
		h.hooks.Carried(carried)
	}
}

func (h *Hardened) decision(r reply) Decision {
	d := Decision{Allowed: r.verdict == allowed, Limit: h.rule.Limit, Remaining: max(0, h.rule.Limit-r.count), Reset: time.UnixMilli(r.ends), Tier: inRedis}
	if !d.Allowed {
		d.Remaining, d.Retry = 0, time.Until(d.Reset)
	}
	return d
}

// alone decides without Redis. Where it may have been sent, Redis may have counted it all the same.
func (h *Hardened) alone(name string, id int64, sent bool) Decision {
	d := Decision{Limit: h.rule.Limit, Tier: inMemory}
	now := time.Now()
	h.clients.with(name, now.UnixMilli(), func(c *client) {
		if c.ends == 0 {
			c.ends = now.Add(h.rule.Window).UnixMilli()
		}
		c.decided(id)
		maybe := len(c.owed) + len(c.asking) // Redis may count those that it is asked for
		left := min(h.rule.share()-len(c.held)-maybe, h.rule.Limit-c.count-maybe)
		d.Reset = time.UnixMilli(c.ends)
		switch {
		case slices.Contains(c.held, id): // Redis has let it in, and said so too late for its caller
			d.Allowed, d.Remaining = true, max(0, left)
		case left > 0:
			c.admit(id, now.UnixMilli())
			d.Allowed, d.Remaining = true, left-1
		case sent:
			c.void = append(c.void, id)
		}
	})
	if !d.Allowed {
		d.Retry = d.Reset.Sub(now)
	}
	if h.redis != nil && (d.Allowed || sent) {
		h.owe()
	}
	return d
}

// Close waits for commands under way. No call may begin after it.
func (h *Hardened) Close() error {
	close(h.stop)
	h.wg.Wait()
	h.line.Close()
	return nil
}

func (h *Hardened) probe(ctx context.Context) error {
	_, err := run(ctx, h.redis, h.rule, "probe", "", known{})
	return err
}
