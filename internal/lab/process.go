package lab

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
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

// A command is what a process is started from.
type command struct {
	name   string   // "hardened-1", "hardened-redis": names the log file and errors
	argv   []string // argv[0] is found as a shell would
	env    []string // all of its environment
	stdin  string   // what it reads
	told   bool     // it reads what tell says, and not stdin
	hidden []string // secrets that its log may show and errors must not
}

// A process is a child in a process group of its own, so that a terminal's Ctrl-C
// does not reach it before the harness has judged, and so that it ends together
// with whatever it started. The nil process was never started.
type process struct {
	command
	cmd     *exec.Cmd
	logPath string
	logFrom int64 // where this start's lines begin

	input io.WriteCloser // of tell; nil: it is told nothing

	ready     atomic.Bool   // it has been ready
	borne     atomic.Bool   // it has not, and its round is played all the same
	told      atomic.Bool   // its end is recorded
	wanted    atomic.Bool   // the lab ended it
	condemned atomic.Bool   // a fault ended it, or has told it to end
	done      chan struct{} // closed once it has been reaped
}

// start starts c; its output goes to Dir/logs/<name>.log. exited is called when it has exited,
// for whatever reason; nil: nobody is told.
func (l *Lab) start(c command, exited func(*process)) (*process, error) {
	p := &process{command: c, logPath: filepath.Join(l.spec.Dir, "logs", c.name+".log"), done: make(chan struct{})}
	log, err := os.OpenFile(p.logPath, os.O_CREATE|os.O_WRONLY|os.O_APPEND, 0o644)
	if err != nil {
		return nil, fmt.Errorf("open the log of %s: %w", c.name, err)
	}
	defer log.Close()
	fmt.Fprintf(log, "--- %s start of %s: %s\n", time.Now().UTC().Format(time.RFC3339Nano), c.name, Redact(strings.Join(c.argv, " ")))
	if p.logFrom, err = log.Seek(0, io.SeekEnd); err != nil {
		return nil, fmt.Errorf("log of %s: %w", c.name, err)
	}

	// A file, not a pipe: nothing has to be copied, and Wait does not wait for a grandchild that kept it open.
	p.cmd = exec.Command(c.argv[0], c.argv[1:]...)
	p.cmd.Env = append(c.env, leaseEnv+"="+l.lease.token)
	p.cmd.Stdout, p.cmd.Stderr = log, log
	p.cmd.SysProcAttr = ownGroup()
	if c.stdin != "" {
		p.cmd.Stdin = strings.NewReader(c.stdin)
	}
	if c.told {
		if p.input, err = p.cmd.StdinPipe(); err != nil {
			return nil, fmt.Errorf("start %s: %w", c.name, err)
		}
	}
	if err := p.cmd.Start(); err != nil {
		return nil, fmt.Errorf("start %s: %w", c.name, err)
	}
	pid := p.cmd.Process.Pid
	watched := l.lease.watch(pid)
	go func() {
		p.cmd.Wait() // the status is kept in ProcessState
		// What it started ends with it. Its number cannot belong to another group
		// yet: the kernel hands numbers out in turn, and this one was freed just now.
		signalGroup(pid, syscall.SIGKILL)
		l.lease.forget(pid)
		if exited != nil {
			exited(p)
		}
		close(p.done)
	}()
	if watched != nil {
		p.kill()
		<-p.done
		return nil, fmt.Errorf("start %s: %w", c.name, watched)
	}
	return p, nil
}

// condemn says that a fault is about to end the process.
func (p *process) condemn() {
	p.condemned.Store(true)
	p.wanted.Store(true)
}

// tell gives the process a line to read.
func (p *process) tell(line string) error {
	if _, err := io.WriteString(p.input, line+"\n"); err != nil {
		return fmt.Errorf("tell %s: %w", p.name, err)
	}
	return nil
}

// stop ends the process with SIGTERM, and with SIGKILL after grace or when ctx ends.
func (p *process) stop(ctx context.Context) error {
	if p == nil {
		return nil
	}
	p.wanted.Store(true)
	if p.exited() { // its number may be another's by now
		return nil
	}
	signalGroup(p.cmd.Process.Pid, syscall.SIGTERM)
	resumeGroup(p.cmd.Process.Pid) // a stopped one would not hear it
	ctx, cancel := context.WithTimeout(ctx, grace)
	defer cancel()
	select {
	case <-p.done:
		return nil
	case <-ctx.Done():
		return p.kill()
	}
}

// kill ends the process at once and returns when it is gone.
func (p *process) kill() error {
	if p == nil {
		return nil
	}
	p.wanted.Store(true)
	if p.exited() { // its number may be another's by now
		return nil
	}
	signalGroup(p.cmd.Process.Pid, syscall.SIGKILL)
	select {
	case <-p.done:
		return nil
	case <-time.After(reapWithin):
		return fmt.Errorf("end %s: process %d is still there %v after SIGKILL", p.name, p.cmd.Process.Pid, reapWithin)
	}
}

// exited reports whether it is gone.
func (p *process) exited() bool {
	select {
	case <-p.done:
		return true
	default:
		return false
	}
}

// died is an error when it has exited though nobody stopped it.
func (p *process) died() error {
	if p == nil || !p.exited() || p.wanted.Load() {
		return nil
	}
	return fmt.Errorf("%s exited by itself (%v)%s", p.name, p.cmd.ProcessState, p.tail())
}

// tail is the last lines of its log, for the end of an error.
func (p *process) tail() string {
	lines := p.lines()
	if len(lines) == 0 {
		return "; it wrote nothing to " + p.logPath
	}
	return "; the end of " + p.logPath + ":\n\t" + strings.Join(lines, "\n\t")
}

// lines is the last lines that this start wrote to its log, without its secrets.
func (p *process) lines() []string {
	f, err := os.Open(p.logPath)
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
	for _, s := range p.hidden {
		text = strings.ReplaceAll(text, s, "xxxxx")
	}
	if text == "" {
		return nil
	}
	lines := strings.Split(text, "\n")
	return lines[max(0, len(lines)-tailLines):]
}
