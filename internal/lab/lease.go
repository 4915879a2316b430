package lab

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"sync"
	"time"
)

// leaseEnv marks whatever descends from the lab, so that the watchdog finds it
// wherever it went.
const leaseEnv = "BENCH_LEASE"

// leaseWrite bounds a message to the watchdog: the pipe holds thousands of
// them, so a watchdog that takes none is stopped or broken.
const leaseWrite = 2 * time.Second

// A lease is the harness's end of the watchdog: a pipe that ends with the
// harness, however it ends. Safe for concurrent use.
//
// No moment is uncovered. The watchdog is there before any child. A child that
// has been started is named to it at once, by number and start time. And a
// child that was being started when the harness was killed still holds this pipe
// (until its exec), so that the watchdog sees the end only when the child carries
// the lease's mark in its environment, by which it is found.
type lease struct {
	token string
	cmd   *exec.Cmd
	done  chan struct{} // closed once the watchdog has ended
	err   error         // how; read it after done

	mu   sync.Mutex
	pipe *os.File // nil once closed
}

// openLease starts the watchdog.
func openLease(self []string, token string) (*lease, error) {
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("open the watchdog's pipe: %w", err)
	}
	defer r.Close()
	cmd := exec.Command(self[0], append(self[1:len(self):len(self)], "watchdog")...)
	cmd.Stdin = r
	cmd.Env = cleanEnviron()
	cmd.SysProcAttr = ownSession()
	if err := cmd.Start(); err != nil {
		w.Close()
		return nil, fmt.Errorf("start the watchdog: %w", err)
	}
	l := &lease{token: token, cmd: cmd, done: make(chan struct{}), pipe: w}
	go func() {
		l.err = cmd.Wait()
		close(l.done)
	}()
	if err := l.tell("token " + token); err != nil {
		return nil, errors.Join(err, l.close(context.Background()))
	}
	return l, nil
}

// dir has the directory removed when the harness is gone. Told before it is made.
func (l *lease) dir(path string) error { return l.tell("dir " + strconv.Quote(path)) }

// watch has the process group killed when the harness is gone.
func (l *lease) watch(pid int) error {
	return l.tell(fmt.Sprintf("watch %d %s", pid, startTime(pid)))
}

// forget is told when the process has been reaped: its number is free from now on.
func (l *lease) forget(pid int) { l.tell(fmt.Sprintf("forget %d", pid)) }

func (l *lease) tell(line string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pipe == nil {
		return errors.New("the lab is closed")
	}
	l.pipe.SetWriteDeadline(time.Now().Add(leaseWrite))
	if _, err := l.pipe.WriteString(line + "\n"); err != nil {
		return fmt.Errorf("%w: %w", errNoWatchdog, err)
	}
	return nil
}

var errNoWatchdog = errors.New("the watchdog is gone, and without it a killed harness would leave processes behind")

// died is an error when the watchdog has ended though the lab is open.
func (l *lease) died() error {
	select {
	case <-l.done:
	default:
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pipe == nil {
		return nil
	}
	return errNoWatchdog
}

// close has the watchdog end what is still there, which after an orderly close is
// only what left its process group, and waits for it.
func (l *lease) close(ctx context.Context) error {
	l.mu.Lock()
	l.pipe.Close()
	l.pipe = nil
	l.mu.Unlock()

	var late error
	select {
	case <-l.done:
	case <-ctx.Done():
		l.cmd.Process.Kill()
		<-l.done
		late = ctx.Err()
	}
	if err := errors.Join(late, l.err); err != nil {
		return fmt.Errorf("the watchdog: %w", err)
	}
	return nil
}
