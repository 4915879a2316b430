package process

import (
	"context"
	"fmt"
	"slices"
	"syscall"
	"time"

	"github.com/trektribe/bench/internal/lab/container"
)

// pauseWithin is how long a process may take to stop: SIGSTOP reaches its threads one by one.
const pauseWithin = 2 * time.Second

// A service is often started by a shell or a supervisor, which may put it into a group or a session of its own. The
// family of a Process is its group, and whatever descends from it. Outside Linux it is the group alone.

// signal sends sig to the family, or has the engine do the same to the container.
func (p *Process) signal(sig syscall.Signal) {
	if p.container != "" {
		p.signalContainer(sig)
		return
	}
	all := family(p.PID(), p.mark) // while parents are there
	signalGroup(p.PID(), sig)
	for _, m := range all {
		if !m.inGroup {
			signalOne(m.pid, sig)
		}
	}
}

// Terminate asks the process and whatever it started to end, as an operator would.
func (p *Process) Terminate() {
	p.asked.Store(true)
	p.signal(syscall.SIGTERM)
}

// signalContainer does what stands for sig. Its client ends with it: it may be about to make it.
func (p *Process) signalContainer(sig syscall.Signal) {
	switch sig {
	case syscall.SIGTERM:
		container.Terminate(p.container)
	case goOnSignal:
		container.Resume(p.container)
	case syscall.SIGKILL:
		container.Kill(p.container)
		signalGroup(p.PID(), sig)
	}
}

// Pause takes the processor away from the process and whatever it started, and
// returns when none of them can run any more, at most after pauseWithin.
func (p *Process) Pause(ctx context.Context) error {
	if p.container != "" {
		return container.Pause(p.container)
	}
	ctx, cancel := context.WithTimeout(ctx, pauseWithin)
	defer cancel()
	for {
		p.signal(stopSignal) // again: one that was not there before may be
		if !slices.ContainsFunc(family(p.PID(), p.mark), member.atWork) {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("process %d does not stop: %w", p.PID(), ctx.Err())
		case <-time.After(time.Millisecond):
		}
	}
}

// Resume gives it back. That it was not taken away is no error.
func (p *Process) Resume() { p.signal(goOnSignal) }

// Removed reports whether its container is gone, and not just ended. Of a process without one it says no.
func (p *Process) Removed() (bool, error) {
	if p.container == "" {
		return false, nil
	}
	return container.Removed(p.container)
}

// endRest ends what the process has started, when it has ended itself. What was asked to end, and is busy with it, has
// as long for that as the process.
func (p *Process) endRest() {
	if p.container != "" {
		container.Remove(p.container) // its client may have been killed before it did
	}
	for deadline := time.Now().Add(grace); p.asked.Load() && !p.killed.Load() && time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		if len(family(p.PID(), p.mark)) == 0 {
			break
		}
	}
	for deadline := time.Now().Add(reapWithin); time.Now().Before(deadline); time.Sleep(time.Millisecond) {
		p.signal(syscall.SIGKILL)
		if len(family(p.PID(), p.mark)) == 0 {
			return
		}
	}
}

// A Serving is the processes that listen on one port.
type Serving []member

// Behind are those of the family that listen on the port in the process's place; empty: it does itself, and its own end
// tells all, or none is known to.
func (p *Process) Behind(port int) Serving {
	if len(listening([]member{{pid: p.PID()}}, port)) > 0 { // as most do
		return nil
	}
	return listening(family(p.PID(), p.mark), port)
}

// Ended reports whether all of them have.
func (s Serving) Ended() bool { return !slices.ContainsFunc(s, member.alive) }

func (s Serving) String() string {
	text := "process"
	if len(s) > 1 {
		text += "es"
	}
	for _, m := range s {
		text += fmt.Sprintf(" %d", m.pid)
	}
	return text
}

// A member is one process of a family.
type member struct {
	pid     int
	began   string // tells one use of its number from the next
	inGroup bool
}

// alive reports whether it is there, and no zombie.
func (m member) alive() bool { return running(m.pid) && startTime(m.pid) == m.began }
