// Package turns has many callers share the runs of one function.
//
// In go calls; the function runs, once at a time, and whoever calls while it runs shares the
// next run. A run that fails is tried again. It knows nothing of what is done.
package turns

import (
	"sync"
	"time"
)

// Turns runs a function. Safe for concurrent use.
type Turns struct {
	run    func() error
	again  time.Duration
	asked  chan struct{} // holds a token when there is a next turn
	stop   chan struct{}
	wg     sync.WaitGroup
	mu     sync.Mutex
	next   *turn // nil: nobody has asked for one
	closed bool
}

type turn struct {
	done chan struct{}
	err  error // once done is closed
}

// New starts no run. Each that fails is followed by another, again later.
func New(run func() error, again time.Duration) *Turns {
	t := &Turns{run: run, again: again, asked: make(chan struct{}, 1), stop: make(chan struct{})}
	t.wg.Go(t.loop)
	return t
}

// Ask asks for a run that begins after this call, and does not wait for it.
func (t *Turns) Ask() { t.ask() }

// Do asks for a run that begins after this call, waits for it no longer than wait, and
// reports whether it ended well.
func (t *Turns) Do(wait time.Duration) bool {
	mine := t.ask()
	if mine == nil {
		return false
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-mine.done:
		return mine.err == nil
	case <-timer.C:
	case <-t.stop:
	}
	return false
}

// Close waits for the run under way. None begins any more.
func (t *Turns) Close() {
	t.mu.Lock()
	t.closed = true
	t.mu.Unlock()
	close(t.stop)
	t.wg.Wait()
}

// ask returns the next turn, or nil after Close.
func (t *Turns) ask() *turn {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.closed {
		return nil
	}
	if t.next == nil {
		t.next = &turn{done: make(chan struct{})}
		t.asked <- struct{}{} // there is room: the loop takes the token together with the turn
	}
	return t.next
}

func (t *Turns) loop() {
	var retry <-chan time.Time
	for {
		select {
		case <-t.stop:
			return
		case <-retry:
			t.ask() // and the token is there, if the turns are not closed
			continue
		case <-t.asked:
		}
		t.mu.Lock()
		now := t.next
		t.next = nil
		t.mu.Unlock()
		now.err = t.run()
		close(now.done)
		if retry = nil; now.err != nil {
			retry = time.After(t.again)
		}
	}
}
