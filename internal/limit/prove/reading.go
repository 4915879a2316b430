package prove

import (
	"fmt"
	"strconv"
	"strings"
	"time"
)

// A Kind is a way to read "100 per 15 minutes".
type Kind uint8

const (
	// FixedFromFirst counts from the first request on: it opens a window, and
	// the first request after its end opens the next.
	FixedFromFirst Kind = iota + 1
	// FixedClock counts in windows that the clock sets, used or not.
	FixedClock
	// SlidingLog counts what was admitted in the window before each request.
	SlidingLog
	// SlidingCounter estimates that from two windows of the clock: the current
	// one, and the part of the last that the sliding window still covers.
	SlidingCounter
	// GCRA lets Burst requests in at once, and one more each Window/Limit.
	GCRA

	// What services do that have misread the promise; only the diagnosis holds
	// decisions against these.
	RenewedByAdmission // the window ends when nothing was admitted for its length
	RenewedByRequest   // the window ends when nothing was asked for its length
	LoggedRefusals     // a sliding log that refused requests enter too
)

var kinds = map[Kind]string{
	FixedFromFirst: "fixed-from-first", FixedClock: "fixed-clock", SlidingLog: "sliding-log",
	SlidingCounter: "sliding-counter", GCRA: "gcra",
}

func (k Kind) String() string { return kinds[k] }

// A Reading says what exactly is promised.
type Reading struct {
	Kind   Kind
	Limit  int           // at least 1
	Window time.Duration // above 0
	Burst  int           // of GCRA only, at least 1
	// Epoch is an instant on the clock of the decisions at which a window of
	// the clock begins; of FixedClock and SlidingCounter only.
	Epoch time.Duration
	// Slack is how far the clocks and timers of the service may be off. An
	// instant of decision may lie this much before Sent or after Done. Zero
	// takes the service by the nanosecond.
	Slack time.Duration
}

// Parse reads a kind as a scenario writes it: fixed-from-first, fixed-clock,
// sliding-log, sliding-counter, or gcra(burst).
func Parse(kind string, limit int, window time.Duration) (Reading, error) {
	r := Reading{Limit: limit, Window: window}
	name, rest, called := strings.Cut(kind, "(")
	for k, s := range kinds {
		if s == name {
			r.Kind = k
		}
	}
	if (r.Kind == GCRA) != called || r.Kind == 0 {
		return r, fmt.Errorf("%q is no reading of a rate limit; take fixed-from-first, fixed-clock, sliding-log, sliding-counter or gcra(burst)", kind)
	}
	if called {
		burst, err := strconv.Atoi(strings.TrimSuffix(rest, ")"))
		if err != nil || !strings.HasSuffix(rest, ")") {
			return r, fmt.Errorf("%q wants its burst as a number: gcra(10)", kind)
		}
		r.Burst = burst
	}
	return r, r.Check()
}

func (r Reading) String() string {
	kind := r.Kind.String()
	if r.Kind == GCRA {
		kind = fmt.Sprintf("%s(%d)", kind, r.Burst)
	}
	return fmt.Sprintf("%d per %s, %s", r.Limit, r.Window, kind)
}

// most is the greatest limit and burst: counts of windows stay Far from overflow.
const most = 1 << 30

func (r Reading) Check() error {
	switch {
	case kinds[r.Kind] == "":
		return fmt.Errorf("the reading has no kind")
	case r.Limit < 1 || r.Limit > most:
		return fmt.Errorf("a limit of %d: it must be 1 to %d", r.Limit, most)
	case r.Window <= 0 || r.Window > Far:
		return fmt.Errorf("a window of %s: it must be above 0 and at most %s", r.Window, time.Duration(Far))
	case r.Kind == GCRA && (r.Burst < 1 || r.Burst > most):
		return fmt.Errorf("gcra with a burst of %d: it must be 1 to %d", r.Burst, most)
	case r.Slack < 0 || r.Slack > Far:
		return fmt.Errorf("a slack of %s: it must be 0 to %s", r.Slack, time.Duration(Far))
	}
	return nil
}

// counts reports whether the reading counts in windows with a beginning and an
// end, so that what is left of them can only shrink until they end.
func (r Reading) Counts() bool { return r.Kind == FixedFromFirst || r.Kind == FixedClock }
