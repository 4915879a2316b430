package lab

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab/dependency"
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

// A trial proves that one fault arrived: a canary connection that was whole
// before the fault, and new ones during it, must meet what the fault does, every time.
//
// To a target that the lab hurts itself no connection stays open from before; new ones go straight to it.
type trial struct {
	spot
	lab     *Lab
	fault   fault.Fault
	planned time.Duration
	since   time.Duration // when it was switched on

	path  *path          // nil: the fault is on a target
	old   *canary.Canary // opened before the fault; nil: that did not work
	hit   int64          // the commands that its path's faults had been done to before
	stood int64          // and the connections

	target *target               // nil: the fault is on a path
	does   *dependency.Mechanism // to a target
	found  string                // what a canary met before it

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

func (l *Lab) newTrial(at spot, a Action) *trial {
	t := &trial{spot: at, lab: l, fault: a.Fault, planned: a.Planned, over: make(chan struct{}), end: make(chan bool, 1), done: make(chan struct{}),
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

// recordOn records that the fault is on, since then until now.
func (t *trial) recordOn(until time.Duration) {
	t.lab.record(history.Event{Kind: history.FaultOn, Arm: t.arm, Instance: t.instance, Name: t.fault.Kind, On: t.on,
		Planned: t.planned, At: t.since, Until: until, Detail: t.parameters()})
}

// recordOff records that the fault is over.
func (t *trial) recordOff(planned, at time.Duration) {
	t.lab.record(history.Event{Kind: history.FaultOff, Arm: t.arm, Instance: t.instance, Name: t.fault.Kind, On: t.on,
		Planned: planned, At: at, Until: t.lab.now()})
}

// deliver records whether the fault arrived.
func (t *trial) deliver() {
	if t.proved == 0 {
		t.doubt("the fault was over before a canary could prove it")
	}
	if t.path != nil && t.path.watch != nil && t.path.watch.unused() {
		t.doubt("the service was never seen connected to the proxy: give it the proxy's address for its Redis")
	}
	e := history.Event{Kind: history.Delivery, Arm: t.arm, Instance: t.instance, Name: t.fault.Kind, On: t.on,
		Planned: t.planned, At: t.since, Until: t.lab.now(), Value: 1, Detail: t.flaw}
	if t.flaw != "" {
		e.Value = 0
	}
	t.lab.record(e)
}

// missReply records that the fault was lifted and yet is not gone; a reply shows that it is.
func (t *trial) missReply(m canary.Meeting) {
	if m.Met == "reply" {
		return
	}
	now := t.lab.now()
	t.lab.record(history.Event{Kind: history.Problem, Arm: t.arm, Instance: t.instance, On: t.on, At: now, Until: now,
		Detail: fmt.Sprintf("%s on %s was lifted, but a new connection met %v", t.fault.Kind, t.on, m)})
}

// meet probes, and records what was met.
func (t *trial) meet(kind, which string, probe func() canary.Meeting) canary.Meeting {
	at := t.lab.now()
	m := probe()
	t.met(kind, which, at, m)
	return m
}

// met records what a canary met: kind is empty before and after the fault.
func (t *trial) met(kind, which string, at time.Duration, m canary.Meeting) {
	t.lab.record(history.Event{Kind: history.Canary, Arm: t.arm, Instance: t.instance, Name: kind, On: t.on,
		At: at, Until: at + m.Wait, Value: m.Wait.Seconds(), Detail: which + " " + m.Met})
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
	if t.does != nil && len(t.does.Meets) > 0 {
		return t.does.Meets
	}
	return t.kind().New.Canary
}

// parameters is what the fault was given, for people.
func (t *trial) parameters() string {
	if t.does != nil && t.does.Timed {
		return fmt.Sprintf("for %v", t.fault.For)
	}
	return t.fault.Arguments()
}
