package process_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trektribe/bench/internal/lab/process"
	"github.com/trektribe/bench/internal/lab/process/processtest"
	"github.com/trektribe/bench/internal/machinetest"
)

// soon is for what the watchdog does in milliseconds, on a busy machine.
const soon = 5 * time.Second

func TestBeatsHoldTheLeaseAndSilenceEndsIt(t *testing.T) {
	defer signal.Reset() // the watchdog ignores what would end this test
	synctest.Test(t, func(t *testing.T) {
		dir := filepath.Join(t.TempDir(), "bench-x")
		there := func() bool { _, err := os.Stat(dir); return err == nil }
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		r, w := io.Pipe()
		answers, answer := io.Pipe()
		end := make(chan error, 1)
		go func() { end <- process.Watchdog(r, answer) }()
		fmt.Fprintf(w, "dir %q\n", dir)
		for range 60 {
			time.Sleep(process.LeaseFor - time.Second)
			io.WriteString(w, "beat\n")
		}
		silent := time.Now()
		heard := make(chan string, 1)
		go func() {
			line, _ := bufio.NewReader(answers).ReadString('\n')
			heard <- line
			io.Copy(io.Discard, answers)
		}()
		if time.Sleep(process.LeaseFor - time.Second); !there() {
			t.Error("its directory is gone before the lease has run out")
		}
		select {
		case got := <-heard:
			if got != "lapsed\n" {
				t.Errorf("the watchdog answers %q, want lapsed", got)
			}
		case <-time.After(time.Minute):
			t.Fatal("the lease does not lapse")
		}
		if d := time.Since(silent); d < process.LeaseFor || d > process.LeaseFor+time.Second {
			t.Errorf("lapsed after %v of silence, want %v", d, process.LeaseFor)
		}
		if time.Sleep(time.Second); there() {
			t.Error("its directory is there though the lease has run out")
		}
		// Should the harness wake up, what it makes is taken away with it.
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		io.WriteString(w, "beat\n")
		select {
		case err := <-end:
			t.Errorf("the watchdog has left a harness that is there: %v", err)
		case <-time.After(time.Minute):
		}
		w.Close()
		if err := <-end; err != nil || there() {
			t.Errorf("the watchdog ended with %v, and the directory there: %v; want it gone", err, there())
		}
		answer.Close()
	})
}

func TestAHeldUpHarnessLosesItsProcesses(t *testing.T) {
	for _, then := range []string{"wakes up", "is killed"} {
		t.Run("and "+then, func(t *testing.T) {
			t.Parallel()
			s := begin(t, "STOP=all")
			s.up(t)
			s.Process.Signal(syscall.SIGSTOP)
			s.vanishes(t, 2, process.LeaseFor+soon) // it and its watchdog
			if then == "is killed" {
				s.Process.Kill()
				s.Wait()
				s.vanishes(t, 0, soon)
				return
			}
			s.Process.Signal(syscall.SIGCONT)
			err := s.Wait()
			want := "the harness was held up for longer than its lease of 5 s (stopped? out of memory?), so its processes were ended"
			if got := s.errs.String(); err == nil || strings.Count(got, want) != 1 || strings.Contains(got, "exited by itself") {
				t.Errorf("it ended with %v, and said:\n%s\nwant %q once, and nobody accused", err, got, want)
			}
			s.vanishes(t, 0, soon)
		})
	}
}

func TestHarnessKilledAtAnyMomentLeavesNothing(t *testing.T) {
	t.Parallel()
	for n := range 12 {
		moment := time.Duration(n) * 50 * time.Millisecond // it takes some 300 ms to be up
		s := begin(t)
		<-time.After(moment)
		s.Process.Kill()
		s.Wait()
		s.vanishes(t, 0, process.LeaseFor+soon)
		if t.Failed() {
			t.Fatalf("killed %v after its start", moment)
		}
	}
}

