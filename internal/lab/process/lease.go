// Package process starts processes and sees that none of them outlives the
// harness, however that ends. Commands and their environment go in; processes
// with their logs, their signals and their end come out. A watchdog, which is
// this program too, ends what a harness leaves behind that was killed or held
// up. It knows no service and no dependency.
package process

import (
	"bufio"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const (
	// LeaseEnv is the variable that marks whatever descends from the harness, so that the watchdog finds it
	// wherever it went.
	LeaseEnv = "BENCH_LEASE"
	// markEnv is the variable that marks whatever descends from one Process.
	markEnv = "BENCH_PROCESS"

	// LeaseFor is the length of the lease: after so much silence of the harness the watchdog ends its processes. A false
	// alarm costs a run. On two busy processors the worst stall that the hiccup meter has seen was under 1 s, and a
	// machine that swaps stalls for a second or two.
	LeaseFor = 5 * time.Second
	// beatEvery is how often the harness renews its lease: ten beats in a row must be missing.
	beatEvery = 500 * time.Millisecond
	// leaseWrite bounds a message to the watchdog: the pipe holds thousands of
	// them, so a watchdog that takes none is stopped or broken.
	leaseWrite = 2 * time.Second
	// answerWithin is how long this process may take to read the watchdog's answer, which is there before it goes on.
	answerWithin = time.Second

	// lapsedWord is the watchdog's answer when the lease has run out, given before it ends the first process.
	lapsedWord = "lapsed"
)

var (
	errNoWatchdog = errors.New("the watchdog is gone, and without it a killed harness would leave processes behind")
	errLapsed     = fmt.Errorf("the harness was held up for longer than its lease of %d s (stopped? out of memory?), so its processes were ended", LeaseFor/time.Second)
)

// A Lease is the harness's end of the watchdog's pipe. The pipe ends with the harness, however that ends; until then the
// harness says on it every beatEvery that it still runs. Its methods are safe for concurrent use.
//
// No moment is uncovered. The watchdog is there before any child. A child that
// has been started is named to it at once, by number and start time. A
// child that was being started when the harness was killed still holds this pipe
// (until its exec), so that the watchdog sees the end only when the child carries
// the lease's mark in its environment, by which it is found. And a harness that is stopped falls silent;
// what it starts after its lease has lapsed, should it wake, is ended at the latest when the pipe ends.
type Lease struct {
	token   string
	started atomic.Int64 // processes
	cmd     *exec.Cmd
	gone    chan struct{} // closed once nobody watches any more: the lease has lapsed, or the watchdog has ended
	done    chan struct{} // closed once the watchdog has ended
	err     error         // how; read it after done
	quit    chan struct{} // closed to end the beats
	beats   sync.WaitGroup

	mu     sync.Mutex
	pipe   *os.File  // nil once closed
	said   time.Time // when the watchdog was told something last
	late   time.Time // when this process found that it had been held up for as long as the lease; zero: never
	lapsed bool
	told   bool // Lost has said so
}

// Open starts the watchdog: this program, as self has it, with the word watchdog, in that environment.
func Open(self, env []string) (*Lease, error) {
	token := rand.Text()
	r, w, err := os.Pipe()
	if err != nil {
		return nil, fmt.Errorf("open the watchdog's pipe: %w", err)
	}
	defer r.Close()
	cmd := exec.Command(self[0], append(self[1:len(self):len(self)], "watchdog")...)
	cmd.Stdin = r
	cmd.Env = env
	cmd.SysProcAttr = ownSession()
	answers, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		w.Close()
		return nil, fmt.Errorf("start the watchdog: %w", err)
	}
	l := &Lease{token: token, cmd: cmd, gone: make(chan struct{}), done: make(chan struct{}), quit: make(chan struct{}), pipe: w, said: time.Now()}
	go l.listen(answers)
	if err := l.tell("token " + token); err != nil {
		return nil, errors.Join(err, l.Close(context.Background()))
	}
	l.beats.Go(l.beat)
	return l, nil
}

