package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/trektribe/bench/internal/lab/container"
	"github.com/trektribe/bench/internal/redact"
)

const (
	// grace is what a process has between SIGTERM and SIGKILL.
	grace = 3 * time.Second
	// reapWithin is how long a killed process may take to be gone; the kernel needs milliseconds.
	reapWithin = 3 * time.Second
	// tailLines and tailBytes bound the log lines that an error quotes.
	tailLines = 10
	tailBytes = 16 << 10
)

// A Command is what a process is started from.
type Command struct {
	Name      string   // "hardened-1", "hardened-redis": names it in errors
	Argv      []string // Argv[0] is found as a shell would
	Env       []string // all of its environment
	Dir       string   // where it is started; empty: here
	Log       string   // the file that its output is added to
	Stdin     string   // what it reads
	Container bool     // Argv runs a container in the foreground: docker run, docker-compose run. Signals go to the container
	Told      bool     // it reads what Tell says, and not Stdin
	Hidden    []string // secrets that its log may show and errors must not
}

// A Process is a child in a process group of its own, so that a terminal's Ctrl-C
// does not reach it before the harness has judged, and so that it ends together
// with whatever it started. The nil Process was never started. Its methods are
// safe for concurrent use.
type Process struct {
	Command
	cmd     *exec.Cmd
	logFrom int64          // where this start's lines begin
	input   io.WriteCloser // of Tell; nil: it is told nothing

	container string        // its name; empty: it is none
	inside    atomic.Int64  // the number of its container's first process; 0: not known yet
	mark      string        // a variable in the environment of all that descends from it
	asked     atomic.Bool   // it was asked to end
	killed    atomic.Bool   // it was not asked, or has been asked for long enough
	wanted    atomic.Bool   // the harness ended it
	expected  atomic.Bool   // a fault ended it, or has told it to end
	done      chan struct{} // closed once it has been reaped
}

// Start starts c. exited is called when it has exited, for whatever reason, and
// before Done is closed; nil: nobody is told.
func (l *Lease) Start(c Command, exited func(*Process)) (*Process, error) {
	p := &Process{Command: c, done: make(chan struct{})}
	log, err := os.OpenFile(c.Log, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", c.Name, err)
	}
	defer log.Close()
	fmt.Fprintf(log, "--- %s start of %s: %s\n", time.Now().UTC().Format(time.RFC3339Nano), c.Name, redact.Text(strings.Join(c.Argv, " ")))
	if p.logFrom, err = log.Seek(0, io.SeekEnd); err != nil {
		return nil, fmt.Errorf("log of %s: %w", c.Name, err)
	}

	n := l.started.Add(1)
	if c.Container {
		if err := l.tell("containers"); err != nil { // before there is one
			return nil, fmt.Errorf("start %s: %w", c.Name, err)
		}
		p.container = fmt.Sprintf("bench-%s-%d", strings.ToLower(l.token), n)
		c.Argv = container.Marked(c.Argv, p.container, l.token)
	}
	// A file, not a pipe: nothing has to be copied, and Wait does not wait for a grandchild that kept it open.
	p.cmd = exec.Command(c.Argv[0], c.Argv[1:]...)
	p.mark = fmt.Sprintf("%s=%s-%d", markEnv, l.token, n)
	p.cmd.Dir = c.Dir
	p.cmd.Env = append(c.Env, LeaseEnv+"="+l.token, p.mark)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = ownGroup()
	if c.Stdin != "" {
		p.cmd.Stdin = strings.NewReader(c.Stdin)
	}
	if c.Told {
		if p.input, err = p.cmd.StdinPipe(); err != nil {
			return nil, fmt.Errorf("start %s: %w", c.Name, err)
		}
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.Name, err)
	}
	pid := p.PID()
	watched := l.watch(pid)
	go func() {
		p.cmd.Wait() // the status is kept in ProcessState
		// What it started ends with it. Its number cannot belong to another group
		// yet: the kernel hands numbers out in turn, and this one was freed just now.
		p.endRest()
		l.forget(pid)
		if exited != nil {
			exited(p)
		}
		close(p.done)
	}()
	if watched != nil {
		p.Kill()
		<-p.done
		return nil, fmt.Errorf("start %s: %w", c.Name, watched)
	}
	return p, nil
}

