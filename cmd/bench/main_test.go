package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/proxy/remote/toxitest"
)

// TestMain lets the test binary be bench: the harness starts its children by
// starting itself, and tests that need a process of its own do the same.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && slices.Contains([]string{"run", "drill", "halt", "compare", "serve", "redis", "watchdog"}, os.Args[1]) {
		os.Exit(dispatch(os.Args[1:], os.Stdout, os.Stderr))
	}
	if len(os.Args) > 1 && os.Args[1] == toxitest.Arg {
		fmt.Fprintln(os.Stderr, toxitest.Serve())
		os.Exit(exitCannotRun)
	}
	os.Exit(m.Run())
}

// bench runs a command line in this process.
func bench(args ...string) (code int, out, err string) {
	var o, e bytes.Buffer
	code = dispatch(args, &o, &e)
	return code, o.String(), e.String()
}

// A child is a command line in a process of its own, with a scratch folder by
// which everything that it starts can be told from the rest of the machine.
type child struct {
	*exec.Cmd
	out, err bytes.Buffer
	tmp      string

	once sync.Once // of ended
	done chan struct{}
}

func start(t *testing.T, args ...string) *child {
	t.Helper()
	return startWith(t, nil, args...)
}

// startIn starts a command line in a directory.
func startIn(t *testing.T, dir string, args ...string) *child {
	t.Helper()
	return startAt(t, dir, nil, args...)
}

// startWith starts a command line with more in its environment.
func startWith(t *testing.T, env []string, args ...string) *child {
	t.Helper()
	return startAt(t, "", env, args...)
}

func startAt(t *testing.T, dir string, env []string, args ...string) *child {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := &child{Cmd: exec.Command(self, args...), tmp: t.TempDir()}
	c.Env = slices.Concat(os.Environ(), env, []string{"TMPDIR=" + c.tmp})
	c.Dir, c.Stdout, c.Stderr = dir, &c.out, &c.err
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Process.Kill() })
	return c
}

// exit waits for the end and gives the exit code; −1: killed.
func (c *child) exit(t *testing.T, within time.Duration) int {
	t.Helper()
	timer := time.AfterFunc(within, func() { c.Process.Kill() })
	c.Wait()
	if !timer.Stop() {
		t.Fatalf("%v did not end within %v; it said:\n%s", c.Args[1:], within, c.err.String())
	}
	return c.ProcessState.ExitCode()
}

// nothingLeft waits until no process and no file of the child's remains.
func (c *child) nothingLeft(t *testing.T, within time.Duration) {
	t.Helper()
	var left []string
	waitFor(within, func() bool {
		left = nil
		environs, _ := filepath.Glob("/proc/[0-9]*/environ")
		for _, e := range environs {
			b, _ := os.ReadFile(e)
			if bytes.Contains(b, []byte(c.tmp)) {
				cmd, _ := os.ReadFile(filepath.Join(filepath.Dir(e), "cmdline"))
				left = append(left, filepath.Base(filepath.Dir(e))+" "+strings.ReplaceAll(string(cmd), "\x00", " "))
			}
		}
		files, _ := os.ReadDir(c.tmp)
		for _, f := range files {
			left = append(left, filepath.Join(c.tmp, f.Name()))
		}
		return len(left) == 0
	})
	if len(left) > 0 {
		t.Errorf("left behind after %v:\n%s", within, strings.Join(left, "\n"))
	}
}

// waitFor looks again and again until ok, and gives up after within.
func waitFor(within time.Duration, ok func() bool) bool {
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(within)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			return ok()
		}
	}
	return true
}

// results reads results.json of a run's folder, by claim and arm.
func results(t *testing.T, dir string) map[[2]string]claim.Result {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	var rows []claim.Result
	if err := json.Unmarshal(b, &rows); err != nil {
		t.Fatal(err)
	}
	out := map[[2]string]claim.Result{}
	for _, r := range rows {
		out[[2]string{r.ID, r.Arm}] = r
	}
	return out
}
