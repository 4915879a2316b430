package process_test

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/lab/process/processtest"
	"github.com/trektribe/bench/internal/machinetest"
)

// A subject is a harness in a process of its own.
type subject struct {
	*exec.Cmd
	tmp  string
	errs bytes.Buffer // its standard error; read it after Wait
	out  *bufio.Reader
}

// begin starts a harness; up waits until all of it runs.
func begin(t *testing.T, env ...string) *subject {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("looks into /proc")
	}
	s := &subject{Cmd: exec.Command(os.Args[0], "harness"), tmp: t.TempDir()}
	s.Env = append(append(os.Environ(), "TMPDIR="+s.tmp, "DIR="+t.TempDir()), env...)
	s.Stderr = &s.errs
	out, err := s.StdoutPipe()
	if err == nil {
		err = s.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	s.out = bufio.NewReader(out)
	t.Cleanup(func() { s.Process.Kill() })
	return s
}

func (s *subject) up(t *testing.T) {
	t.Helper()
	if line, err := s.out.ReadString('\n'); line != "up\n" {
		t.Fatalf("the harness said %q, %v", line, err)
	}
}

// left counts its processes: harness, watchdog, two that it started, two children of theirs.
func (s *subject) left() int { return len(processtest.With("TMPDIR=" + s.tmp)) }

// role finds its process of that role.
func (s *subject) role(t *testing.T, role string) int {
	t.Helper()
	return processtest.Find(t, "TMPDIR="+s.tmp, role)
}

// vanishes waits until all that is left is n processes, and no file.
func (s *subject) vanishes(t *testing.T, n int, within time.Duration) {
	t.Helper()
	machinetest.Until(t, fmt.Sprintf("no more than %d processes and no directory are left", n), within, func() bool {
		files, err := os.ReadDir(s.tmp)
		return s.left() == n && err == nil && len(files) == 0
	})
}

// listening lists the TCP ports that the process listens on.
func listening(t *testing.T, pid int) (ports []string) {
	t.Helper()
	mine := map[string]bool{}
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	for _, l := range links {
		to, _ := os.Readlink(l)
		mine[to] = true
	}
	table, err := os.ReadFile("/proc/net/tcp")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(table)) {
		f := strings.Fields(line) // proc_net(5): local address in hex, state 0A is LISTEN, inode
		if len(f) > 9 && f[3] == "0A" && mine["socket:["+f[9]+"]"] {
			_, hex, _ := strings.Cut(f[1], ":")
			n, _ := strconv.ParseUint(hex, 16, 16)
			ports = append(ports, strconv.FormatUint(n, 10))
		}
	}
	return ports
}
