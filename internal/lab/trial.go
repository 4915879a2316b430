package lab

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
)

const (
	// healedPatience is the longer wait where an answer comes unless something is wrong, beside
	// what the fault delays: on a busy machine 100 ms would be too short.
	healedPatience = time.Second
	// probeAgain is the pause between two probes of one fault: a few exchanges a second do not
	// burden the load, and the last of them is never longer ago than this when the fault ends.
	probeAgain = time.Second
	// healWithin bounds the lifting of a fault that went on only half.
	healWithin = 2 * time.Second
)

// A trial proves that one fault arrived on one link: a canary connection that was whole
// before the fault, and new ones during it, must meet what the fault does, every time.
//
// Of a process fault there is no old connection: new ones go straight to the victim.
type trial struct {
	spot
	fault   fault.Fault
	planned time.Duration
	since   time.Duration // when it was switched on
	hit     int64         // the commands that its link's faults had been done to before

	link *link          // nil: of a process fault
	old  *canary.Canary // opened before the fault; nil: that did not work

	victim *victim    // nil: of a proxy's fault
	does   *mechanism // of a process fault
	found  string     // what a canary met before it

	start *start // it is on since before the instances started; nil: it is not

	proved int    // probes that say something
	flaw   string // the first reason against delivery; empty: none so far

	over chan struct{} // closed when probing is over
	stop func()        // closes over, once
	end  chan bool     // then told how it ended; true: the fault was lifted
	done chan struct{} // closed when all is recorded

	quiet   chan struct{} // closed when no canary looks any more
	settled chan struct{} // closed when nothing more is asked of the service's round

	conclude func(lifted bool) // stop, and end, once
	settle   func()            // conclude without a lift, and settled, once
}

func newTrial(at spot, a Action) *trial {
	t := &trial{spot: at, fault: a.Fault, planned: a.Planned, over: make(chan struct{}), end: make(chan bool, 1), done: make(chan struct{}),
		quiet: make(chan struct{}), settled: make(chan struct{})}
	t.stop = sync.OnceFunc(func() { close(t.over) })
	var once sync.Once
	t.conclude = func(lifted bool) {
		t.stop()
		once.Do(func() { t.end <- lifted })
	}
	settled := sync.OnceFunc(func() { close(t.settled) })
	t.settle = func() {
		t.conclude(false)
		settled()
	}
	return t
}

// before proves that the path is in use and whole just before the fault, and keeps the canary.
func (l *Lab) before(ctx context.Context, t *trial) {
	if t.start == nil && t.link.bypassed() {
		t.flaw = bypass
	}
	ctx, cancel := context.WithTimeout(ctx, healedPatience)
	defer cancel()
	if t.link.own != nil {
		t.hit = t.link.own.Stats().Hit
	}
	var err error
	if t.old, err = t.link.proxy.OpenCanary(ctx); err != nil {
		t.doubt(fmt.Sprintf("the path was not whole before the fault: %v", err))
		return
	}
	if m := l.meet(t, "", "old", func() canary.Meeting { return t.old.Probe(ctx, healedPatience) }); m.Met != "reply" {
		t.doubt("the path was not whole before the fault: its canary met " + m.String())
	}
	if t.link.watch != nil {
		t.link.watch.look()
	}
}

// watch probes the fault until it is over, and then judges. It ends within the canaries' patience.
func (l *Lab) watch(t *trial) {
	defer close(t.done)
	oldLives := t.old != nil
	if t.old != nil {
		defer t.old.Close()
	}
	for again := true; again; {
		if l.during(t, &oldLives) {
			t.proved++
		}
		select {
		case <-t.over:
			again = false
		case <-time.After(probeAgain):
		}
	}
	lifted := <-t.end
	if t.fault.Chooses() && t.link.own.Stats().Hit == t.hit { // no fault follows before this trial is done
		t.doubt("no command of the service was hit: its canaries were, so the service sent none that is chosen")
	}
	if lifted {
		l.after(t, oldLives)
	}
	close(t.quiet)
	if t.start != nil {
		<-t.settled // it may use its path only once the fault is over
		t.hindsight()
	}
	l.deliver(t)
}

