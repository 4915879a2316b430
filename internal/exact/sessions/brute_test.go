package sessions_test

import (
	"testing"
	"time"

	"github.com/trektribe/bench/internal/exact/sessions"
)

// TestEverySmallHistory has one session and one reading with every choice of times. A right service opens the session
// somewhere between sent and acknowledged, ends it when its client leaves, or up to notice before its client sees it closed,
// and answers as it is at an instant of the reading. An answer that no right service gives is an error; any other is none.
func TestEverySmallHistory(t *testing.T) {
	const last, notice = 6, 2
	n := 0
	for sent := range last {
		for acked := sent; acked <= last; acked++ {
			for end := acked; end <= last+1; end++ { // last+1: never
				for _, closed := range []bool{false, true} {
					for readAt := range last {
						for done := readAt; done <= last; done++ {
							s := sessions.Session{ID: "a", User: "u", Sent: time.Duration(sent), Open: time.Duration(acked), End: time.Duration(end), Closed: closed}
							if end > last {
								s.End = sessions.Never
							}
							canBe := possible(sent, acked, end, closed && end <= last, readAt, done, notice)
							for _, shown := range []bool{false, true} {
								r := sessions.Read{User: "u", Instance: "1", Sent: time.Duration(readAt), Done: time.Duration(done)}
								if shown {
									r.Shown = []string{"a"}
								}
								got := sessions.Check([]sessions.Session{s}, []sessions.Read{r}, notice)
								if wrong := got.Absent.Count+got.Ghosts.Count+got.Strange > 0; wrong == canBe[shown] {
									t.Fatalf("%+v, %+v: %q, and a right service can answer so: %v", s, r, summary(got), canBe[shown])
								}
								n++
							}
						}
					}
				}
			}
		}
	}
	if n < 10_000 {
		t.Errorf("only %d histories", n)
	}
}

// possible is whether a right service can show the session, and can not show it.
func possible(sent, acked, end int, closed bool, from, to, notice int) map[bool]bool {
	can := map[bool]bool{}
	earliest := end
	if closed {
		earliest = end - notice
	}
	for opens := sent; opens <= acked; opens++ {
		for ends := max(opens, earliest); ends <= end; ends++ {
			for at := from; at <= to; at++ {
				// What happens at the same instant may come before or after.
				if at >= opens && at <= ends {
					can[true] = true
				}
				if at <= opens || at >= ends {
					can[false] = true
				}
			}
		}
	}
	return can
}
