package lab

import (
	"errors"
	"fmt"
)

// ErrNotReady is the error of an instance that was started, or let go on, and did not get ready.
var ErrNotReady = errors.New("not ready")

// notReady is an ErrNotReady that says why.
type notReady struct{ error }

func (e notReady) Unwrap() error        { return e.error }
func (e notReady) Is(target error) bool { return target == ErrNotReady }

// mayBeUnready takes err for what there is to see of an instance that was started under a fault, or with another
// environment, if it is an ErrNotReady.
func (in *instance) mayBeUnready(err error) error {
	if !errors.Is(err, ErrNotReady) {
		return err
	}
	run := in.present()
	run.unready.Store(true)
	if run.Exited() {
		in.exited(run, run.Process)
	}
	return nil
}

// unready reports whether the instance was started and is not ready.
func (in *instance) unready() bool {
	run := in.present()
	return run != nil && !run.ready.Load()
}

// readiness says how many instances are ready.
func (l *Lab) readiness() string {
	missing := 0
	for _, a := range l.arms {
		for _, in := range a.instances {
			if in.unready() {
				missing++
			}
		}
	}
	if missing > 0 {
		return fmt.Sprintf("%d not ready, the others", missing)
	}
	return "ready"
}