// PID is its number, and its group's.
func (p *Process) PID() int { return p.cmd.Process.Pid }

// Container is the name of the container whose client it is; empty: it is none.
func (p *Process) Container() string { return p.container }

// ServicePID is its number, and its group's; of a container's client that of the container's first process on this machine,
// 0 where that is not known.
func (p *Process) ServicePID() int {
	if p.container == "" {
		return p.PID()
	}
	if p.inside.Load() == 0 && !p.Exited() {
		p.inside.Store(int64(container.PID(p.container)))
	}
	return int(p.inside.Load())
}

// LogFrom is where its lines begin in its log.
func (p *Process) LogFrom() int64 { return p.logFrom }

// Done is closed once it is gone.
func (p *Process) Done() <-chan struct{} { return p.done }

// State is how it ended; only once it is gone.
func (p *Process) State() *os.ProcessState { return p.cmd.ProcessState }

// Expect says that a fault is about to end the process.
func (p *Process) Expect() {
	p.expected.Store(true)
	p.wanted.Store(true)
}

// Expected reports whether a fault has ended the process, or is about to.
func (p *Process) Expected() bool { return p.expected.Load() }

// Wanted reports whether the harness has ended the process, or is about to.
func (p *Process) Wanted() bool { return p.wanted.Load() }

// Tell gives the process a line to read.
func (p *Process) Tell(line string) error {
	if _, err := io.WriteString(p.input, line+"\n"); err != nil {
		return fmt.Errorf("tell %s: %w", p.Name, err)
	}
	return nil
}

// Stop ends the process with SIGTERM, and with SIGKILL after grace or when ctx ends.
func (p *Process) Stop(ctx context.Context) error {
	if p == nil {
		return nil
	}
	p.wanted.Store(true)
	if p.Exited() { // its number may be another's by now
		return nil
	}
	p.Terminate()
	p.Resume() // a stopped one would not hear it
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		return p.Kill()
	}
}

// Kill ends the process at once and returns when it is gone.
func (p *Process) Kill() error {
	if p == nil {
		return nil
	}
	p.wanted.Store(true)
	if p.Exited() { // its number may be another's by now
		return nil
	}
	p.killed.Store(true)
	p.signal(syscall.SIGKILL)
	select {
	case <-p.done:
		return nil
	case <-time.After(reapWithin):
		return fmt.Errorf("end %s: process %d is still there %v after SIGKILL", p.Name, p.PID(), reapWithin)
	}
}

// Again starts anew, by start, what a fault has ended, or asked to end. What does not get ready then is ended:
// it would be in the way of the next try. present is the process that start has started last.
func (p *Process) Again(start func() error, present func() *Process) error {
	if err := p.Kill(); err != nil { // it may not have heard
		return err
	}
	err := start()
	if err == nil {
		return nil
	}
	last := present()
	last.Expect()
	return errors.Join(err, last.Kill())
}

// Exited reports whether it is gone.
func (p *Process) Exited() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// Died is an error when it has exited though nobody stopped it.
func (p *Process) Died() error {
	if p == nil || !p.Exited() || p.wanted.Load() {
		return nil
	}
	return fmt.Errorf("%s exited by itself (%v)%s", p.Name, p.cmd.ProcessState, p.Tail())
}

// Tail is the last lines of its log, for the end of an error.
func (p *Process) Tail() string {
	lines := p.Lines()
	if len(lines) == 0 {
		return "; it wrote nothing to " + p.Log
	}
	return "; the end of " + p.Log + ":\n\t" + strings.Join(lines, "\n\t")
}

// Lines is the last lines that this start wrote to its log, without its secrets.
func (p *Process) Lines() []string {
	f, err := os.Open(p.Log)
	if err != nil {
		return nil
	}
	defer f.Close()
	from := p.logFrom
	if end, err := f.Seek(0, io.SeekEnd); err == nil {
		from = max(from, end-tailBytes)
	}
	b, _ := io.ReadAll(io.NewSectionReader(f, from, tailBytes))
	text := string(bytes.TrimSpace(b))
	for _, s := range p.Hidden {
		text = strings.ReplaceAll(text, s, "xxxxx")
	}
	if text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	return lines[max(0, len(lines)-tailLines):]
}
