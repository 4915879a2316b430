package limit_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/limit"
)

// spoken is a right limiter of two in ten seconds, and what it says: one client,
// one request each second, known to the instant.
func spoken(lie func(n int, d *limit.Decision)) (ds []limit.Decision) {
	for n := range 30 {
		at := time.Duration(n) * time.Second
		in := n % 10
		d := limit.Decision{Client: "a", Sent: at, Done: at, Answer: limit.Refused}
		if in < 2 {
			d.Answer = limit.Allowed
		}
		d.Header = limit.Header{Has: limit.HasLimit | limit.HasRemaining | limit.HasReset, Limit: 2, Remaining: max(0, 1-in), Reset: at + time.Duration(10-in)*time.Second}
		if d.Answer == limit.Refused {
			d.Header.Has |= limit.HasRetryAfter
			d.Header.RetryAfter = time.Duration(10-in) * time.Second
		}
		if lie != nil {
			lie(n, &d)
		}
		ds = append(ds, d)
	}
	return ds
}

func TestHeadersAreHeldAgainstWhatHappened(t *testing.T) {
	for _, c := range []struct {
		name string
		lie  func(n int, d *limit.Decision)
		want limit.Lying
		n    int
	}{
		{"honest", nil, "", 0},
		{"as a wait", func(_ int, d *limit.Decision) {
			d.Header.Has |= limit.ResetIsWait
			d.Header.Reset -= d.Sent
		}, "", 0},
		{"another limit", func(_ int, d *limit.Decision) { d.Header.Limit = 3 }, limit.WrongLimit, 30},
		{"one more remains", func(_ int, d *limit.Decision) { d.Header.Remaining++ }, limit.RemainingTooMany, 10},
		{"one less remains", func(n int, d *limit.Decision) { d.Header.Remaining = max(0, d.Header.Remaining-1) }, limit.RemainingPassed, 3},
		{"none remains", func(n int, d *limit.Decision) { d.Header.Remaining = 0 }, limit.RemainingTooFew, 1},
		{"promised", func(n int, d *limit.Decision) {
			if n == 1 {
				d.Header.Remaining = 5
			}
		}, limit.RemainingBroken, 8},
		{"too early", func(_ int, d *limit.Decision) { d.Header.RetryAfter /= 4 }, limit.RetryTooEarly, 3 * 6},
		{"too late", func(_ int, d *limit.Decision) { d.Header.RetryAfter += 5 * time.Second }, limit.RetryTooLate, 2 * 8},
		{"moves", func(n int, d *limit.Decision) { d.Header.Reset = d.Sent + 10*time.Second }, limit.ResetMoves, 3 * 6},
		{"far", func(n int, d *limit.Decision) { d.Header.Reset += time.Hour }, limit.ResetTooFar, 30},
	} {
		t.Run(c.name, func(t *testing.T) {
			rep := judged(t, spoken(c.lie), limit.Reading{Kind: limit.FixedFromFirst, Limit: 2, Window: 10 * time.Second}, limit.Context{})
			if c.want == "" {
				if len(rep.Headers) > 0 || len(rep.Diagnosis) > 0 {
					t.Errorf("%+v, %+v", rep.Headers, rep.Diagnosis)
				}
				return
			}
			found := 0
			for _, l := range rep.Headers {
				if l.What == c.want {
					found = l.Count
				}
				if len(l.Examples) == 0 || len(l.Examples) > 10 {
					t.Errorf("%s has %d examples", l.What, len(l.Examples))
				}
			}
			if found < c.n {
				t.Errorf("%s is told %d times, want %d at least; all: %+v", c.want, found, c.n, rep.Headers)
			}
			if d := rep.Diagnosis; len(d) != 1 || fmt.Sprint(d[0].Codes) != "[header-lies]" {
				t.Errorf("the diagnosis is %+v", d)
			}
		})
	}
}
