//go:build unix

package drill

import (
	"os"
	"syscall"
)

// held reports whether another process has the lock on f. Where none has, this one takes it, until f is closed or the
// process ends.
func held(f *os.File) bool { return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil }
