package lab

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/lab/process"
)

// A victim is what the lab can hurt beside paths: an arm's Redis, an instance of the service, an arm's database.
type victim struct {
	spot
	store *store    // of on redis
	inst  *instance // of on instance
	base  *database // of on database

	// All under the lab's applying.
	sick    bool   // something was done to it that is not known to be undone
	unready bool   // an instance that did not get ready when its last fault was lifted
	trial   *trial // of the fault that is on; nil: none
	past    *trial // of the fault before, whose canaries may still look at its end
}

// victims lists what can be hurt on "redis" or "database", one for each arm, or on "instance".
func (l *Lab) victims(on string) []*victim {
	var all []*victim
	for _, a := range l.arms {
		if on == "redis" && a.victim != nil {
			all = append(all, a.victim)
		}
		if on == "database" && a.base != nil {
			all = append(all, a.base)
		}
		for _, in := range a.instances {
			if on == "instance" && in.victim != nil {
				all = append(all, in.victim)
			}
		}
	}
	return all
}

// process is the present one; nil: it does not run. A database has none.
func (v *victim) process() *process.Process {
	if v.inst != nil {
		return v.inst.running()
	}
	return v.store.running()
}

// probe opens a new connection straight to the victim and asks for a sign of life. patience is for all of it.
func (v *victim) probe(ctx context.Context, patience time.Duration) canary.Meeting {
	if v.store != nil {
		return v.store.ping(ctx, patience)
	}
	if v.base != nil {
		return v.base.probe(ctx, patience)
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	began := time.Now()
	return canary.Met(askHealth(ctx, v.inst.at()), began)
}

// goesOn asks a connection that was open before the fault whether it reads.
func (v *victim) goesOn(patience time.Duration) canary.Meeting {
	h := v.store.held()
	if h == nil { // it has just been put back
		return canary.Meeting{Met: "error", Detail: "nothing is held"}
	}
	return h.goesOn(patience)
}

// awaits waits until a probe meets want.
func (v *victim) awaits(ctx context.Context, want string) error {
	ctx, cancel := context.WithTimeout(ctx, healWithin)
	defer cancel()
	for wait := time.Millisecond; ; wait = min(wait*2, 20*time.Millisecond) {
		m := v.probe(ctx, healWithin)
		if m.Met == want {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("a new connection to it met %v, want %s: %w", m, want, ctx.Err())
		case <-time.After(wait):
		}
	}
}

// gone reports whether it is an instance that has exited by itself: there is nothing to hurt, nor to mend.
func (v *victim) gone() bool { return v.inst != nil && v.process().Died() != nil }

// isGone is gone of one that does not answer: its end may be seen a moment later than that.
func (v *victim) isGone() bool {
	if v.inst != nil {
		select {
		case <-v.process().Done():
		case <-time.After(fault.PathWait):
		}
	}
	return v.gone()
}

// alive is an error when there is nothing to hurt.
func (v *victim) alive() error {
	if v.base != nil {
		return v.base.there()
	}
	p := v.process()
	if p == nil {
		return errNotUp
	}
	if err := p.Died(); err != nil {
		return err
	}
	if p.Exited() { // a fault could not be lifted
		return errNotUp
	}
	return nil
}

var errNotUp = errors.New("it does not run: bring the lab up first (Fresh)")

// mend undoes whatever a fault has done to the victim, and returns when it answers. What has
// exited by itself stays so. The error of an instance is ErrNotReady where only that went wrong.
func (l *Lab) mend(ctx context.Context, v *victim) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if v.base != nil {
		err := v.base.unlock()
		v.sick = err != nil
		return err
	}
	p := v.process()
	if p == nil {
		return errNotUp
	}
	if p.Expected() {
		if err := p.Kill(); err != nil { // it was only asked to go, and may not have
			return err
		}
		if err := l.again(ctx, v); err != nil {
			p := v.process() // one that did not get ready would be in the way of the next try
			if v.inst != nil {
				l.bear(v.inst, err)
			}
			p.Expect()
			return errors.Join(err, p.Kill())
		}
		v.sick = false
		return nil
	}
	if v.gone() {
		v.sick = false
		return nil
	}
	if err := p.Died(); err != nil {
		return err
	}
	p.Resume()
	var err error
	if v.inst != nil {
		if err = waitReady(ctx, v.inst.at(), l.spec.ReadyIn, p); err != nil && ctx.Err() == nil {
			err = notReady{err}
		}
	} else {
		err = v.store.revive(ctx)
	}
	if v.gone() { // it ended when it was let go on
		err = nil
	}
	if err == nil {
		v.sick = false
	}
	return err
}

// again starts the victim where it was, and waits until it is ready.
func (l *Lab) again(ctx context.Context, v *victim) error {
	if v.inst != nil {
		return l.startAgain(ctx, v.inst)
	}
	return l.startStoreAgain(ctx, v.store)
}
