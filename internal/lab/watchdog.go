package lab

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const (
	// sweepEvery is how often the watchdog looks whether what it killed is gone.
	sweepEvery = 10 * time.Millisecond
	// sweepWithin is when it gives up: the kernel ends a killed process in milliseconds, unless a device holds it.
	sweepWithin = 3 * time.Second
)

// Watchdog is the life of the watchdog process: it reads from r, a pipe that the
// harness holds, what the harness has started, and when r ends (with the harness,
// in whatever way) kills what is left of it and removes its directory. It ignores
// SIGINT, SIGTERM and SIGHUP. Its error names what it could not end or did not understand.
//
// What is killed: the process groups named in r whose leader still has the start time it
// was named with, so that a number used anew is safe; and, on Linux, every process that has
// the lease's mark in its environment, so that one that left its group, or was started in
// the harness's last moment, is found too.
func Watchdog(r io.Reader) error {
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	left := remains{groups: map[int]string{}}
	var errs []error
	lines := bufio.NewScanner(r)
	for lines.Scan() {
		if err := left.hear(lines.Text()); err != nil {
			errs = append(errs, err)
		}
	}
	return errors.Join(append(errs, lines.Err(), left.sweep(), left.remove())...)
}

// remains is what the harness would leave behind.
type remains struct {
	token  string
	dir    string
	groups map[int]string // process group: start time of its leader
}

// hear takes one line of the lease.
func (m *remains) hear(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	var err error
	switch word {
	case "token":
		m.token = rest
	case "dir":
		m.dir, err = strconv.Unquote(rest)
	case "watch":
		number, began, _ := strings.Cut(rest, " ")
		var pid int
		if pid, err = strconv.Atoi(number); err == nil && pid > 1 {
			m.groups[pid] = began
		}
	case "forget":
		var pid int
		if pid, err = strconv.Atoi(rest); err == nil {
			delete(m.groups, pid)
		}
	default:
		err = errors.New("unknown word")
	}
	if err != nil {
		return fmt.Errorf("lease %q: %w", line, err)
	}
	return nil
}

// sweep kills until two looks in a row find nothing: a process between fork and exec has
// no environment to be known by for a moment.
func (m *remains) sweep() error {
	for empty, deadline := 0, time.Now().Add(sweepWithin); empty < 2; time.Sleep(sweepEvery) {
		var alive []int
		for pid, began := range m.groups {
			if running(pid) && startTime(pid) == began {
				signalGroup(pid, syscall.SIGKILL)
				alive = append(alive, pid)
			}
		}
		if m.token != "" {
			for _, pid := range marked(leaseEnv + "=" + m.token) {
				signalOne(pid, syscall.SIGKILL)
				alive = append(alive, pid)
			}
		}
		if empty++; len(alive) > 0 {
			empty = 0
		}
		if time.Now().After(deadline) && len(alive) > 0 {
			return fmt.Errorf("processes %v are still there %v after SIGKILL", alive, sweepWithin)
		}
	}
	return nil
}

// remove removes the directory, also while the last of its writers is on its way out.
func (m *remains) remove() (err error) {
	if m.dir == "" {
		return nil
	}
	for range 10 {
		if err = os.RemoveAll(m.dir); err == nil {
			return nil
		}
		time.Sleep(sweepEvery)
	}
	return err
}
