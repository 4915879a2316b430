package limit

import (
	"time"

	"github.com/trektribe/bench/internal/limit/prove"
)

// A Report is what can be proved of a limiter from outside.
type Report struct {
	Reading                                Reading
	Requests, Allowed, Refused, Unanswered int
	Kept, Granted                          Side
	Clients                                []Client // with errors, the worst first
	Windows                                []Window // with errors, the worst ten
	Trailing                               Trailing
	Stretch                                Stretch
	InFlight                               []InFlight
	Headers                                []Lie
	Others                                 []Other
	Diagnosis                              []Diagnosis
}

// A Verdict is what the decisions say of one side of the promise.
type Verdict uint8

const (
	Untested Verdict = iota // nothing was asked that could have broken it
	Holds                   // nothing proves it broken
	Broken
)

func (v Verdict) String() string { return [...]string{"untested", "holds", "broken"}[v] }

// A Reason says why a side is untested.
type Reason string

const (
	NoAnswers     Reason = "no-answers"        // nothing was asked, or nothing answered
	NobodyRefused Reason = "nobody-refused"    // all were admitted, and no more than the limit
	NeverReached  Reason = "limit-not-reached" // some were refused, but no client was at its limit then
)

// A Side is one half of the promise. Kept: nobody is admitted beyond the limit.
// Granted: nobody below it is refused.
type Side struct {
	Verdict Verdict
	Why     Reason // of Untested only
	Errors  int    // at least so many, whenever the limiter decided
	Clients int    // with errors
	// TestedClients and TestedWindows could have broken it. Kept: they reached
	// the limit and asked for more. Granted: clients were answered, and windows
	// had to begin after a full one. Sliding readings have no windows; there they
	// are times, a window's length apart.
	TestedClients int
	TestedWindows int
}

// A Client is one that met errors.
type Client struct {
	Name                                   string
	Requests, Allowed, Refused, Unanswered int
	Over                                   int // allowed over the limit
	Falsely                                int // refused below it
	Windows                                int // with errors; of readings that count in windows
	InFlight                               int // the most requests under way at once
}

// A Window is one client's that must contain errors.
type Window struct {
	Client string
	prove.Window
}

// Trailing is the most that one client was surely admitted in any stretch of a
// window's length, by no model at all.
type Trailing struct {
	Client   string
	From, To time.Duration
	Admitted int
}

// A Stretch is the longest time that a client kept coming, for what it got.
type Stretch struct {
	Client string
	prove.Stretch
}

// An InFlight is what became of the clients that had so many requests under way
// at once, up to the next power of two.
type InFlight struct {
	Least, Most   int
	Clients       int
	Over, Falsely int
	Tested        int // clients that reached the limit and asked for more
}

// An Other is what another reading would have said.
type Other struct {
	Reading       Reading
	Over, Falsely int
}
