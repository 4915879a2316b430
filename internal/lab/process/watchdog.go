package process

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

	"github.com/trektribe/bench/internal/lab/container"
	"github.com/trektribe/bench/internal/proxy/remote"
)

const (
	// lookEvery is how often the watchdog looks whether the lease has run out.
	lookEvery = 100 * time.Millisecond
	// lookLate is when a look came late: the watchdog itself did not run meanwhile.
	lookLate = time.Second
	// lookAgain is what is left of the lease after a late look at least: time for what waits to be read, and for the next beat.
	lookAgain = time.Second
	// sweepEvery is how often the watchdog looks whether what it killed is gone.
	sweepEvery = 10 * time.Millisecond
	// sweepWithin is when it gives up: the kernel ends a killed process in milliseconds, unless a device holds it.
	sweepWithin = 3 * time.Second
)

// Watchdog is the life of the watchdog process. It reads from r, a pipe that the harness holds, what the harness has
// started and changed. r ends with the harness, however that ends. Then the watchdog kills what is left, removes the
// containers, networks and volumes that bear the lease's mark, puts back what was
// changed at somebody's toxiproxy, and removes the harness's directory.
//
// It does the same when nothing has come from r for LeaseFor: the harness is stopped then, or as good as stopped. Before,
// it writes "lapsed" to w. It stays until r ends, and ends what a harness that wakes up may still start. It ignores SIGINT,
// SIGTERM, SIGHUP and SIGPIPE. Its error names what it could not end or did not understand.
//
// It kills the process groups that are named in r, if their leader still has the start time it was named with: a process
// number that is used again is safe. On Linux it also kills every process that has the lease's mark in its environment, and
// so finds one that left its group, or that was started in the harness's last moment.
func Watchdog(r io.Reader, w io.Writer) error {
	signal.Ignore(os.Interrupt, syscall.SIGTERM, syscall.SIGHUP, syscall.SIGPIPE)
	left := remains{groups: map[int]string{}}
	var errs []error
	lines, broken := listen(r)
	quiet := silence{looked: time.Now()}
	look := time.NewTimer(lookEvery)
	defer look.Stop()
	for open, lapsed := true, false; open; {
		var line string
		select {
		case line, open = <-lines:
			quiet.long = 0
			if !open {
				break
			}
			if err := left.hear(line); err != nil {
				errs = append(errs, err)
			}
		case <-look.C:
			if quiet.look(time.Now()) >= LeaseFor && !lapsed {
				lapsed = true
				io.WriteString(w, lapsedWord+"\n") // a harness that is gone needs no answer
				errs = append(errs, left.end())
			}
			look.Reset(lookEvery)
		}
	}
	return errors.Join(append(errs, *broken, left.end())...)
}

// listen reads r line by line; what ended it is there once the lines are closed.
func listen(r io.Reader) (lines chan string, err *error) {
	lines, err = make(chan string), new(error)
	go func() {
		defer close(lines)
		in := bufio.NewScanner(r)
		for in.Scan() {
			lines <- in.Text()
		}
		*err = in.Err()
	}()
	return lines, err
}

// A silence is how long nothing was heard. When the watchdog itself did not run (starved; stopped; the whole machine
// asleep) what was said meanwhile waits to be read.
type silence struct {
	looked time.Time
	long   time.Duration
}

// look is the silence until now. A look that came late never makes it as long as the lease.
func (s *silence) look(now time.Time) time.Duration {
	since := now.Sub(s.looked)
	s.looked = now
	if since >= lookLate {
		s.long = min(s.long+since, LeaseFor-lookAgain)
		return s.long
	}
	s.long += since
	return s.long
}

// remains is what the harness would leave behind.
type remains struct {
	token      string
	dir        string
	containers bool                         // there may be containers with the mark
	groups     map[int]string               // process group: start time of its leader
	undos      map[remote.Place]remote.Undo // of somebody's proxies
}

// end kills the processes, removes the containers, puts somebody's proxies back and removes the directory. It may be done again.
func (m *remains) end() error {
	undone := m.undo()
	errs := []error{m.sweep()} // also who would still make containers
	if m.containers {
		errs = append(errs, container.Sweep(m.token))
	}
	return errors.Join(append(errs, m.remove(), undone())...)
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
	case "containers":
		m.containers = true
	case "beat": // that something came is all it says
	case "forget":
		var pid int
		if pid, err = strconv.Atoi(rest); err == nil {
			delete(m.groups, pid)
		}
	case "undo":
		err = m.hearUndo(rest)
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
			for _, pid := range marked(LeaseEnv + "=" + m.token) {
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
	clear(m.groups) // their numbers may be others' soon
	return nil
}

// remove removes the directory, also while the last of its writers is on its way out.
func (m *remains) remove() (err error) {
	if m.dir == "" {
		return nil
	}
	if err := unmountBelow(m.dir); err != nil {
		return fmt.Errorf("unmount what is below %s: %w", m.dir, err)
	}
	for range 10 {
		if err = os.RemoveAll(m.dir); err == nil {
			return nil
		}
		time.Sleep(sweepEvery)
	}
	return err
}
