package limits

import (
	"strconv"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/limit"
)

// header reads what an answer reported of the limit out of its kept headers, lines of
// "name=value". It knows X-RateLimit-*, RateLimit-* and RateLimit as the drafts of the IETF
// have had them, and Retry-After. What it cannot read was not reported.
func (l *Log) header(kept string) (h limit.Header) {
	for line := range strings.SplitSeq(kept, "\n") {
		name, value, _ := strings.Cut(line, "=")
		switch name = strings.TrimPrefix(name, "x-"); name {
		case "ratelimit-limit", "ratelimit-remaining", "ratelimit-reset":
			l.report(&h, strings.TrimPrefix(name, "ratelimit-"), value)
		case "ratelimit": // limit=20, remaining=3, reset=2; or "policy";r=3;t=2
			for field := range strings.FieldsFuncSeq(value, func(r rune) bool { return r == ',' || r == ';' || r == ' ' }) {
				key, value, _ := strings.Cut(field, "=")
				l.report(&h, key, value)
			}
		case "retry-after":
			if n, ok := leading(value); ok {
				h.Has |= limit.HasRetryAfter
				h.RetryAfter = time.Duration(n) * time.Second
			}
		}
	}
	return h
}

// report notes one field.
func (l *Log) report(h *limit.Header, field, value string) {
	n, ok := leading(value)
	if !ok {
		return
	}
	switch field {
	case "limit":
		h.Has, h.Limit = h.Has|limit.HasLimit, int(n)
	case "remaining", "r":
		h.Has, h.Remaining = h.Has|limit.HasRemaining, int(n)
	case "reset", "t":
		l.reset(h, n)
	}
}

// reset notes when the window is said to end: seconds from now on, seconds since 1970, or
// milliseconds since 1970. Which of these is told by their size: no window lasts 30 years.
func (l *Log) reset(h *limit.Header, n int64) {
	const years = 1_000_000_000 // 30, in seconds
	since := time.Duration(n) * time.Second
	if n >= 1000*years {
		since = time.Duration(n) * time.Millisecond
	}
	switch {
	case n < years:
		h.Has |= limit.HasReset | limit.ResetIsWait
		h.Reset = since
	case l.dated && n < 1_000_000*years:
		h.Has |= limit.HasReset
		h.Reset = since - l.epoch
	}
}

// leading is the whole number that a value begins with: "20", "20, 20;w=2". At most 15 digits.
func leading(value string) (int64, bool) {
	value = strings.TrimSpace(value)
	end := 0
	for end < len(value) && value[end] >= '0' && value[end] <= '9' {
		end++
	}
	if end == 0 || end > 15 {
		return 0, false
	}
	n, err := strconv.ParseInt(value[:end], 10, 64)
	return n, err == nil
}
