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
	"github.com/trektribe/bench/internal/history"
)

// probeSoon is the pause before a process that may take its time to end is looked at again.
const probeSoon = 20 * time.Millisecond

// beforeStrike proves that the victim answers just before the fault.
func (l *Lab) beforeStrike(ctx context.Context, t *trial) {
	at := l.spec.Clock.Now()
	m := t.probe(ctx, healedPatience)
	l.met(t, "", "new", at, m)
	t.found = m.Met
	if m.Met == "reply" {
		t.victim.unready = false
	} else if !t.victim.unready { // otherwise that is what an earlier fault has made of the service
		t.doubt(fmt.Sprintf("%v was not whole before the fault: a new connection met %v", t.spot, m))
	}
}

// meetsNobody concludes on a fault of an instance that has exited by itself, or did not come up again. One that would have ended it
// finds what it would have done, if that is what its canary met; any other has no effect.
func (l *Lab) meetsNobody(t *trial) {
	t.since, t.flaw = l.spec.Clock.Now(), fmt.Sprintf("%v had exited by itself", t.spot)
	if t.victim.unready {
		t.flaw = fmt.Sprintf("%v had not come up again", t.spot)
	}
	if slices.Contains(t.meets(), t.found) {
		t.proved, t.flaw = 1, ""
	}
	l.deliver(t)
}

// strike does t's fault to its victim and has it watched. What it cannot do whole it undoes.
func (l *Lab) strike(ctx context.Context, t *trial) error {
	v := t.victim
	if v.gone() || v.unready && v.process().Exited() {
		l.meetsNobody(t)
		return nil
	}
	if err := v.alive(); err != nil {
		return fmt.Errorf("%s on %v: %w", t.fault.Kind, v.spot, err)
	}
	v.sick = true
	t.since = l.spec.Clock.Now()
	err := t.does.hurt(ctx, l, t)
	until := l.spec.Clock.Now()
	if err == nil {
		err = ctx.Err()
	}
	if err != nil {
		return l.undo(ctx, t, err)
	}
	l.record(history.Event{Kind: history.FaultOn, Arm: v.arm, Instance: v.instance, Name: t.fault.Kind, On: v.on,
		Planned: t.planned, At: t.since, Until: until, Detail: t.parameters()})
	v.trial = t
	l.trials.add(t)
	if !t.kind().Brief {
		go l.attend(t)
		return nil
	}
	if len(t.meets()) > 0 {
		l.examine(t)
	}
	go l.attend(t)
	if err := l.heal(ctx, t, t.planned); err != nil {
		return l.undo(ctx, t, err)
	}
	return nil
}

// undo makes the victim whole again after a fault that the caller cannot count on.
func (l *Lab) undo(ctx context.Context, t *trial, why error) error {
	ctx, cancel := l.bind(context.WithoutCancel(ctx))
	defer cancel()
	ctx, stop := context.WithTimeout(ctx, l.spec.ReadyIn)
	defer stop()
	why = fmt.Errorf("%s on %v: %w", t.fault.Kind, t.spot, why)
	if t.victim.trial == t { // it is on record
		if err := l.heal(ctx, t, t.planned); err != nil {
			return fmt.Errorf("%w; and it could not be undone: %w", why, err)
		}
		return why
	}
	if err := l.mend(ctx, t.victim); err != nil {
		return fmt.Errorf("%w; and it could not be undone: %w", why, err)
	}
	return why
}

// relieve lifts v's fault, if it has the one that a means. That nothing is on is no error.
func (l *Lab) relieve(ctx context.Context, v *victim, a Action) error {
	t := v.trial
	if t == nil {
		return nil
	}
	if a.Kind != "" && a.Kind != t.fault.Kind {
		return fmt.Errorf("lift %s on %v: %s is on there", a.Kind, v.spot, t.fault.Kind)
	}
	return l.heal(ctx, t, a.Planned)
}

