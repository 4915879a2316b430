// Package turns has many callers share the runs of one function.
//
// In go calls; the function runs, once at a time, and whoever calls while it runs shares the
// next run. It knows nothing of what is done.
package turns

import (
	"sync"
	"time"
)

// Turns runs a function. Safe for concurrent use.
type Turns struct {
	run    func() error
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

// New starts no run.
func New(run func() error) *Turns {
	t := &Turns{run: run, asked: make(chan struct{}, 1), stop: make(chan struct{})}
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
	for {
		select {
		case <-t.stop:
			return
		case <-t.asked:
		}
		t.mu.Lock()
		now := t.next
		t.next = nil
		t.mu.Unlock()
		now.err = t.run()
		close(now.done)
	}
}
