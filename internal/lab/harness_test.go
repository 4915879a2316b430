package lab_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/lab/container"
	"github.com/trektribe/bench/internal/lab/process"
	"github.com/trektribe/bench/internal/lab/process/processtest"
	"github.com/trektribe/bench/internal/machinetest"
)

// harness opens a lab, stops what STOP names (redis, instance), and waits to be killed, or to lose
// the lab.
func harness() error {
	s := lab.Spec{
		Arms: []lab.ArmSpec{{Name: "a"}}, Instances: 2, Env: map[string]string{"FAKE": "parent"},
		Redis: os.Getenv("REDIS"), Compose: os.Getenv("COMPOSE"), Dir: os.Getenv("DIR"), Self: []string{os.Args[0]}, Clock: history.NewClock(),
	}
	l, err := lab.Open(context.Background(), s)
	if err != nil {
		return err
	}
	if err := l.Fresh(context.Background(), nil); err != nil {
		return err
	}
	for what := range strings.FieldsSeq(os.Getenv("STOP")) {
		if err := l.Apply(context.Background(), doing(what, "stopped")); err != nil {
			return err
		}
	}
	guard, release := l.Guard(context.Background())
	fmt.Println("up")
	select {
	case <-guard.Done():
		err = context.Cause(guard)
	case <-time.After(time.Minute):
	}
	release()
	return errors.Join(err, l.Close())
}

// TestKilledHarnessLeavesNothing kills a harness whose services have children that
// left their process group, and which may have stopped all it started.
func TestKilledHarnessLeavesNothing(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("looks into /proc")
	}
	for _, kind := range []string{"embedded", "server", "container"} {
		for _, moment := range []string{"while it starts", "when it is up", "when all is stopped"} {
			t.Run(kind+" "+moment, func(t *testing.T) {
				machinetest.Redis(t, kind)
				t.Parallel()
				env := []string{"REDIS=" + kind}
				if moment == "when all is stopped" {
					env = append(env, "STOP=redis instance")
				}
				cmd, tmp, out := beginHarness(t, env...)
				count := func() int { return len(processtest.With("TMPDIR=" + tmp)) }
				if moment != "while it starts" {
					if line, err := out.ReadString('\n'); line != "up\n" {
						t.Fatalf("the harness said %q, %v", line, err)
					}
					if moment == "when all is stopped" {
						want := 5 // two services, their children in sessions of their own, and Redis
						if kind == "container" {
							want = 4 // the engine has frozen Redis
						}
						if got := stopped(tmp); got != want {
							t.Fatalf("%d processes are stopped, want %d", got, want)
						}
					}
					// Harness, watchdog, two services, two children of theirs; and an embedded Redis, as redis-server hides its environment.
					if got := count(); got < 6 {
						t.Fatalf("%d processes are there, want at least 6", got)
					}
				} else {
					machinetest.Until(t, "it has begun to start children", 10*time.Second, func() bool { return count() >= 2 })
				}
				token := theToken(tmp)
				if kind == "container" && moment != "while it starts" && containers(t, token) == "" {
					t.Fatal("no container is there to be left")
				}
				cmd.Process.Signal(syscall.SIGKILL)
				cmd.Wait()
				machinetest.Until(t, "all its processes are gone", 5*time.Second, func() bool { return count() == 0 && len(servers(tmp)) == 0 })
				if kind == "container" {
					machinetest.Until(t, "its containers are gone", 20*time.Second, func() bool { return containers(t, token) == "" })
				}
				machinetest.Until(t, "its directory is gone", 5*time.Second, func() bool {
					left, err := os.ReadDir(tmp)
					return err == nil && len(left) == 0
				})
			})
		}
	}
}

// theToken is the token of the lease of the harness with that TMPDIR, of which its directory is named; empty: there is none yet.
func theToken(tmp string) string {
	found, _ := filepath.Glob(filepath.Join(tmp, "bench-*"))
	if len(found) == 0 {
		return ""
	}
	return strings.TrimPrefix(filepath.Base(found[0]), "bench-")
}

// containers lists those that bear the mark of the lease.
func containers(t *testing.T, token string) string {
	t.Helper()
	out, err := exec.Command("docker", "ps", "--all", "--quiet", "--filter", "label="+container.Mark(token)).Output()
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

// beginHarness starts one in a process of its own, with tmp for its TMPDIR.
func beginHarness(t *testing.T, env ...string) (cmd *exec.Cmd, tmp string, out *bufio.Reader) {
	t.Helper()
	tmp = t.TempDir()
	cmd = exec.Command(os.Args[0], "harness")
	cmd.Env = append(append(os.Environ(), "TMPDIR="+tmp, "DIR="+t.TempDir()), env...)
	cmd.Stderr = new(bytes.Buffer)
	pipe, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { cmd.Process.Kill() })
	return cmd, tmp, bufio.NewReader(pipe)
}

// A lab that was held up says so once, and accuses nobody else.
func TestAHeldUpLabAccusesNobody(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("looks into /proc")
	}
	t.Parallel()
	cmd, tmp, out := beginHarness(t, "REDIS=embedded", "STOP=redis instance")
	if line, err := out.ReadString('\n'); line != "up\n" {
		t.Fatalf("the harness said %q, %v", line, err)
	}
	cmd.Process.Signal(syscall.SIGSTOP)
	machinetest.Until(t, "all but it and its watchdog is gone", process.LeaseFor+5*time.Second, func() bool { return len(processtest.With("TMPDIR="+tmp)) == 2 })
	cmd.Process.Signal(syscall.SIGCONT)
	err := cmd.Wait()
	want := "the harness was held up for longer than its lease of 5 s (stopped? out of memory?), so its processes were ended"
	if got := cmd.Stderr.(*bytes.Buffer).String(); err == nil || strings.Count(got, want) != 1 || strings.Contains(got, "exited by itself") {
		t.Errorf("it ended with %v, and said:\n%s\nwant %q once, and nobody accused", err, got, want)
	}
}

// stopped counts the harness's processes that SIGSTOP has stopped.
func stopped(tmp string) int {
	found := map[string]bool{}
	for _, pid := range processtest.With("TMPDIR=" + tmp) {
		found[fmt.Sprintf("/proc/%d/stat", pid)] = true
	}
	for _, cwd := range servers(tmp) {
		found[filepath.Dir(cwd)+"/stat"] = true
	}
	n := 0
	for path := range found {
		if b, _ := os.ReadFile(path); bytes.Contains(b, []byte(") T ")) {
			n++
		}
	}
	return n
}

// servers lists the processes that work in a directory below tmp: redis-server does.
func servers(tmp string) (found []string) {
	links, _ := filepath.Glob("/proc/[0-9]*/cwd")
	for _, l := range links {
		if dir, _ := os.Readlink(l); strings.HasPrefix(dir, tmp) {
			found = append(found, l)
		}
	}
	return found
}
