package lab_test

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/machinetest"
)

// TestKilledHarnessLeavesNothing kills a harness whose services have children that
// left their process group, and which may have stopped all it started.
func TestKilledHarnessLeavesNothing(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("looks into /proc")
	}
	for _, kind := range []string{"embedded", "server"} {
		for _, moment := range []string{"while it starts", "when it is up", "when all is stopped"} {
			t.Run(kind+" "+moment, func(t *testing.T) {
				if kind == "server" {
					machinetest.Need(t, "redis-server")
				}
				tmp := t.TempDir()
				cmd := exec.Command(os.Args[0], "harness")
				cmd.Env = append(os.Environ(), "TMPDIR="+tmp, "REDIS="+kind, "DIR="+t.TempDir())
				if moment == "when all is stopped" {
					cmd.Env = append(cmd.Env, "STOP=redis instance")
				}
				cmd.Stderr = os.Stderr
				out, err := cmd.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := cmd.Start(); err != nil {
					t.Fatal(err)
				}
				count := func() int { return len(processes("TMPDIR=" + tmp)) }
				if moment != "while it starts" {
					if line, err := bufio.NewReader(out).ReadString('\n'); line != "up\n" {
						t.Fatalf("the harness said %q, %v", line, err)
					}
					if moment == "when all is stopped" {
						if got := stopped(tmp); got != 3 { // two services and Redis
							t.Fatalf("%d processes are stopped, want 3", got)
						}
					}
					// Harness, watchdog, two services, two children of theirs; and an embedded Redis, as redis-server hides its environment.
					if got := count(); got < 6 {
						t.Fatalf("%d processes are there, want at least 6", got)
					}
				} else {
					until(t, "it has begun to start children", 10*time.Second, func() bool { return count() >= 2 })
				}
				cmd.Process.Signal(syscall.SIGKILL)
				cmd.Wait()
				until(t, "all its processes are gone", 5*time.Second, func() bool { return count() == 0 && len(servers(tmp)) == 0 })
				until(t, "its directory is gone", 5*time.Second, func() bool {
					left, err := os.ReadDir(tmp)
					return err == nil && len(left) == 0
				})
			})
		}
	}
}

// stopped counts the harness's processes that SIGSTOP has stopped.
func stopped(tmp string) int {
	found := map[string]bool{}
	for _, pid := range processes("TMPDIR=" + tmp) {
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

func TestWatchdogSparesWhatIsNotItsOwn(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("start times are read from /proc")
	}
	cmd := exec.Command("sleep", "60")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	defer signal.Reset() // it ignores what would end this test
	pid := strconv.Itoa(cmd.Process.Pid)
	rows := []struct{ name, lease string }{
		{"another process had this number", "token none\nwatch " + pid + " 12345\n"},
		{"it was forgotten", "token none\nwatch " + pid + " " + startTime(t, pid) + "\nforget " + pid + "\n"},
	}
	for _, row := range rows {
		if err := lab.Watchdog(strings.NewReader(row.lease), io.Discard); err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		if err := cmd.Process.Signal(syscall.Signal(0)); err != nil || startTime(t, pid) == "" {
			t.Fatalf("%s: killed all the same", row.name)
		}
	}
	if err := lab.Watchdog(strings.NewReader("wach 1\n"), io.Discard); err == nil || !strings.Contains(err.Error(), `"wach 1"`) {
		t.Errorf("a lease that makes no sense: %v", err)
	}
	// And its own it does not spare, nor their directory.
	dir := t.TempDir()
	sub := filepath.Join(dir, "bench-x")
	if err := os.MkdirAll(filepath.Join(sub, "db"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := lab.Watchdog(strings.NewReader("dir "+`"`+sub+`"`+"\nwatch "+pid+" "+startTime(t, pid)+"\n"), io.Discard); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("its own process ended with %v, want killed", err)
	}
	if _, err := os.Stat(sub); !os.IsNotExist(err) {
		t.Errorf("its directory: %v, want it gone", err)
	}
}

// startTime is the 22nd field of the process's stat; "sleep" has no blank to mislead.
func startTime(t *testing.T, pid string) string {
	t.Helper()
	b, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(b))[21]
}
