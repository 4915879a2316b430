package lab

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/lab/dependency"
)

// probeSoon is the pause before a process that may take its time to end is looked at again.
const probeSoon = 20 * time.Millisecond

// proveTarget proves that the target answers just before the fault.
func (t *trial) proveTarget(ctx context.Context) {
	m := t.meet("", "new", func() canary.Meeting { return t.probe(ctx, healedPatience) })
	t.found = m.Met
	if m.Met == "reply" {
		t.target.unready = false
	} else if !t.target.unready { // otherwise that is what an earlier fault has made of the service
		t.doubt(fmt.Sprintf("%v was not whole before the fault: a new connection met %v", t.spot, m))
	}
}

// deliverToNobody concludes on a fault of an instance that has exited by itself, or did not come up again. One that would have
// ended it finds what it would have done, if that is what its canary met; any other has no effect.
func (t *trial) deliverToNobody() {
	t.since, t.flaw = t.lab.now(), fmt.Sprintf("%v had exited by itself", t.spot)
	if t.target.unready {
		t.flaw = fmt.Sprintf("%v had not come up again", t.spot)
	}
	if slices.Contains(t.meets(), t.found) {
		t.proved, t.flaw = 1, ""
	}
	t.deliver()
}

// hurtTarget does the fault to its target and has it watched. What it cannot do whole it undoes.
func (t *trial) hurtTarget(ctx context.Context) error {
	v := t.target
	switch err := v.Up(); {
	case errors.Is(err, dependency.ErrGone), err != nil && v.unready:
		t.deliverToNobody()
		return nil
	case err != nil:
		return fmt.Errorf("%s on %v: %w", t.fault.Kind, v.spot, err)
	}
	v.broken = true
	t.since = t.lab.now()
	err := t.does.Hurt(ctx, t.fault)
	until := t.lab.now()
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return t.undo(ctx, err)
	}
	if t.does.Found != nil {
		m, flaw := t.does.Found()
		if flaw != "" {
			t.doubt(flaw)
		}
		t.proved++
		t.met(t.fault.Kind, "new", until-m.Wait, m)
	}
	t.recordOn(until)
	v.trial = t
	t.lab.trials.add(t)
	if !t.kind().Brief {
		go t.watchTarget()
		return nil
	}
	if len(t.meets()) > 0 {
		t.probeTarget()
	}
	go t.watchTarget()
	if err := t.heal(ctx, t.planned); err != nil {
		return t.undo(ctx, err)
	}
	return nil
}

// undo makes the target whole again after a fault that the caller cannot count on.
func (t *trial) undo(ctx context.Context, why error) error {
	ctx, cancel := t.lab.bind(context.WithoutCancel(ctx))
	defer cancel()
	ctx, stop := context.WithTimeout(ctx, t.lab.spec.ReadyIn)
	defer stop()
	why = fmt.Errorf("%s on %v: %w", t.fault.Kind, t.spot, why)
	mend := func() error { return t.target.mend(ctx) }
	if t.target.trial == t { // it is on record
		mend = func() error { return t.heal(ctx, t.planned) }
	}
	if err := mend(); err != nil {
		return fmt.Errorf("%w; and it could not be undone: %w", why, err)
	}
	return why
}

// lift lifts the target's fault, if it has the one that a means.
func (v *target) lift(ctx context.Context, a Action) error {
	t, err := v.toLift(a)
	if t == nil || err != nil {
		return err
	}
	return t.heal(ctx, a.Planned)
}

// heal ends the fault. After an error it is still on, but for ErrNotReady: the fault is over then, and that the
// instance is not there any more is what the service made of it.
func (t *trial) heal(ctx context.Context, planned time.Duration) error {
	v := t.target
	t.stop() // a probe that is under way would meet both the fault and its end
	at := t.lab.now()
	err := v.mend(ctx)
	if err != nil {
		err = fmt.Errorf("lift %s on %v: %w", t.fault.Kind, v.spot, err)
	}
	if v.unready = errors.Is(err, ErrNotReady); err != nil && !v.unready {
		return err
	}
	t.recordOff(planned, at)
	v.lifted()
	t.conclude(err == nil) // nor is it the lab's problem that one that is not ready does not answer
	return err
}

// watchTarget probes a target until its fault is over, and then judges.
func (t *trial) watchTarget() {
	defer close(t.done)
	for !t.isOver() {
		if !t.kind().Brief {
			t.probeTarget()
		}
		again := probeAgain
		if t.does.Slowly && t.proved == 0 { // it has not ended yet
			again = probeSoon
		}
		select {
		case <-t.over:
		case <-time.After(again):
		}
	}
	if <-t.end {
		m := t.meet("", "new", func() canary.Meeting { return t.probe(context.Background(), healedPatience) })
		if m.Met == "reply" || !t.target.gone() {
			t.missReply(m)
		}
		t.proveKept()
	}
	close(t.quiet)
	if t.does.Slowly && t.proved == 0 {
		t.doubt("it was not seen to end while the fault lasted")
	}
	t.deliver()
}

// probeTarget probes once. What it meets when the fault is over proves nothing, and neither does
// the answer of a process that may take its time.
func (t *trial) probeTarget() {
	ctx, finish := t.untilOver()
	at := t.lab.now()
	timeout := healedPatience // an answer may be late on a busy machine, and its absence is no proof
	if slices.Contains(t.meets(), "silence") {
		timeout = fault.ProcessWait
	}
	m := t.probe(ctx, timeout)
	var old canary.Meeting
	asked := t.lab.now()
	if t.does.Old != nil {
		old = t.does.Old(timeout)
	}
	finish()
	ended := t.does.Timed && t.lab.now() >= t.since+t.fault.For
	if t.isOver() || ended {
		return
	}
	proof := slices.Contains(t.meets(), m.Met)
	if t.does.Slowly && !proof {
		return
	}
	t.met(t.fault.Kind, "new", at, m)
	t.proved++
	if !proof {
		t.doubt(fmt.Sprintf("a new connection met %v, want %s", m, strings.Join(t.meets(), " or ")))
	}
	if t.does.Old != nil {
		t.met(t.fault.Kind, "old", asked, old)
		if old.Met != "reply" {
			t.doubt(fmt.Sprintf("a connection that was open before met %v, and was to go on", old))
		}
	}
}

// probe opens a new connection to the target and asks for what the fault takes away.
func (t *trial) probe(ctx context.Context, timeout time.Duration) canary.Meeting {
	if t.does.Probe != nil {
		return t.does.Probe(ctx, timeout)
	}
	return t.target.Probe(ctx, timeout)
}

// proveKept looks at what else must be so once the fault has been lifted.
func (t *trial) proveKept() {
	if t.does.After == nil {
		return
	}
	m := t.meet("", "kept", func() canary.Meeting { return t.does.After(context.Background()) })
	if m.Met != "reply" {
		t.doubt(fmt.Sprintf("after it, what was there before met %v", m))
	}
}
