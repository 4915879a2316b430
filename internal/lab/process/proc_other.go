//go:build !linux

package process

import (
	"os"
	"syscall"
)

// startTime would tell one use of a process number from the next; here it is not known. The
// lease forgets a number before it is free, which leaves only the moment after the harness's death.
func startTime(int) string { return "" }

// running reports whether the process is there.
func running(pid int) bool {
	p, err := os.FindProcess(pid)
	return err == nil && p.Signal(syscall.Signal(0)) == nil
}

// atWork would report whether a thread of the group can still run; here it is not known, and canaries find out.
func atWork(int) bool { return false }

// marked finds nothing: other processes' environments cannot be read here.
func marked(string) []int { return nil }
