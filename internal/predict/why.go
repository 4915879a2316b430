package predict

import (
	"fmt"
	"strings"
	"time"
)

// why is the arithmetic of one request: what it spent its time on.
func (s cost) why(c client) string {
	var parts []string
	add := func(d time.Duration, format string, args ...any) {
		if d >= time.Millisecond {
			parts = append(parts, fmt.Sprintf("%v %s", rounded(d), fmt.Sprintf(format, args...)))
		}
	}
	add(s.queueing, "waiting for one of %d connections", c.pool)
	add(s.dialling, "in %d × %d dials, %v apart", s.dialled, c.dials, c.dialPause)
	if s.timeouts > 0 {
		parts = append(parts, fmt.Sprintf("%d × %v until a read times out", s.timeouts, c.read))
	}
	if s.trips > 0 && s.replies >= time.Millisecond {
		parts = append(parts, fmt.Sprintf("%d × %v until a late reply", s.trips, rounded(s.replies/time.Duration(s.trips))))
	}
	add(s.held, "without a reply until the fault ends")
	add(s.pausing, "in %d pauses before another attempt", s.pauses)
	add(s.loading, "for a load")
	text := strings.Join(parts, " + ")
	if text == "" {
		text = "every call is answered, or fails, at once"
	}
	if s.calls > 1 {
		text += fmt.Sprintf(", in %d calls of one request", s.calls)
	}
	if c.wait > 0 && s.took >= c.wait {
		text = fmt.Sprintf("a request waits %v for Redis at most; its call alone takes %s", c.wait, text)
	}
	return text
}

func rounded(d time.Duration) time.Duration {
	if d >= time.Second {
		return d.Round(10 * time.Millisecond)
	}
	return d.Round(time.Millisecond)
}
