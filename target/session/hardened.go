package session

import (
	"context"
	"crypto/rand"
	"slices"
	"sync"
	"time"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/turns"
)

// Hardened is the policy that keeps the document's promises.
//
//   - Each instance knows its own sockets, and tells Redis the list of a user's sessions here,
//     never that there is one more or one less: what is lost, repeated or late does no harm.
//   - What an instance has told lives as long as its lease, which it renews three times in
//     that time. So the sessions of an instance that dies are gone when its lease ends.
//   - With each renewal it learns whether Redis still has what it was told, and else tells all of it anew.
//   - Without Redis an instance shows its own sessions. When Redis is back it is told what it has
//     missed before it is asked again.
//   - Who asks for sessions waits for Redis no longer than Limits.Wait. Who opens one waits up to Limits.Command: that
//     it is told so means that every instance shows it, also when a thousand come at once.
//
// A Redis that is emptied shows the sessions of other instances again when these have renewed
// their leases: after a third of one, at most.
type Hardened struct {
	line     *cache.Line
	limits   cache.Limits
	hooks    Hooks
	redis    cache.Scripts // nil: none configured
	name     string        // of this instance's life, which no other has
	lease    time.Duration
	announce *turns.Turns
	stop     chan struct{}
	wg       sync.WaitGroup

	telling sync.Mutex // held while Redis is told
	number  int64      // of the last announcement
	taken   int64      // the last that Redis has confirmed

	mu    sync.Mutex
	users map[string][]Session // of this instance
	dirty map[string]bool      // whose lists Redis may not have
	used  bool
}

// NewHardened starts the policy. It asks nothing of r before it is used. A nil r is no Redis: then an instance knows
// its own sessions.
func NewHardened(r cache.Scripts, lease time.Duration, limits cache.Limits, hooks Hooks) *Hardened {
	h := &Hardened{limits: limits, hooks: hooks, redis: r, name: rand.Text(), lease: lease,
		stop: make(chan struct{}), users: map[string][]Session{}, dirty: map[string]bool{}}
	var recovery cache.Recovery
	if r != nil {
		recovery = cache.Recovery{Connect: r.Connect, Settle: h.tell, Probe: func(ctx context.Context) error {
			_, err := runFind(ctx, r, "", h.name)
			return err
		}}
	}
	h.line = cache.NewLine(limits, hooks.Log, "each instance shows its own sessions", recovery)
	h.announce = turns.New(h.tellOnce, limits.Probe)
	if r != nil {
		h.wg.Go(h.beat)
	}
	return h
}

// Open has told Redis of the session when it returns, or has it noted that Redis must be told.
func (h *Hardened) Open(_ context.Context, user string, s Session) (end func()) {
	h.change(user, func(list []Session) []Session { return append(list, s) })
	if h.redis != nil {
		h.announce.Do(h.limits.Command)
	}
	return func() {
		h.change(user, func(list []Session) []Session {
			return slices.DeleteFunc(list, func(o Session) bool { return o.SocketID == s.SocketID })
		})
		if h.redis != nil {
			h.announce.Ask()
		}
	}
}

// Of asks Redis for the sessions of other instances.
func (h *Hardened) Of(_ context.Context, user string) ([]Session, cache.Source) {
	source := cache.FromMemory
	var others []Session
	if h.redis != nil {
		found, err := cache.Ask(h.line, h.limits.Wait, func(ctx context.Context) ([]Session, error) {
			return runFind(ctx, h.redis, user, h.name)
		})
		if err == nil {
			others, source = found, cache.FromRedis
		}
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	return sorted(append(slices.Clone(h.users[user]), others...)), source
}

// Close ends the lease, and waits for what is under way. No call may begin after it, of what Open has returned either.
func (h *Hardened) Close() error {
	close(h.stop)
	h.wg.Wait()
	h.announce.Close()
	if h.isUsed() && h.line.Up() {
		_, err := cache.Ask(h.line, h.limits.Command, func(ctx context.Context) (any, error) {
			return leave.Run(ctx, h.redis, []string{instancesKey, hashPrefix + h.name}, h.name)
		})
		if err != nil {
			h.hooks.Log.Warn("redis was not told that the sessions here have ended: it knows when their lease ends", "error", err)
		}
	}
	h.line.Close()
	return nil
}

func (h *Hardened) isUsed() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.used
}

// change changes the list of a user. Lists are never changed in place: who reads one keeps it.
func (h *Hardened) change(user string, f func([]Session) []Session) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.used = h.redis != nil
	list := f(slices.Clone(h.users[user]))
	if h.users[user] = list; len(list) == 0 {
		delete(h.users, user)
	}
	if h.redis != nil {
		h.dirty[user] = true
	}
}
