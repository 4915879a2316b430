package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/proxy"
)

const (
	// patience is what a canary waits, beside what the fault itself delays: a clean path through
	// the proxy answers in 0.1 ms at the median (measured), a thousandth of it.
	patience = 100 * time.Millisecond
	// healedPatience is the longer wait after a heal, where only the absence of an answer matters.
	healedPatience = time.Second
	// probeAgain is the pause between two probes of one fault: a few exchanges a second do not
	// burden the load, and the last of them is never longer ago than this when the fault ends.
	probeAgain = time.Second
	// healWithin bounds the lifting of a fault that went on only half.
	healWithin = 2 * time.Second
)

// A trial proves that one fault arrived on one link: a canary connection that was whole
// before the fault, and new ones during it, must meet what the fault does, every time.
type trial struct {
	link    *link
	fault   proxy.Fault
	planned time.Duration
	on      time.Duration // when it was switched on

	old  *proxy.Canary // opened before the fault; nil: that did not work
	flaw string        // the first reason against delivery; empty: none so far

	over chan struct{} // closed when probing is over
	stop func()        // closes over, once
	end  chan bool     // then told how it ended; true: the fault was lifted
	done chan struct{} // closed when all is recorded

	conclude func(lifted bool) // stop, and end, once
}

func newTrial(k *link, a Action) *trial {
	t := &trial{link: k, fault: a.Fault, planned: a.Planned, over: make(chan struct{}), end: make(chan bool, 1), done: make(chan struct{})}
	t.stop = sync.OnceFunc(func() { close(t.over) })
	var once sync.Once
	t.conclude = func(lifted bool) {
		t.stop()
		once.Do(func() { t.end <- lifted })
	}
	return t
}

// before proves that the path is in use and whole just before the fault, and keeps the canary.
func (l *Lab) before(ctx context.Context, t *trial) {
	if t.link.bypassed() {
		t.flaw = "the service never connected to Redis through its proxy"
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var err error
	if t.old, err = t.link.proxy.OpenCanary(ctx); err != nil {
		t.doubt(fmt.Sprintf("the path was not whole before the fault: %v", err))
		return
	}
	if m := l.meet(t, "", "old", func() proxy.Meeting { return t.old.Probe(ctx, patience) }); m.Met != "reply" {
		t.doubt("the path was not whole before the fault: its canary met " + m.String())
	}
}

// watch probes the fault until it is over, and then judges. It ends within the canaries' patience.
func (l *Lab) watch(t *trial) {
	defer close(t.done)
	oldLives, proved := t.old != nil, 0
	if t.old != nil {
		defer t.old.Close()
	}
	for again := true; again; {
		whole := l.during(t, &oldLives)
		if whole {
			proved++
		}
		select {
		case <-t.over:
			again = false
		case <-time.After(probeAgain):
		}
	}
	if <-t.end {
		l.after(t, oldLives)
	}
	if proved == 0 {
		t.doubt("the fault was over before a canary could prove it")
	}
	e := history.Event{Kind: history.Delivery, Arm: t.link.arm, Instance: t.link.instance, Name: t.fault.Kind, On: t.link.on,
		Planned: t.planned, At: t.on, Until: l.spec.Clock.Now(), Value: 1, Detail: t.flaw}
	if t.flaw != "" {
		e.Value = 0
	}
	l.record(e)
}

// during probes once: the old connection, while it lives, and a new one, side by side. It
// reports false when the fault ended meanwhile: then what they met proves nothing.
func (l *Lab) during(t *trial, oldLives *bool) bool {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	finished := make(chan struct{})
	var watcher sync.WaitGroup
	watcher.Go(func() {
		select {
		case <-t.over:
			cancel()
		case <-finished:
		}
	})
	wait := patience + t.fault.Delay + t.fault.Jitter
	at := l.spec.Clock.Now()
	var old, fresh proxy.Meeting
	var probes sync.WaitGroup
	if *oldLives {
		probes.Go(func() { old = t.old.Probe(ctx, wait) })
	}
	probes.Go(func() { fresh = t.link.proxy.ProbeNew(ctx, wait) })
	probes.Wait()
	close(finished)
	watcher.Wait()
	select {
	case <-t.over:
		*oldLives = *oldLives && survived(old)
		return false
	default:
	}
	if *oldLives {
		l.met(t, t.fault.Kind, "old", at, old)
		t.judge(old, true)
		*oldLives = survived(old)
	}
	l.met(t, t.fault.Kind, "new", at, fresh)
	t.judge(fresh, false)
	return true
}

// after looks whether the path is whole again.
func (l *Lab) after(t *trial, oldLives bool) {
	ctx := context.Background()
	if oldLives {
		l.meet(t, "", "old", func() proxy.Meeting { return t.old.Probe(ctx, healedPatience) })
	}
	m := l.meet(t, "", "new", func() proxy.Meeting { return t.link.proxy.ProbeNew(ctx, healedPatience) })
	if m.Met != "reply" {
		now := l.spec.Clock.Now()
		l.record(history.Event{Kind: history.Problem, Arm: t.link.arm, Instance: t.link.instance, On: t.link.on, At: now, Until: now,
			Detail: fmt.Sprintf("%s on %s was lifted, but a new connection met %v", t.fault.Kind, t.link.on, m)})
	}
}

// judge doubts the delivery if what was met is not what the fault does.
func (t *trial) judge(m proxy.Meeting, old bool) {
	if ok, why := proxy.Delivered(t.fault, m, old); !ok {
		which := "a new connection "
		if old {
			which = "the old connection "
		}
		t.doubt(which + why)
	}
}

// doubt keeps the first reason against delivery.
func (t *trial) doubt(why string) {
	if t.flaw == "" {
		t.flaw = why
	}
}

// survived reports whether a connection can be probed again.
func survived(m proxy.Meeting) bool { return m.Met != "eof" && m.Met != "reset" }

// meet probes, and records what was met.
func (l *Lab) meet(t *trial, kind, which string, probe func() proxy.Meeting) proxy.Meeting {
	at := l.spec.Clock.Now()
	m := probe()
	l.met(t, kind, which, at, m)
	return m
}

func (l *Lab) met(t *trial, kind, which string, at time.Duration, m proxy.Meeting) {
	l.record(history.Event{Kind: history.Canary, Arm: t.link.arm, Instance: t.link.instance, Name: kind, On: t.link.on,
		At: at, Until: at + m.Wait, Value: m.Wait.Seconds(), Detail: which + " " + m.Met})
}

// Settle waits until all that the canaries have met so far is recorded, and exactly one
// history.Delivery for each fault on each instance. A fault that is still on is judged as it
// stands and is not probed further. Its error is ctx's; what is missing then is recorded late.
func (l *Lab) Settle(ctx context.Context) error { return l.trials.settle(ctx) }

// trials are those that are not known to be done.
type trials struct {
	mu   sync.Mutex
	open []*trial
}

func (ts *trials) add(t *trial) {
	ts.mu.Lock()
	defer ts.mu.Unlock()
	ts.open = append(ts.open, t)
}

func (ts *trials) settle(ctx context.Context) error {
	ts.mu.Lock()
	open := slices.Clone(ts.open)
	ts.mu.Unlock()
	for _, t := range open {
		t.conclude(false)
	}
	for _, t := range open {
		select {
		case <-t.done:
		case <-ctx.Done():
			return errors.Join(errors.New("the canaries are not done"), ctx.Err())
		}
	}
	ts.mu.Lock()
	ts.open = slices.DeleteFunc(ts.open, func(t *trial) bool { return slices.Contains(open, t) })
	ts.mu.Unlock()
	return nil
}
