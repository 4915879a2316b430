package limit

import "time"

// A Decision is one request to a rate limiter, as its client saw it. All times
// are on one clock, the same for every client, and may be in any order.
type Decision struct {
	Client   string // whom the reading limits: an address, an account
	Instance string // which instance answered; empty where that is not known
	Sent     time.Duration
	Done     time.Duration // of the answer; of no meaning where there is none
	Answer   Answer
	Header   Header
}

// An Answer is what the client learned about the decision. The limiter decided
// at one instant from Sent to Done.
type Answer uint8

const (
	// Unanswered requests may have been counted, at any instant from Sent on,
	// also after the client gave up; or never.
	Unanswered Answer = iota
	Allowed
	Refused
)

// A Header is what an answer reported about the limit. The zero value reports nothing.
type Header struct {
	Has        Fields
	Limit      int
	Remaining  int
	Reset      time.Duration // an instant on the clock of Sent, or with ResetIsWait the time from the decision on
	RetryAfter time.Duration // from the decision on
}

// Fields says which fields of a Header were reported.
type Fields uint8

const (
	HasLimit Fields = 1 << iota
	HasRemaining
	HasReset
	ResetIsWait // Reset counts from the decision, as RateLimit-Reset does; with HasReset
	HasRetryAfter
)

// A Span is a stretch of time, both ends included.
type Span struct{ From, To time.Duration }

// touches reports whether the limiter may have decided on d within the span.
func (s Span) touches(d *Decision) bool {
	return d.Sent <= s.To && (d.Answer == Unanswered || d.Done >= s.From)
}
