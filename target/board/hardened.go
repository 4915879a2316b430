package board

import (
	"context"
	"crypto/rand"
	"errors"
	"sync"
	"time"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/store"
)

// Hardened is the policy that keeps the document's promises.
//
//   - The truth is in the database, where a booking counts once by its id, whoever repeats it.
//     Redis is told the organizer's score, and not that there is one more: a reply that is lost, a
//     command that is done late or twice, and another instance that was faster change nothing.
//   - The leaderboard comes from Redis while this instance knows that Redis has all that it
//     was told, and from the database otherwise: at first, while Redis is away or owes an
//     answer, and when it comes back empty, or older than it was.
//   - After an outage an instance reads from the database for a little longer, until
//     all instances have found Redis again and told it what it has missed.
//   - No request waits for Redis longer than Limits.Wait.
//
// What it cannot know: while another instance alone is cut off from Redis, the leaderboard lacks the
// bookings that were made there. It has them as soon as that instance has told Redis.
type Hardened struct {
	line     *cache.Line
	limits   cache.Limits
	hooks    Hooks
	redis    cache.Scripts // nil: none configured
	bookings Bookings
	markKey  string
	owing    chan struct{} // holds a token when Redis may lack something
	stop     chan struct{}
	wg       sync.WaitGroup

	mu     sync.Mutex
	used   bool
	mark   int64     // as Redis last told it
	missed uint64    // how often Redis may have missed or lost something
	whole  bool      // Redis has all scores
	from   time.Time // Redis is not read before
}

// NewHardened starts the policy. It asks nothing of r before it is used. A nil r is no Redis.
func NewHardened(r cache.Scripts, b Bookings, limits cache.Limits, hooks Hooks) *Hardened {
	h := &Hardened{limits: limits, hooks: hooks, redis: r, bookings: b, markKey: scoresKey + ":told:" + rand.Text(),
		owing: make(chan struct{}, 1), stop: make(chan struct{})}
	var recovery cache.Recovery
	if r != nil {
		recovery = cache.Recovery{Connect: r.Connect, Probe: func(ctx context.Context) error {
			_, _, err := runTop(ctx, r, h.markKey)
			return err
		}}
	}
	h.line = cache.NewLine(limits, hooks.Log, "the leaderboard is read from the database", recovery)
	if r != nil {
		h.wg.Go(h.watch)
	}
	return h
}

var errLost = errors.New("redis does not have what it was told")

// Book keeps the booking, and has told Redis of it when it returns, or has it noted that Redis must be told.
func (h *Hardened) Book(ctx context.Context, b store.Booking) error {
	score, err := h.bookings.Book(ctx, b)
	if err != nil || h.redis == nil {
		return err
	}
	h.tell(h.limits.Wait, []store.Score{{OrganizerID: b.OrganizerID, Score: score}})
	return nil
}

// Top reads from Redis where that has all, and else from the database.
func (h *Hardened) Top(ctx context.Context) ([]store.Score, cache.Source, error) {
	if h.readable() {
		known := h.known()
		type standing struct {
			scores []store.Score
			mark   int64
		}
		got, err := cache.Ask(h.line, h.limits.Wait, func(ctx context.Context) (s standing, err error) {
			s.scores, s.mark, err = runTop(ctx, h.redis, h.markKey)
			return s, err
		})
		if h.learn(known, got.mark, err) == nil {
			return got.scores, cache.FromRedis, nil
		}
	}
	scores, err := h.bookings.Scores(ctx, Places)
	return scores, cache.FromDatabase, err
}

// Close waits for what is under way. No call may begin after it.
func (h *Hardened) Close() error {
	close(h.stop)
	h.wg.Wait()
	h.line.Close()
	return nil
}

// tell tells Redis scores. Its error says that Redis may not have them, or has lost others; that is noted.
func (h *Hardened) tell(wait time.Duration, scores []store.Score) error {
	known := h.known()
	mark, err := cache.Ask(h.line, wait, func(ctx context.Context) (int64, error) {
		return runRaise(ctx, h.redis, h.markKey, scores)
	})
	return h.learn(known+1, mark, err)
}

// readable reports whether Redis has all scores. Where it has not, the watch is told.
func (h *Hardened) readable() bool {
	if h.redis == nil {
		return false
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if !h.whole {
		h.used = true
		h.oweLocked()
	}
	return h.whole && !time.Now().Before(h.from)
}

func (h *Hardened) known() int64 {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.mark
}

// learn takes a reply's mark, which must be least or more, or its error, and notes where Redis may lack something.
func (h *Hardened) learn(least, mark int64, err error) error {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.used = true
	if err == nil && mark >= least {
		h.mark = max(h.mark, mark)
		return nil
	}
	if err == nil {
		h.mark, err = mark, errLost
	}
	h.missed++
	h.whole = false
	h.oweLocked()
	return err
}

func (h *Hardened) oweLocked() {
	select {
	case h.owing <- struct{}{}:
	default:
	}
}
