// Package notifications breaks their delivery under the hardened policy. Each function breaks the options that it is given.
package notifications

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/trektribe/bench/target"
	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/notify"
)

// NeverAgain subscribes once.
func NeverAgain(o *target.Options) {
	o.Notify.Follower = func(f cache.Follower) cache.Follower { return neverAgain{f} }
}

var errNotAgain = errors.New("nobody subscribes again")

// neverAgain connects once: what follows notifications finds no way back.
type neverAgain struct{ cache.Follower }

func (neverAgain) Connect(context.Context) error { return errNotAgain }

// NoCatchUp does not catch up with what was published meanwhile.
func NoCatchUp(o *target.Options) {
	o.Notify.Follower = func(f cache.Follower) cache.Follower { return noCatchUp{f} }
}

// noCatchUp finds nothing in the stream.
type noCatchUp struct{ cache.Follower }

// The script that catches up answers the epoch, the last id, and what there is after the one that it was given.
func (n noCatchUp) EvalSha(ctx context.Context, sha string, keys []string, args ...any) (any, error) {
	return nothingFound(n.Follower.EvalSha(ctx, sha, keys, args...))
}

func (n noCatchUp) Eval(ctx context.Context, source string, keys []string, args ...any) (any, error) {
	return nothingFound(n.Follower.Eval(ctx, source, keys, args...))
}

func nothingFound(v any, err error) (any, error) {
	if reply, ok := v.([]any); ok && len(reply) == 3 {
		reply[2] = []any{}
	}
	return v, err
}

// Twice keeps the subscription that it had when it makes a new one.
func Twice(o *target.Options) {
	var more atomic.Int64
	o.Notify.Follower = func(f cache.Follower) cache.Follower { return countsReturns{f, &more} }
	o.Notify.Deliver = func(deliver notify.Deliver) notify.Deliver {
		return func(user string, message []byte, at time.Time) (n int) {
			for range 1 + more.Load() {
				n += deliver(user, message, at)
			}
			return n
		}
	}
}

type countsReturns struct {
	cache.Follower
	returns *atomic.Int64
}

func (c countsReturns) Connect(ctx context.Context) error {
	err := c.Follower.Connect(ctx)
	if err == nil {
		c.returns.Add(1)
	}
	return err
}

// Copies has each instance that gets a notification publish it again, under a name of its own.
func Copies(o *target.Options) {
	const mark = "\x1f"
	var notifier notify.Notifier
	own, again := rand.Text(), make(chan notify.Notification, 10_000)
	publish := sync.OnceFunc(func() {
		go func() {
			for n := range again {
				notifier.Send(context.Background(), n)
			}
		}()
	})
	o.Notify.Notifier = func(n notify.Notifier) notify.Notifier {
		notifier = n
		return n
	}
	o.Notify.Deliver = func(deliver notify.Deliver) notify.Deliver {
		return func(user string, message []byte, at time.Time) int {
			var n notify.Notification
			if json.Unmarshal(message, &n) != nil {
				return 0
			}
			if id, _, ok := strings.Cut(n.ID, mark); ok {
				return deliver(user, withID(message, id), at)
			}
			publish()
			n.ID += mark + own
			again <- n
			return 0
		}
	}
}

func withID(message []byte, id string) []byte {
	var m map[string]any
	if json.Unmarshal(message, &m) != nil {
		return message
	}
	m["id"] = id
	text, err := json.Marshal(m)
	if err != nil {
		return message
	}
	return text
}

// Overtaken has others overtake one in four.
func Overtaken(o *target.Options) { o.Notify.Deliver = everyFourthLater }

func everyFourthLater(deliver notify.Deliver) notify.Deliver {
	var n atomic.Int64
	return func(user string, message []byte, at time.Time) int {
		if n.Add(1)%4 == 0 {
			time.AfterFunc(30*time.Millisecond, func() { deliver(user, message, at) })
			return 0
		}
		return deliver(user, message, at)
	}
}

// Strangers delivers each notification to the user of the one before as well.
func Strangers(o *target.Options) { o.Notify.Deliver = strangersToo }

func strangersToo(deliver notify.Deliver) notify.Deliver {
	var before atomic.Value
	return func(user string, message []byte, at time.Time) int {
		if other := before.Swap(user); other != nil && other != user {
			deliver(other.(string), message, at)
		}
		return deliver(user, message, at)
	}
}

// Early confirms what it sends later, in its order.
func Early(o *target.Options) { o.Notify.Notifier = confirmsFirst }

func confirmsFirst(n notify.Notifier) notify.Notifier {
	e := early{n, make(chan taken, 10_000)}
	go func() {
		for t := range e.queue {
			time.Sleep(time.Until(t.due))
			n.Send(context.Background(), t.Notification)
		}
	}()
	return e
}

type early struct {
	notify.Notifier
	queue chan taken
}

type taken struct {
	notify.Notification
	due time.Time
}

func (e early) Send(_ context.Context, n notify.Notification) {
	e.queue <- taken{n, time.Now().Add(150 * time.Millisecond)}
}
