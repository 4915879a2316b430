package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/lab/process"
)

// goneWithin is the watchdog's promise: the length of a lease, and a second to end what is there.
const goneWithin = process.LeaseFor + time.Second

// A blow is one way in which a run may be hit. after waits for what the run makes of it, and says what is wrong with that.
type blow struct {
	name   string
	weight int
	signal syscall.Signal
	at     string // whom: "": bench itself, else the child with that command
	after  func(c *child, before census) []string
}

var blows = []blow{
	{"SIGKILL", 60, syscall.SIGKILL, "", endsNow},
	{"SIGSTOP, then SIGKILL", 7, syscall.SIGSTOP, "", heldUp(syscall.SIGKILL)},
	{"SIGSTOP, then SIGCONT", 8, syscall.SIGSTOP, "", heldUp(syscall.SIGCONT)},
	{"SIGINT", 9, syscall.SIGINT, "", endsInOrder},
	{"SIGTERM", 8, syscall.SIGTERM, "", endsInOrder},
	{"SIGKILL of its watchdog", 8, syscall.SIGKILL, "watchdog", missesItsWatchdog},
}

// TestARunThatIsHitAtAnyMomentLeavesNothing hits BENCH_SOAK runs, each at a random instant from its start to its end;
// BENCH_SOAK_SEED repeats what was hit when, as far as the machine does.
func TestARunThatIsHitAtAnyMomentLeavesNothing(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("looks into /proc")
	}
	kills, seed := number(t, "BENCH_SOAK", 6), number(t, "BENCH_SOAK_SEED", int(rand.Uint32()))
	if testing.Short() && os.Getenv("BENCH_SOAK") == "" {
		t.Skip("takes a minute; BENCH_SOAK=200 or no -short")
	}
	t.Logf("BENCH_SOAK=%d BENCH_SOAK_SEED=%d", kills, seed)
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	kinds := []string{"embedded"}
	if _, err := exec.LookPath("redis-server"); err == nil {
		kinds = append(kinds, "server")
	}
	whole := 12 * time.Second // how long a run takes; those that end before they are hit tell better
	if kills > 10 {
		whole = time.Hour // the first one does
	}
	var faults []string
	for n := 1; n <= kills; {
		b, redis := draw(random), kinds[random.IntN(len(kinds))]
		at := time.Duration(random.Float64() * float64(whole))
		h := hit(t, b, redis, at)
		what := fmt.Sprintf("%d/%d %s after %v (%s)", n, kills, b.name, at.Round(time.Millisecond), redis)
		if h.ended {
			whole = h.took
			what = fmt.Sprintf("a run of its own accord ended after %v", h.took.Round(time.Millisecond))
		} else {
			n++
		}
		t.Logf("%s: %s", what, h)
		for _, w := range h.wrong {
			faults = append(faults, what+": "+w)
		}
	}
	if len(faults) > 0 {
		t.Fatalf("%d kills, and this was left or went wrong:\n%s", kills, strings.Join(faults, "\n"))
	}
	t.Logf("%d kills: nothing left", kills)
}

// number reads a number from the environment.
func number(t *testing.T, name string, otherwise int) int {
	s := os.Getenv(name)
	if s == "" {
		return otherwise
	}
	n, err := strconv.Atoi(s)
	if err != nil || n < 1 {
		t.Fatalf("%s=%s: want a number of at least 1", name, s)
	}
	return n
}

// draw chooses a blow by weight.
func draw(random *rand.Rand) blow {
	sum := 0
	for _, b := range blows {
		sum += b.weight
	}
	n := random.IntN(sum)
	i := 0
	for ; n >= blows[i].weight; i++ {
		n -= blows[i].weight
	}
	return blows[i]
}

// A verdict is what one run left.
type verdict struct {
	ended     bool // before it was hit
	took      time.Duration
	processes int           // that were there when it was hit
	gone      time.Duration // from the blow until nothing was left
	rounds    int           // that were whole
	wrong     []string
}

