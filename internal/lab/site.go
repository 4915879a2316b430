package lab

import "fmt"

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
