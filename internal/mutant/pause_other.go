//go:build !linux

package mutant

import "time"

// pause is as exact as timers are.
func pause(d time.Duration) { time.Sleep(d) }