// deliver records whether t's fault arrived.
func (l *Lab) deliver(t *trial) {
	if t.proved == 0 {
		t.doubt("the fault was over before a canary could prove it")
	}
	if t.link != nil && t.link.watch != nil && t.link.watch.unused() {
		t.doubt("the service was never seen connected to the proxy: give it the proxy's address for its Redis")
	}
	e := history.Event{Kind: history.Delivery, Arm: t.arm, Instance: t.instance, Name: t.fault.Kind, On: t.on,
		Planned: t.planned, At: t.since, Until: l.spec.Clock.Now(), Value: 1, Detail: t.flaw}
	if t.flaw != "" {
		e.Value = 0
	}
	l.record(e)
}

// during probes once: the old connection, while it lives, and a new one, side by side. It
// reports false when the fault ended meanwhile: then what they met proves nothing.
func (l *Lab) during(t *trial, oldLives *bool) bool {
	ctx, finish := t.untilOver()
	wait := healedPatience + t.fault.Delay + t.fault.Jitter
	if slices.Contains(t.meets(), "silence") {
		wait = fault.PathWait
	}
	at := l.spec.Clock.Now()
	var old, fresh canary.Meeting
	var probes sync.WaitGroup
	if *oldLives {
		probes.Go(func() { old = t.old.Probe(ctx, wait) })
	}
	probes.Go(func() { fresh = t.link.proxy.ProbeNew(ctx, wait) })
	probes.Wait()
	finish()
	if t.link.watch != nil {
		t.link.watch.look() // one that connects for each question is not there at every moment
	}
	if t.isOver() {
		*oldLives = *oldLives && survived(old)
		return false
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
		l.meet(t, "", "old", func() canary.Meeting { return t.old.Probe(ctx, healedPatience) })
	}
	m := l.meet(t, "", "new", func() canary.Meeting { return t.link.proxy.ProbeNew(ctx, healedPatience) })
	l.missReply(t, m)
}

// missReply records that the fault was lifted and yet is not gone; a reply shows that it is.
func (l *Lab) missReply(t *trial, m canary.Meeting) {
	if m.Met == "reply" {
		return
	}
	now := l.spec.Clock.Now()
	l.record(history.Event{Kind: history.Problem, Arm: t.arm, Instance: t.instance, On: t.on, At: now, Until: now,
		Detail: fmt.Sprintf("%s on %s was lifted, but a new connection met %v", t.fault.Kind, t.on, m)})
}

// untilOver is a context that ends with the fault; finish gives it back.
func (t *trial) untilOver() (ctx context.Context, finish func()) {
	ctx, cancel := context.WithCancel(context.Background())
	finished := make(chan struct{})
	var watcher sync.WaitGroup
	watcher.Go(func() {
		select {
		case <-t.over:
			cancel()
		case <-finished:
		}
	})
	return ctx, func() {
		close(finished)
		watcher.Wait()
		cancel()
	}
}

func (t *trial) isOver() bool {
	select {
	case <-t.over:
		return true
	default:
		return false
	}
}

// judge doubts the delivery if what was met is not what the fault does.
func (t *trial) judge(m canary.Meeting, old bool) {
	if ok, why := t.link.delivered(t.fault, m, old); !ok {
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

// kind is what the catalogue says of t's fault.
func (t *trial) kind() fault.Kind {
	k, _ := fault.Find(t.fault.Kind)
	return k
}

// meets is what a canary on a new connection meets while t's fault is on, one of these.
func (t *trial) meets() []string {
	if t.does != nil && len(t.does.meets) > 0 {
		return t.does.meets
	}
	return t.kind().New.Canary
}

// survived reports whether a connection can be probed again.
func survived(m canary.Meeting) bool { return m.Met != "eof" && m.Met != "reset" }

// meet probes, and records what was met.
func (l *Lab) meet(t *trial, kind, which string, probe func() canary.Meeting) canary.Meeting {
	at := l.spec.Clock.Now()
	m := probe()
	l.met(t, kind, which, at, m)
	return m
}

func (l *Lab) met(t *trial, kind, which string, at time.Duration, m canary.Meeting) {
	l.record(history.Event{Kind: history.Canary, Arm: t.arm, Instance: t.instance, Name: kind, On: t.on,
		At: at, Until: at + m.Wait, Value: m.Wait.Seconds(), Detail: which + " " + m.Met})
}
