package mutant

import (
	"syscall"
	"time"
)

// pause blocks the thread: the kernel wakes it some 50 µs late, where a timer of the runtime may be 1 ms late.
func pause(d time.Duration) {
	const slack = 50 * time.Microsecond // PR_SET_TIMERSLACK, the kernel's default
	until := time.Now().Add(d)
	for left := d; left > 0; left = time.Until(until) {
		if left <= slack {
			continue // the clock is asked until it is over
		}
		t := syscall.NsecToTimespec(int64(left - slack))
		syscall.Nanosleep(&t, nil) // one that is interrupted is repeated
	}
}
