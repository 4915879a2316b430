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

// family would list whatever descends from a process; here nothing is known beside its group.
func family(int, string) []member { return nil }

// listening would be those that listen on the port; here it is not known.
func listening([]member, int) Serving { return nil }

// atWork would report whether a thread of it can still run; here it is not known, and canaries find out.
func (member) atWork() bool { return false }

// marked finds nothing: other processes' environments cannot be read here.
func marked(string) []int { return nil }