func (v verdict) String() string {
	if len(v.wrong) > 0 {
		return "NOT CLEAN\n\t" + strings.Join(v.wrong, "\n\t")
	}
	return fmt.Sprintf("%d processes, gone after %v, %d whole rounds judged", v.processes, v.gone.Round(time.Millisecond), v.rounds)
}

// hit starts a run and hits it at an instant.
func hit(t *testing.T, b blow, redis string, at time.Duration) (v verdict) {
	out := t.TempDir()
	c := start(t, "run", "--out", out, "--redis", redis, "testdata/soak.yaml")
	began := time.Now()
	select {
	case <-c.ended():
		v.ended = true
	case <-time.After(at):
	}
	before := count(c.tmp, nil)
	v.processes = len(before.processes)
	victim := c.Process.Pid
	if b.at != "" && before.the(b.at) != 0 {
		victim = before.the(b.at)
	} else if b.at != "" {
		b = blows[0] // not yet there, or no more
	}
	struck := time.Now()
	if !v.ended {
		syscall.Kill(victim, b.signal)
		v.wrong = b.after(c, before)
	} else if code := c.ProcessState.ExitCode(); code == exitCannotRun {
		v.wrong = []string{"it could not run:\n" + c.err.String()}
	}
	v.took = time.Since(began)
	var rest []string
	if !awake(goneWithin, func() bool { rest = left(c.tmp, before); return len(rest) == 0 }) {
		v.wrong = append(v.wrong, rest...)
		for pid := range count(c.tmp, before.leases).processes { // the next run is not to suffer
			syscall.Kill(pid, syscall.SIGKILL)
		}
	}
	v.gone = time.Since(struck)
	rounds, wrong := judged(out)
	v.rounds, v.wrong = rounds, append(v.wrong, wrong...)
	return v
}

// awake is waitFor in time that the machine gave this process: where several seconds pass between two
// looks nobody else had a turn either, and only a tenth of a second counts.
func awake(within time.Duration, ok func() bool) bool {
	const step = 50 * time.Millisecond
	for last := time.Now(); ; {
		if ok() {
			return true
		}
		if within <= 0 {
			return false
		}
		<-time.After(step)
		now := time.Now()
		within -= min(now.Sub(last), 2*step)
		last = now
	}
}

// ended is closed once the command has ended and been waited for.
func (c *child) ended() <-chan struct{} {
	c.once.Do(func() {
		c.done = make(chan struct{})
		go func() {
			c.Wait()
			close(c.done)
		}()
	})
	return c.done
}

// endsNow is of what nobody can catch.
func endsNow(c *child, _ census) []string {
	<-c.ended()
	return nil
}

// endsInOrder is of what asks bench to end: it does, judges what it saw, and says so by its exit code.
func endsInOrder(c *child, before census) []string {
	if wrong := ends(c); wrong != nil {
		return wrong
	}
	switch c.ProcessState.ExitCode() {
	case exitInterrupted, exitHolds, exitRefuted, exitUndecided: // the last three: it was done by then
		return nil
	case -1:
		if len(before.processes) <= 1 {
			return nil // it was not yet listening to signals, and had begun nothing
		}
	}
	return []string{fmt.Sprintf("%v, want %d:\n%s", c.ProcessState, exitInterrupted, c.err.String())}
}

// ends waits for the end, which may take some seconds: services are asked to go, faults are lifted.
func ends(c *child) []string {
	select {
	case <-c.ended():
		return nil
	case <-time.After(time.Minute):
		c.Process.Kill()
		<-c.ended()
		return []string{"it did not end within a minute:\n" + c.err.String()}
	}
}

