package lab

import (
	"cmp"
	"context"
	"sync"
)

// Lost is an error when nobody would end the lab's processes any more, should the harness be killed now: the watchdog
// has ended; or it has ended them itself, since the harness was held up for longer than its lease. Nothing can be
// observed then, and what else goes wrong follows from it.
func (l *Lab) Lost() error {
	if l.lease == nil {
		return nil
	}
	return l.lease.Lost()
}

// Guard is ctx until the lab is lost: its cause is then Lost's error.
func (l *Lab) Guard(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	if l.lease != nil {
		watch.Go(func() {
			select {
			case <-l.lease.Gone():
				cancel(l.Lost())
			case <-ctx.Done():
			}
		})
	}
	return ctx, func() {
		cancel(nil)
		watch.Wait()
	}
}

// orLost is err, or why the lab is lost where it is: an error that follows from that would accuse somebody else.
func (l *Lab) orLost(err error) error {
	if err == nil {
		return nil
	}
	return cmp.Or(l.Lost(), err)
}
