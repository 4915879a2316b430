package loop

import (
	"context"
	"fmt"
	"os"
	"runtime"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// A Loop plays attacks. It is used once.
type Loop struct {
	poll, wake int // descriptors: what is waited for, and what ends the wait
	events     [128]unix.EpollEvent
	reader     *reader
	conns      map[int32]*conn
	flying     int       // exchanges that have not ended
	next       time.Time // when something may be too old: a request, or an idle connection
	polls      uint64    // that saw every connection

	mu     sync.Mutex
	dialed []dialed
}

// Open opens a loop. An error says that this machine has none.
func Open() (*Loop, error) {
	l := &Loop{reader: newReader(), conns: make(map[int32]*conn)}
	var err error
	if l.poll, err = unix.EpollCreate1(unix.EPOLL_CLOEXEC); err != nil {
		return nil, os.NewSyscallError("epoll_create1", err)
	}
	if l.wake, err = unix.Eventfd(0, unix.EFD_CLOEXEC|unix.EFD_NONBLOCK); err != nil {
		unix.Close(l.poll)
		return nil, os.NewSyscallError("eventfd", err)
	}
	err = l.watch(l.wake)
	if err == nil {
		_, err = l.wait(0) // Linux has it from 5.11 on
	}
	if err != nil {
		l.Close()
		return nil, err
	}
	return l, nil
}

// Close closes every connection. Run must have returned.
func (l *Loop) Close() {
	for _, c := range l.conns {
		unix.Close(c.fd)
	}
	unix.Close(l.wake)
	unix.Close(l.poll)
}

// mostAtOnce bounds how many hits are begun before answers are looked at again.
const mostAtOnce = 16

// Run plays attacks until their pacers have stopped and every hit is over. When ctx ends, so do the
// exchanges under way, with its error. The pacers are expected to stop then.
func (l *Loop) Run(ctx context.Context, attacks []*Attack) {
	defer oneMoreProcessor()()
	ended := make(chan struct{})
	go func() { // a thread of its own, which ends with it: its timers are exact
		defer close(ended)
		runtime.LockOSThread()
		unix.Prctl(unix.PR_SET_TIMERSLACK, 1, 0, 0, 0)
		l.run(ctx, attacks)
	}()
	<-ended
}

var processors sync.Mutex // held to change their number

// oneMoreProcessor lets one more thread run Go, until the function that it returns is called. A thread that waits for
// events keeps its place among the GOMAXPROCS that may run for up to 10 ms, until the runtime notices. On two processors
// two loops would hold up all else: the proxies, and what proves a fault.
func oneMoreProcessor() (putBack func()) {
	change := func(by int) {
		processors.Lock()
		defer processors.Unlock()
		runtime.GOMAXPROCS(runtime.GOMAXPROCS(0) + by)
	}
	change(1)
	return func() { change(-1) }
}

func (l *Loop) run(ctx context.Context, attacks []*Attack) {
	woken := make(chan struct{})
	stop := context.AfterFunc(ctx, func() { defer close(woken); l.interrupt() })
	defer func() {
		if !stop() {
			<-woken // it may not write to a descriptor that is somebody else's by then
		}
	}()
	for canceled := false; ; {
		sleep, more := l.begin(ctx, attacks)
		if !more && l.flying == 0 {
			return
		}
		if now := time.Now(); l.next.IsZero() {
		} else if wait := l.next.Sub(now); wait <= 0 {
			l.clean(now)
			sleep = 0
		} else {
			sleep = min(sleep, wait)
		}
		n, err := l.wait(sleep)
		if err != nil { // no such error is known of descriptors that are ours
			panic(fmt.Sprintf("wait for answers: %v", err))
		}
		if n < len(l.events) {
			l.polls++
		}
		for _, e := range l.events[:n] {
			if int(e.Fd) == l.wake {
				l.takeDialed(ctx)
			} else if c := l.conns[e.Fd]; c != nil {
				l.move(c, e.Events)
			}
		}
		if !canceled && ctx.Err() != nil {
			canceled = true
			for _, c := range l.conns {
				if c.x != nil {
					l.fail(c, ctx.Err())
				}
			}
		}
	}
}

// forever is longer than any wait.
const forever = time.Hour

// begin begins the hits that are due. sleep is how long until the next one; more: some may follow.
func (l *Loop) begin(ctx context.Context, attacks []*Attack) (sleep time.Duration, more bool) {
	sleep = forever
	for _, a := range attacks {
		for begun := 0; !a.ended && a.busy < a.Most; begun++ {
			if begun == mostAtOnce {
				sleep = 0
				break
			}
			wait, stop := a.Pace.Pace(0, a.hits)
			if stop {
				a.ended = true
				break
			}
			if wait > 0 {
				sleep = min(sleep, wait)
				break
			}
			n := a.hits
			a.hits++
			if x := a.Hit(n); x != nil {
				x.attack = a
				a.busy++
				l.flying++
				l.start(ctx, x)
			}
		}
		more = more || !a.ended
	}
	return sleep, more
}

// expect has the loop look at t whether something is too old. Most requests are over by then,
// so that this is rare, and no request needs a timer.
func (l *Loop) expect(t time.Time) {
	if l.next.IsZero() || t.Before(l.next) {
		l.next = t
	}
}

// clean ends the requests whose deadline is over, and closes what is idle for too long.
func (l *Loop) clean(now time.Time) {
	l.next = time.Time{}
	for _, c := range l.conns {
		switch {
		case c.x == nil:
			if end := c.since.Add(c.pool.idleFor); end.After(now) {
				l.expect(end)
			} else {
				l.forget(c)
			}
		case c.x.Request.Deadline.After(now):
			l.expect(c.x.Request.Deadline)
		default:
			l.fail(c, os.ErrDeadlineExceeded)
		}
	}
}
