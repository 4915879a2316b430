// Package processtest finds out, for tests, what processes are left of something.
package processtest

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// With lists the running processes, but for this one, that have the variable
// ("TMPDIR=/tmp/x") in their environment. Empty where there is no /proc.
func With(variable string) (pids []int) {
	files, _ := filepath.Glob("/proc/[0-9]*/environ")
	for _, f := range files {
		pid, _ := strconv.Atoi(strings.Split(f, "/")[2])
		env, _ := os.ReadFile(f)
		if pid != os.Getpid() && bytes.Contains(append([]byte{0}, env...), []byte("\x00"+variable+"\x00")) {
			pids = append(pids, pid)
		}
	}
	return pids
}

// Find is the one of With that runs this program with the word as its first argument.
func Find(t testing.TB, variable, word string) int {
	t.Helper()
	for _, pid := range With(variable) {
		b, _ := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/cmdline")
		if args := strings.Split(string(b), "\x00"); len(args) > 1 && args[1] == word {
			return pid
		}
	}
	t.Fatalf("no process with the word %s", word)
	return 0
}

// NothingLeft looks for what must have been given back by whatever had tmp for its TMPDIR.
func NothingLeft(t testing.TB, tmp string) {
	t.Helper()
	if left, _ := os.ReadDir(tmp); len(left) > 0 {
		t.Errorf("left in the temporary directory: %v", left)
	}
	if left := With("TMPDIR=" + tmp); len(left) > 0 {
		t.Errorf("left running: %v", left)
	}
}