// heldUp is of a harness that is held up: its lease lapses, and nothing but itself and its watchdog is there when then comes.
func heldUp(then syscall.Signal) func(*child, census) []string {
	return func(c *child, before census) (wrong []string) {
		awake(goneWithin, func() bool { return false })
		dog := count(c.tmp, before.leases).the("watchdog")
		for _, r := range left(c.tmp, before, c.Process.Pid, dog) {
			wrong = append(wrong, "while it is stopped: "+r)
		}
		lapsed := dog != 0 // else it had no lab open, and nothing to lose
		syscall.Kill(c.Process.Pid, then)
		wrong = append(wrong, ends(c)...)
		if then == syscall.SIGCONT && lapsed {
			said := c.err.String()
			if c.ProcessState.ExitCode() != exitCannotRun || strings.Count(said, "held up for longer than its lease") != 1 {
				wrong = append(wrong, fmt.Sprintf("it woke up and ended with %v, want %d and a word about its lease:\n%s", c.ProcessState, exitCannotRun, said))
			}
			if strings.Contains(said+c.out.String(), "exit (signal: killed)") || strings.Contains(said, "exited by itself") {
				wrong = append(wrong, "it accuses the service of what the watchdog did:\n"+said+c.out.String())
			}
		}
		return wrong
	}
}

// missesItsWatchdog is of a harness that nobody would clean up after: it ends by itself.
func missesItsWatchdog(c *child, _ census) []string {
	if wrong := ends(c); wrong != nil {
		return wrong
	}
	code := c.ProcessState.ExitCode()
	if code == exitCannotRun && strings.Contains(c.err.String(), "the watchdog") || slices.Contains([]int{exitHolds, exitRefuted, exitUndecided}, code) {
		return nil // the last three: the lab was closed by then
	}
	return []string{fmt.Sprintf("%v, want %d and a word about the watchdog:\n%s", c.ProcessState, exitCannotRun, c.err.String())}
}

// unplayed are the words of a report about a round that does not count because it was not played to its end.
var unplayed = regexp.MustCompile(`round \S+ was (cut short|not begun)`)

// judged looks at what the run saved below out: whatever is there is whole, and can be judged.
func judged(out string) (rounds int, wrong []string) {
	dirs, _ := filepath.Glob(filepath.Join(out, "2*"))
	if _, err := os.Lstat(filepath.Join(out, "latest")); err == nil {
		dirs = append(dirs, filepath.Join(out, "latest"))
	}
	for _, dir := range dirs {
		if _, err := os.Stat(filepath.Join(dir, "run.json")); errors.Is(err, fs.ErrNotExist) && filepath.Base(dir) != "latest" {
			continue // it was hit as it began
		}
		rounds = 0
		events, _ := filepath.Glob(filepath.Join(dir, "rounds", "*", "events.jsonl"))
		for _, e := range events {
			b, _ := os.ReadFile(e)
			if bytes.Contains(b, []byte("\n{\"kind\":\"end\"")) && bytes.HasSuffix(b, []byte("\n")) {
				rounds++
			}
		}
		wrong = append(wrong, half(dir)...)
		code, table, errs := bench("judge", dir)
		if code == exitCannotRun || !strings.Contains(table, "trips.warm") {
			wrong = append(wrong, fmt.Sprintf("judge: exit %d\n%s%s", code, table, errs))
		}
		lost := unplayed.FindAllString(strings.Join(strings.Fields(table), " "), -1)
		if cut := len(lost); len(events) > 0 && cut > 1 {
			wrong = append(wrong, fmt.Sprintf("judge misses %d rounds, and one was being played:\n%s", cut, table))
		}
		wrong = append(wrong, half(dir)...)
	}
	return rounds, wrong
}

// half names the files of a run that are not whole.
func half(dir string) (wrong []string) {
	for _, name := range []string{"results.json", "curves.json", "run.json"} {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err == nil && !json.Valid(b) {
			wrong = append(wrong, fmt.Sprintf("%s is not whole: %d bytes", name, len(b)))
		}
	}
	return wrong
}
