package notify_test

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/notify"
	"github.com/trektribe/bench/target/redistest"
)

func TestAnInstanceThatWasAwayCatchesUp(t *testing.T) {
	m := redistest.Start(t)
	r := redistest.Before(t, m.Addr())
	a, b := hardened(t, m.Addr()), hardened(t, r.Addr)
	send(t, a, "a", 0, 2)
	comes(t, b, numbered("a", 2))
	r.Refuse()
	send(t, a, "a", 2, 1098) // more than one answer has
	r.Listen()
	comes(t, b, numbered("a", 1100))
	comes(t, a, numbered("a", 1100))
}

// TestAnOutageDelaysAndLosesNothing: the instance that takes over delivers at once, the other when Redis is back.
func TestAnOutageDelaysAndLosesNothing(t *testing.T) {
	r := redistest.Before(t, redistest.Start(t).Addr())
	a, b := hardened(t, r.Addr), hardened(t, r.Addr)
	send(t, a, "a", 0, 3)
	comes(t, b, numbered("a", 3))
	r.Refuse()
	send(t, a, "a", 3, 20)
	comes(t, a, numbered("a", 23))
	r.Listen()
	send(t, a, "a", 23, 5)
	comes(t, b, numbered("a", 28))
	comes(t, a, numbered("a", 28))
}

// TestALostReplyIsNoSecondNotification, of a command that was done.
func TestALostReplyIsNoSecondNotification(t *testing.T) {
	m := redistest.Start(t)
	r := redistest.Before(t, m.Addr())
	a, b := hardened(t, r.Addr, deaf), hardened(t, m.Addr()) // the replies are those to what a sends
	for i := range 5 {
		r.Lose(1)
		send(t, a, "a", i, 1)
	}
	comes(t, b, numbered("a", 5))
	send(t, a, "a", 5, 1)
	comes(t, b, numbered("a", 6))
}

// deaf keeps an instance from following.
func deaf(cache.Follower) cache.Follower { return silent{} }

type silent struct{ cache.Follower }

var errSilent = errors.New("nothing is heard")

func (silent) Connect(context.Context) error                          { return errSilent }
func (silent) Listen(context.Context, string) (cache.Listener, error) { return nil, errSilent }

func TestAPublisherThatTriesAgainIsNotHeardTwice(t *testing.T) {
	addr := redistest.Start(t).Addr()
	a, b := hardened(t, addr), hardened(t, addr)
	for range 3 {
		send(t, a, "a", 0, 2)
		send(t, b, "a", 0, 2) // at another instance
	}
	send(t, a, "a", 2, 1)
	comes(t, a, numbered("a", 3))
	comes(t, b, numbered("a", 3))
	if n := a.counted("repeated"); n < 4 {
		t.Errorf("counted %d that were repeated", n)
	}
}

// TestARedisThatWasEmptiedHasTheLastOnesAgain for an instance that had not read them.
func TestARedisThatWasEmptiedHasTheLastOnesAgain(t *testing.T) {
	m := redistest.Start(t)
	r := redistest.Before(t, m.Addr())
	a, b := hardened(t, m.Addr()), hardened(t, r.Addr)
	send(t, a, "a", 0, 2)
	comes(t, b, numbered("a", 2))
	r.Refuse()
	send(t, a, "a", 2, 3)
	comes(t, a, numbered("a", 5))
	m.FlushAll()
	r.Listen()
	comes(t, b, numbered("a", 5))
	send(t, a, "a", 5, 1)
	comes(t, b, numbered("a", 6))
	comes(t, a, numbered("a", 6))
}

// TestAnEmptiedRedisKeepsTheOrder has the loss noticed by what is sent next.
func TestAnEmptiedRedisKeepsTheOrder(t *testing.T) {
	m := redistest.Start(t)
	r := redistest.Before(t, m.Addr())
	a, b := hardened(t, m.Addr()), hardened(t, r.Addr)
	r.Refuse()
	for i := range 20 {
		m.FlushAll()
		send(t, a, "a", i, 1)
	}
	r.Listen()
	comes(t, b, numbered("a", 20))
	comes(t, a, numbered("a", 20))
}

func TestANewInstanceBeginsAtTheEnd(t *testing.T) {
	addr := redistest.Start(t).Addr()
	a := hardened(t, addr)
	send(t, a, "a", 0, 3)
	comes(t, a, numbered("a", 3))
	time.Sleep(2 * time.Millisecond) // ids are of milliseconds
	b := hardened(t, addr)
	send(t, a, "b", 0, 1)
	comes(t, b, numbered("b", 1))
}

// TestALateAttachmentMissesNothing that came after it was wanted.
func TestALateAttachmentMissesNothing(t *testing.T) {
	m := redistest.Start(t)
	a := hardened(t, m.Addr())
	send(t, a, "old", 0, 3)
	comes(t, a, numbered("old", 3))
	var tries atomic.Int64
	time.Sleep(2 * time.Millisecond) // ids are of milliseconds
	b := hardened(t, m.Addr(), func(f cache.Follower) cache.Follower {
		return late{f, func() bool {
			if tries.Add(1) == 1 {
				send(t, a, "new", 0, 3)
				return true
			}
			return false
		}}
	})
	comes(t, b, numbered("new", 3))
}

