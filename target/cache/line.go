package cache

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// A Line is the way to Redis for a part of the service that works without Redis too.
// A command never keeps its request longer than it allows, a breaker stops asking
// after a few failures, and a prober closes the breaker when Redis is back.
// Safe for concurrent use.
type Line struct {
	limits   Limits
	log      *slog.Logger
	without  string // what is done meanwhile, for the log: "answers are cached in memory"
	recovery Recovery
	breaker  *breaker
	slots    chan struct{}  // one for each command under way
	wg       sync.WaitGroup // commands and the prober
	stop     chan struct{}
}

// ErrDown says that Redis was not asked: the breaker is open.
var ErrDown = errors.New("redis is not asked: it failed before")

// NewLine opens a line. It asks nothing of Redis by itself until the breaker has
// opened, so that a part that nobody uses makes no connection. without says in the log what is
// done while Redis is not asked. A recovery that cannot connect is a line that never recovers.
func NewLine(limits Limits, log *slog.Logger, without string, recovery Recovery) *Line {
	l := &Line{
		limits:   limits,
		log:      log,
		without:  without,
		recovery: recovery,
		breaker:  newBreaker(limits.Failures, limits.Pending, limits.Load),
		slots:    make(chan struct{}, limits.Inflight),
		stop:     make(chan struct{}),
	}
	if recovery.Connect != nil {
		l.wg.Go(l.probe)
	}
	return l
}

// Ask runs one command over l, and waits for it no longer than wait.
// Its errors are ErrDown and ErrBusy, the command's, or that it did not end in time.
func Ask[T any](l *Line, wait time.Duration, command func(context.Context) (T, error)) (v T, err error) {
	epoch, _, ok := l.breaker.allow("")
	if !ok {
		return v, ErrDown
	}
	return ask(l, epoch, wait, command)
}

// Up reports whether requests ask Redis.
func (l *Line) Up() bool { return !l.breaker.isOpen() }

// Close waits for commands under way, for no longer than Limits.Command.
func (l *Line) Close() {
	close(l.stop)
	l.wg.Wait()
}

func (l *Line) report(epoch uint64, err error) {
	if err != nil {
		l.log.Debug("redis command", "error", err)
	}
	if l.breaker.report(epoch, err == nil) {
		l.log.Warn("redis fails: "+l.without+" until it is back", "error", err)
	}
}
