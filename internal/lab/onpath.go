package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/proxy"
)

// provePath proves that the path is in use and whole just before the fault, and keeps the canary.
func (t *trial) provePath(ctx context.Context) {
	if t.start == nil && t.path.bypassed() {
		t.flaw = bypass
	}
	ctx, cancel := context.WithTimeout(ctx, healedPatience)
	defer cancel()
	if t.path.own != nil {
		stats := t.path.own.Stats()
		t.hit, t.stood = stats.Hit, stats.Stood
	}
	var err error
	if t.old, err = t.path.proxy.OpenCanary(ctx); err != nil {
		t.doubt(fmt.Sprintf("the path was not whole before the fault: %v", err))
		return
	}
	if m := t.meet("", "old", func() canary.Meeting { return t.old.Probe(ctx, healedPatience) }); m.Met != "reply" {
		t.doubt("the path was not whole before the fault: its canary met " + m.String())
	}
	if t.path.watch != nil {
		t.path.watch.look()
	}
}

// hurtPath switches the fault on and has it watched.
func (t *trial) hurtPath(ctx context.Context) error {
	p := t.path
	t.since = t.lab.now()
	err := p.proxy.Apply(ctx, t.fault)
	until := t.lab.now()
	if err != nil {
		// It may be half on. Whether or not this mends it, the caller cannot count on the fault.
		heal, cancel := context.WithTimeout(context.WithoutCancel(ctx), healWithin)
		defer cancel()
		err = errors.Join(err, p.proxy.Apply(heal, fault.Fault{}))
		if t.old != nil {
			t.old.Close()
		}
		return fmt.Errorf("%s on %v: %w", t.fault.Kind, p.spot, err)
	}
	t.recordOn(until)
	p.trial = t
	t.lab.trials.add(t)
	go t.watchPath()
	return nil
}

// lift switches the path's fault off, if it has the one that a means.
func (p *path) lift(ctx context.Context, a Action) error {
	t, err := p.toLift(a)
	if t == nil || err != nil {
		return err
	}
	t.stop() // a probe that is under way would meet both the fault and its end
	at := t.lab.now()
	if err := p.proxy.Apply(ctx, fault.Fault{}); err != nil {
		return fmt.Errorf("lift %s on %v: %w", t.fault.Kind, p.spot, err)
	}
	t.recordOff(a.Planned, at)
	p.lifted()
	t.conclude(true)
	return nil
}

// watchPath probes the fault until it is over, and then judges. It ends within the canaries' timeout.
func (t *trial) watchPath() {
	defer close(t.done)
	oldLives := t.old != nil
	if t.old != nil {
		defer t.old.Close()
	}
	for again := true; again; {
		if t.probePath(&oldLives) {
			t.proved++
		}
		select {
		case <-t.over:
			again = false
		case <-time.After(probeAgain):
		}
	}
	lifted := <-t.end
	if t.fault.Chooses() && t.path.own.Stats().Hit == t.hit { // no fault follows before this trial is done
		t.doubt("no command of the service was hit: its canaries were, so the service sent none that is chosen")
	}
	if t.fault.OldOnly() && t.path.own.Stats().Stood == t.stood {
		t.doubt("no connection of the service was hurt: none that stood when it began was used after that")
	}
	if lifted {
		t.proveLifted(oldLives)
	}
	close(t.quiet)
	if t.start != nil {
		<-t.settled // it may use its path only once the fault is over
		t.doubtUnused()
	}
	t.deliver()
}

// probePath probes once: the old connection, while it lives, and a new one, side by side. It
// reports false when the fault ended meanwhile: then what they met proves nothing.
func (t *trial) probePath(oldLives *bool) bool {
	ctx, finish := t.untilOver()
	stands, opens := t.fault.Meets()
	wait := func(meets fault.Meets) time.Duration {
		if slices.Contains(meets.Canary, "silence") {
			return fault.PathWait
		}
		return healedPatience + t.fault.Delay + t.fault.Jitter
	}
	at := t.lab.now()
	var old, fresh canary.Meeting
	var probes sync.WaitGroup
	if *oldLives {
		probes.Go(func() { old = t.old.Probe(ctx, wait(stands)) })
	}
	probes.Go(func() { fresh = t.path.proxy.ProbeNew(ctx, wait(opens)) })
	probes.Wait()
	finish()
	if t.path.watch != nil {
		t.path.watch.look() // one that connects for each question is not there at every moment
	}
	if t.isOver() {
		*oldLives = *oldLives && survived(old)
		return false
	}
	if *oldLives {
		t.met(t.fault.Kind, "old", at, old)
		t.judge(old, true)
		*oldLives = survived(old)
	}
	t.met(t.fault.Kind, "new", at, fresh)
	t.judge(fresh, false)
	return true
}

// judge doubts the delivery if what was met is not what the fault does.
func (t *trial) judge(m canary.Meeting, old bool) {
	if ok, why := t.path.delivered(t.fault, m, old); !ok {
		which := "a new connection "
		if old {
			which = "the old connection "
		}
		t.doubt(which + why)
	}
}

// survived reports whether a connection can be probed again.
func survived(m canary.Meeting) bool { return m.Met != "eof" && m.Met != "reset" }

// proveLifted looks whether the path is whole again.
func (t *trial) proveLifted(oldLives bool) {
	ctx := context.Background()
	switch {
	case t.fault.ForGood() && !oldLives:
		t.doubt("the old connection ended, and was to stay hurt for good")
	case t.fault.ForGood():
		m := t.meet("", "old", func() canary.Meeting { return t.old.Probe(ctx, fault.PathWait) })
		if ok, why := proxy.Stays(t.fault, m); !ok {
			t.doubt("after the end the old connection " + why + ": it was to stay hurt for good")
		}
	case oldLives:
		t.meet("", "old", func() canary.Meeting { return t.old.Probe(ctx, healedPatience) })
	}
	t.missReply(t.meet("", "new", func() canary.Meeting { return t.path.proxy.ProbeNew(ctx, healedPatience) }))
}