// listen hears the watchdog's answer and its end.
func (l *Lease) listen(answers io.Reader) {
	lines := bufio.NewScanner(answers)
	lines.Scan()
	l.mu.Lock()
	l.lapsed = lines.Text() == lapsedWord
	l.mu.Unlock()
	close(l.gone)
	l.err = l.cmd.Wait()
	close(l.done)
}

// beat renews the lease until quit.
func (l *Lease) beat() {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.tell("beat") // that it cannot be told shows in gone
		case <-l.quit:
			return
		}
	}
}

// Token is a word of this lease's own, which nobody can guess.
func (l *Lease) Token() string { return l.token }

// TempDir makes a private directory, of which there is one. It is removed when the harness is gone.
func (l *Lease) TempDir() (string, error) {
	path := filepath.Join(os.TempDir(), "bench-"+l.token)
	if err := l.tell("dir " + strconv.Quote(path)); err != nil { // before it is there
		return "", err
	}
	if err := os.Mkdir(path, 0o700); err != nil {
		return "", fmt.Errorf("make a private directory: %w", err)
	}
	return path, nil
}

// watch has the process group killed when the harness is gone.
func (l *Lease) watch(pid int) error {
	return l.tell(fmt.Sprintf("watch %d %s", pid, startTime(pid)))
}

// forget is told when the process has been reaped: its number is free from now on.
func (l *Lease) forget(pid int) { l.tell(fmt.Sprintf("forget %d", pid)) }

func (l *Lease) tell(line string) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.pipe == nil {
		return errors.New("the lab is closed")
	}
	l.check()
	if l.lapsed {
		return errLapsed
	}
	l.pipe.SetWriteDeadline(time.Now().Add(leaseWrite))
	if _, err := l.pipe.WriteString(line + "\n"); err != nil {
		return fmt.Errorf("%w: %w", errNoWatchdog, err)
	}
	l.said = time.Now()
	return nil
}

// check notes whether this process has been held up. The watchdog hears what is told after it was told,
// so that a silence which is shorter here is shorter there: else the lease cannot have lapsed. mu is held.
func (l *Lease) check() {
	if now := time.Now(); now.Sub(l.said) >= LeaseFor {
		l.late = now
	}
}

// died is an error when nobody watches any more though the lab is open: the lease has lapsed, or
// the watchdog has ended. Right after this process was held up it waits for the watchdog's answer.
func (l *Lease) died() error {
	l.mu.Lock()
	l.check()
	doubt := l.late
	l.mu.Unlock()
	if left := answerWithin - time.Since(doubt); left > 0 {
		select {
		case <-l.gone:
		case <-time.After(left):
		}
	}
	select {
	case <-l.gone:
	default:
		return nil
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.pipe == nil:
		return nil
	case l.lapsed:
		return errLapsed
	}
	return errNoWatchdog
}

// Gone is closed once nobody watches any more: then Lost says why.
func (l *Lease) Gone() <-chan struct{} { return l.gone }

// Lapsed reports whether the harness was held up for longer than its lease.
func (l *Lease) Lapsed() bool { return errors.Is(l.died(), errLapsed) }

// Lost is an error when nobody would end the harness's processes any more, should it be killed now: the watchdog
// has ended; or it has ended them itself, as the lease has lapsed.
func (l *Lease) Lost() error {
	err := l.died()
	if errors.Is(err, errLapsed) {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.told = true
	}
	return err
}

// Close has the watchdog end what is still there, which after an orderly close is
// only what left its process group, and waits for it.
func (l *Lease) Close(ctx context.Context) error {
	close(l.quit)
	l.beats.Wait()
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
	l.mu.Lock()
	untold := l.lapsed && !l.told
	l.mu.Unlock()
	if untold {
		return errLapsed
	}
	if err := errors.Join(late, l.err); err != nil {
		return fmt.Errorf("the watchdog: %w", err)
	}
	return nil
}
