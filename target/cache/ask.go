package cache

import (
	"context"
	"errors"
	"time"
)

var (
	// ErrBusy says that Redis was not asked: Limits.Inflight commands are under way.
	ErrBusy = errors.New("too many redis commands under way")
	errLate = errors.New("redis did not answer in time")
)

// ask runs one command, and waits for it no longer than wait. The command goes
// on alone, up to Limits.Command: a connection that takes its time to come
// about is there for the next request, and one that hangs ends there.
func ask[T any](l *Line, epoch uint64, wait time.Duration, command func(context.Context) (T, error)) (T, error) {
	type outcome struct {
		v   T
		err error
	}
	var none T
	select {
	case l.slots <- struct{}{}:
	default:
		return none, ErrBusy
	}
	done := make(chan outcome, 1)
	l.wg.Go(func() {
		ctx, cancel := context.WithTimeout(context.Background(), l.limits.Command)
		defer cancel()
		v, err := command(ctx)
		<-l.slots // first: who waited may ask again at once
		done <- outcome{v, err}
	})
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case o := <-done:
		l.report(epoch, o.err)
		return o.v, o.err
	case <-timer.C:
		if wait >= l.limits.Wait {
			l.report(epoch, errLate)
		} else {
			// The request had less time left than Redis is due: not Redis is late. What
			// becomes of the command counts.
			l.wg.Go(func() { l.report(epoch, (<-done).err) })
		}
		return none, errLate
	}
}

// insist asks as ask does, and once more where half of the time brings no answer:
// one connection may hang and another not, and what is not answered here costs a
// load. For commands that may be done twice.
func insist[T any](l *Line, epoch uint64, wait time.Duration, command func(context.Context) (T, error)) (v T, err error) {
	type outcome struct {
		v   T
		err error
	}
	done := make(chan outcome, 2)
	try := func(wait time.Duration) {
		l.wg.Go(func() {
			v, err := ask(l, epoch, wait, command)
			done <- outcome{v, err}
		})
	}
	try(wait)
	timer := time.NewTimer(wait / 2)
	defer timer.Stop()
	for under := 1; under > 0; {
		select {
		case o := <-done:
			if v, err = o.v, o.err; err == nil {
				return v, nil
			}
			under--
		case <-timer.C:
			try(wait / 2)
			under++
		}
	}
	return v, err
}