// heal ends t's fault. After an error it is still on, but for ErrNotReady: the fault is over then, and that the
// instance is not there any more is what the service made of it.
func (l *Lab) heal(ctx context.Context, t *trial, planned time.Duration) error {
	v := t.victim
	t.stop() // a probe that is under way would meet both the fault and its end
	at := l.spec.Clock.Now()
	err := l.mend(ctx, v)
	if err != nil {
		err = fmt.Errorf("lift %s on %v: %w", t.fault.Kind, v.spot, err)
	}
	if v.unready = errors.Is(err, ErrNotReady); err != nil && !v.unready {
		return err
	}
	l.record(history.Event{Kind: history.FaultOff, Arm: v.arm, Instance: v.instance, Name: t.fault.Kind, On: v.on,
		Planned: planned, At: at, Until: l.spec.Clock.Now()})
	v.trial, v.past = nil, t
	t.conclude(err == nil) // nor is it the lab's problem that one that is not ready does not answer
	return err
}

// attend probes a victim until its fault is over, and then judges.
func (l *Lab) attend(t *trial) {
	defer close(t.done)
	for !t.isOver() {
		if !t.kind().Brief {
			l.examine(t)
		}
		again := probeAgain
		if t.does.slowly && t.proved == 0 { // it has not ended yet
			again = probeSoon
		}
		select {
		case <-t.over:
		case <-time.After(again):
		}
	}
	if <-t.end {
		at := l.spec.Clock.Now()
		m := t.probe(context.Background(), healedPatience)
		l.met(t, "", "new", at, m)
		if m.Met == "reply" || !t.victim.isGone() {
			l.missReply(t, m)
		}
		l.look(t)
	}
	close(t.quiet)
	if t.does.slowly && t.proved == 0 {
		t.doubt("it was not seen to end while the fault lasted")
	}
	l.deliver(t)
}

// examine probes once. What it meets when the fault is over proves nothing, and neither does
// the answer of a process that may take its time.
func (l *Lab) examine(t *trial) {
	ctx, finish := t.untilOver()
	at := l.spec.Clock.Now()
	patience := healedPatience // an answer may be late on a busy machine, and its absence is no proof
	if slices.Contains(t.meets(), "silence") {
		patience = fault.ProcessWait
	}
	m := t.probe(ctx, patience)
	var old canary.Meeting
	asked := l.spec.Clock.Now()
	if t.does.spares {
		old = t.victim.goesOn(patience)
	}
	finish()
	ended := t.does.timed && l.spec.Clock.Now() >= t.since+t.fault.For
	if t.isOver() || ended {
		return
	}
	proof := slices.Contains(t.meets(), m.Met)
	if t.does.slowly && !proof {
		return
	}
	l.met(t, t.fault.Kind, "new", at, m)
	t.proved++
	if !proof {
		t.doubt(fmt.Sprintf("a new connection met %v, want %s", m, strings.Join(t.meets(), " or ")))
	}
	if t.does.spares {
		l.met(t, t.fault.Kind, "old", asked, old)
		if old.Met != "reply" {
			t.doubt(fmt.Sprintf("a connection that was open before met %v, and was to go on", old))
		}
	}
}

// probe opens a new connection to the victim and asks for what t's fault takes away.
func (t *trial) probe(ctx context.Context, patience time.Duration) canary.Meeting {
	if t.does.writes {
		return t.victim.store.write(ctx, patience)
	}
	return t.victim.probe(ctx, patience)
}

// look looks at what else must be so once the fault has been lifted.
func (l *Lab) look(t *trial) {
	if t.does.after == nil {
		return
	}
	at := l.spec.Clock.Now()
	m := t.does.after(context.Background(), t)
	l.met(t, "", "kept", at, m)
	if m.Met != "reply" {
		t.doubt(fmt.Sprintf("after it, what was there before met %v", m))
	}
}
