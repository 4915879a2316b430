package lab

import (
	"context"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/lab/dependency"
)

// instanceKinds lists the kinds of faults that can be done to an instance.
func instanceKinds() []string { return dependency.Kinds(new(instance).Mechanisms()) }

// Mechanisms are how it can be hurt.
func (in *instance) Mechanisms() []dependency.Mechanism {
	return []dependency.Mechanism{
		{Kind: "killed", Hurt: in.kill},
		{Kind: "terminated", Hurt: in.terminate, Slowly: true},
		{Kind: "stopped", Hurt: in.pause},
	}
}

// kill ends the process at once.
func (in *instance) kill(context.Context, fault.Fault) error {
	p := in.running()
	p.Expect()
	return p.Kill()
}

// terminate asks the process to end.
func (in *instance) terminate(context.Context, fault.Fault) error {
	p := in.running()
	p.Expect()
	p.Terminate()
	return nil
}

// pause takes the processor away from the process and whatever it started.
func (in *instance) pause(ctx context.Context, _ fault.Fault) error { return in.running().Pause(ctx) }

// Probe asks for its health on a new connection.
func (in *instance) Probe(ctx context.Context, timeout time.Duration) canary.Meeting {
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	began := time.Now()
	return canary.Met(in.lab.spec.Ready.ask(ctx, in.at()), began)
}

// Up is nil when it runs.
func (in *instance) Up() error {
	p := in.running()
	switch {
	case p == nil:
		return dependency.ErrNotUp
	case p.Died() != nil:
		return dependency.ErrGone
	case p.Exited(): // a fault could not be lifted
		return dependency.ErrNotUp
	}
	return nil
}

// Mend undoes whatever a fault has done to it, and waits until it is ready. The error is ErrNotReady where only that went wrong.
func (in *instance) Mend(ctx context.Context) error {
	p := in.running()
	if p == nil {
		return dependency.ErrNotUp
	}
	if p.Expected() {
		return p.Again(func() error {
			err := in.startAgain(ctx)
			in.mayBeUnready(err)
			return err
		}, in.running)
	}
	if p.Died() != nil {
		return nil
	}
	p.Resume()
	err := in.lab.spec.Ready.waitReady(ctx, in.at(), in.lab.spec.ReadyIn, p)
	switch {
	case p.Died() != nil: // it ended when it was let go on
		return nil
	case err != nil && ctx.Err() == nil:
		return notReady{err}
	}
	return err
}