// What the system ends for its memory gets SIGKILL, as above. Here the harness meets a limit of its own, and its
// runtime gives up, where it stands.
func TestHarnessOutOfMemoryLeavesNothing(t *testing.T) {
	t.Parallel()
	s := begin(t, "EAT=all")
	s.up(t)
	err := s.Wait()
	gaveUp := s.ProcessState.ExitCode() == 2 && strings.Contains(s.errs.String(), "runtime.")
	detector := strings.Contains(s.errs.String(), "ThreadSanitizer") // -race meets the limit first
	if !gaveUp && !detector {
		t.Errorf("it ended with %v, want its runtime to give up:\n%s", err, s.errs.String())
	}
	s.vanishes(t, 0, process.LeaseFor+soon)
}

func TestWithoutItsWatchdogAHarnessClosesInOrder(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.up(t)
	syscall.Kill(s.role(t, "watchdog"), syscall.SIGKILL)
	if err := s.Wait(); err == nil || !strings.Contains(s.errs.String(), "the watchdog is gone") {
		t.Errorf("it ended with %v, want it to miss the watchdog:\n%s", err, s.errs.String())
	}
	// What left its group would have been the watchdog's to end; there is nothing else.
	for _, pid := range processtest.With("TMPDIR=" + s.tmp) {
		if b, _ := os.ReadFile(fmt.Sprintf("/proc/%d/cmdline", pid)); len(b) > 0 && !strings.HasSuffix(string(b), "\x00linger\x00") {
			t.Errorf("left behind: %q", b)
		}
		syscall.Kill(pid, syscall.SIGKILL)
	}
	s.vanishes(t, 0, soon)
}

// A watchdog that did not run for longer than the lease finds beats that wait to be read, and blames nobody.
func TestAHeldUpWatchdogJudgesNothingUnread(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.up(t)
	all := s.left()
	dog := s.role(t, "watchdog")
	syscall.Kill(dog, syscall.SIGSTOP)
	<-time.After(process.LeaseFor + time.Second)
	before := wakes(t, dog)
	syscall.Kill(dog, syscall.SIGCONT)
	machinetest.Until(t, "the watchdog looks again, several times", soon, func() bool { return wakes(t, dog) >= before+10 })
	if n := s.left(); n != all {
		t.Fatalf("%d processes are left of %d that nobody wanted ended", n, all)
	}
	s.Process.Kill()
	s.Wait()
	s.vanishes(t, 0, process.LeaseFor+soon)
}

// wakes is how often the threads of a process went to sleep of their own accord, and so how often they woke.
func wakes(t *testing.T, pid int) int {
	t.Helper()
	sum := 0
	files, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", pid))
	for _, f := range files {
		status, err := os.ReadFile(f)
		if err != nil {
			continue // the thread has ended
		}
		_, rest, _ := strings.Cut(string(status), "\nvoluntary_ctxt_switches:")
		line, _, _ := strings.Cut(rest, "\n")
		n, err := strconv.Atoi(strings.TrimSpace(line))
		if err != nil {
			t.Fatalf("%s: %v", f, err)
		}
		sum += n
	}
	return sum
}

// The watchdog outlives the harness for a moment, and must keep none of its sockets open meanwhile.
func TestTheWatchdogHoldsNothingOfTheHarness(t *testing.T) {
	t.Parallel()
	s := begin(t)
	s.up(t)
	dog := s.role(t, "watchdog")
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", dog))
	if len(links) == 0 {
		t.Fatal("the watchdog's descriptors cannot be read")
	}
	for _, l := range links {
		if to, _ := os.Readlink(l); strings.HasPrefix(to, "socket:") || strings.HasPrefix(to, "/tmp") || strings.HasPrefix(to, s.tmp) {
			t.Errorf("the watchdog holds %s", to)
		}
	}
	ports := listening(t, s.Process.Pid)
	if len(ports) < 2 {
		t.Fatalf("the harness listens on %v, want a proxy for each service", ports)
	}
	syscall.Kill(dog, syscall.SIGSTOP)
	s.Process.Kill()
	s.Wait()
	for _, p := range ports {
		if c, err := net.Dial("tcp", "127.0.0.1:"+p); err == nil {
			c.Close()
			t.Errorf("something listens on port %s though the harness is gone", p)
		}
	}
	syscall.Kill(dog, syscall.SIGCONT)
	s.vanishes(t, 0, process.LeaseFor+soon)
}