// late fails to find its place while it is told to.
type late struct {
	cache.Follower
	fail func() bool
}

func (l late) EvalSha(ctx context.Context, sha string, keys []string, args ...any) (any, error) {
	if l.fail() {
		return nil, errSilent
	}
	return l.Follower.EvalSha(ctx, sha, keys, args...)
}

// TestWhatComesLateSaysHowOldItIs, for a socket that was opened later.
func TestWhatComesLateSaysHowOldItIs(t *testing.T) {
	m := redistest.Start(t)
	r := redistest.Before(t, m.Addr())
	a, b := hardened(t, m.Addr()), hardened(t, r.Addr)
	r.Refuse()
	send(t, a, "a", 0, 3)
	time.Sleep(2 * time.Millisecond) // the time is told in milliseconds
	b.mu.Lock()
	b.oldest = time.Now()
	b.mu.Unlock()
	time.Sleep(2 * time.Millisecond)
	send(t, a, "b", 0, 1)
	r.Listen()
	comes(t, b, numbered("b", 1))
	if b.tooLate != 3 {
		t.Errorf("%d were too old, want 3", b.tooLate)
	}
}

// TestAStreamThatIsShorterIsReadFromItsBeginning has Redis number entries from lower on.
func TestAStreamThatIsShorterIsReadFromItsBeginning(t *testing.T) {
	m := redistest.Start(t)
	a, b := hardened(t, m.Addr()), hardened(t, m.Addr())
	send(t, a, "a", 0, 3)
	comes(t, b, numbered("a", 3))
	m.SetTime(time.Now().Add(-time.Hour))
	m.FlushAll()
	redistest.Until(t, "notice", func() bool { return m.Exists("{notifications}:stream") }) // a has sent its last again
	send(t, a, "a", 3, 2)
	comes(t, b, numbered("a", 5))
	comes(t, a, numbered("a", 5))
}

func TestTheOutboxIsBounded(t *testing.T) {
	m := redistest.Start(t)
	r := redistest.Before(t, m.Addr())
	a, b := hardened(t, r.Addr), hardened(t, m.Addr())
	r.Refuse()
	const n = 10_007
	for i := range n {
		a.Send(t.Context(), notify.Notification{ID: fmt.Sprint(i), UserID: "7", Text: fmt.Sprint("a ", i)})
	}
	comes(t, a, numbered("a", n))
	if lost := a.counted("dropped"); lost != 7 {
		t.Errorf("%d have no room, want 7", lost)
	}
	r.Listen()
	comes(t, b, numbered("a", n)[7:])
}

// TestAMessageThatDoesNotArriveIsMissed, though the connection lives on.
func TestAMessageThatDoesNotArriveIsMissed(t *testing.T) {
	m := redistest.Start(t)
	a := hardened(t, m.Addr())
	var n atomic.Int64
	b := hardened(t, m.Addr(), func(f cache.Follower) cache.Follower { return lossy{f, &n} })
	send(t, a, "a", 0, 30)
	comes(t, b, numbered("a", 30))
}

// lossy loses every third message.
type lossy struct {
	cache.Follower
	n *atomic.Int64
}

func (l lossy) Listen(ctx context.Context, channel string) (cache.Listener, error) {
	inner, err := l.Follower.Listen(ctx, channel)
	return lossyListener{inner, l.n}, err
}

type lossyListener struct {
	cache.Listener
	n *atomic.Int64
}

func (l lossyListener) Next(ctx context.Context, wait time.Duration) (string, error) {
	for {
		text, err := l.Listener.Next(ctx, wait)
		if err != nil || text == "" || l.n.Add(1)%3 != 0 {
			return text, err
		}
	}
}

// TestASubscriptionThatIsDeadWithoutAnEndIsNoticed has its relay hold everything back, and then a new way to Redis.
func TestASubscriptionThatIsDeadWithoutAnEndIsNoticed(t *testing.T) {
	m := redistest.Start(t)
	r := redistest.Before(t, m.Addr())
	a := hardened(t, m.Addr())
	var dead atomic.Bool
	b := hardened(t, r.Addr, func(f cache.Follower) cache.Follower { return fresh{f, open(t, m.Addr()), &dead} })
	send(t, a, "a", 0, 3)
	comes(t, b, numbered("a", 3))
	dead.Store(true)
	r.Stall() // Redis still believes that it is there
	send(t, a, "a", 3, 3)
	comes(t, b, numbered("a", 6))
}

// fresh makes its new connections, and only these, elsewhere.
type fresh struct {
	cache.Follower
	there cache.Follower
	dead  *atomic.Bool
}

func (f fresh) now() cache.Follower {
	if f.dead.Load() {
		return f.there
	}
	return f.Follower
}

func (f fresh) Connect(ctx context.Context) error { return f.now().Connect(ctx) }
func (f fresh) EvalSha(ctx context.Context, sha string, keys []string, args ...any) (any, error) {
	return f.now().EvalSha(ctx, sha, keys, args...)
}
func (f fresh) Eval(ctx context.Context, source string, keys []string, args ...any) (any, error) {
	return f.now().Eval(ctx, source, keys, args...)
}
func (f fresh) Listen(ctx context.Context, channel string) (cache.Listener, error) {
	return f.now().Listen(ctx, channel)
}
