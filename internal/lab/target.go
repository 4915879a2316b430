package lab

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/lab/dependency"
)

// A target is what the lab hurts itself, and not through a proxy: a dependency of an arm, or an instance of the
// service. All of it is under the lab's applying.
type target struct {
	site
	dependency.Target
	broken  bool // something was done to it that is not known to be undone
	unready bool // an instance that did not get ready when its last fault was lifted
}

// targets lists what can be hurt on one of fault.Targets.
func (l *Lab) targets(on string) []*target {
	var all []*target
	for _, a := range l.arms {
		for _, t := range a.targets {
			if t.on == on {
				all = append(all, t)
			}
		}
		for _, in := range a.instances {
			if on == "instance" && in.target != nil {
				all = append(all, in.target)
			}
		}
	}
	return all
}

// mechanism is how it can be hurt by the kind; nil: not at all.
func (t *target) mechanism(kind string) *dependency.Mechanism {
	for _, m := range t.Mechanisms() {
		if m.Kind == kind {
			return &m
		}
	}
	return nil
}

// mend undoes whatever a fault has done to the target.
func (t *target) mend(ctx context.Context) error {
	err := ctx.Err()
	if err == nil {
		err = t.Mend(ctx)
	}
	if err == nil {
		t.broken = false
	}
	return err
}

// gone reports whether it has ended by itself, of one that does not answer: its end may be seen a moment later.
func (t *target) gone() bool {
	for deadline := time.Now().Add(fault.PathWait); ; {
		if errors.Is(t.Up(), dependency.ErrGone) {
			return true
		}
		if time.Now().After(deadline) {
			return false
		}
		time.Sleep(time.Millisecond)
	}
}

// A spot is where a fault is. An empty instance: what all of the arm share.
type spot struct{ arm, instance, on string }

func (s spot) where() spot { return s }

func (s spot) String() string {
	switch {
	case s.on == "instance":
		return s.on + " " + s.arm + "-" + s.instance
	case s.instance == "":
		return s.on + " of " + s.arm
	}
	return s.on + " of " + s.arm + "-" + s.instance
}

// A site is a spot and the fault that is on there; there is at most one. It is guarded by the lab's applying.
type site struct {
	spot
	trial *trial // of the fault that is on; nil: none
	past  *trial // of the fault before, whose canaries may still look at its end
}

// toLift is the trial of the fault that a lifts; nil: nothing is on. That is no error: a caller that cleans
// up need not know how far it came.
func (s *site) toLift(a Action) (*trial, error) {
	if s.trial != nil && a.Kind != "" && a.Kind != s.trial.fault.Kind {
		return nil, fmt.Errorf("lift %s on %v: %s is on there", a.Kind, s.spot, s.trial.fault.Kind)
	}
	return s.trial, nil
}

// lifted notes that the fault of the site's trial is over.
func (s *site) lifted() { s.trial, s.past = nil, s.trial }
