package impact

import (
	"time"

	"github.com/trektribe/bench/internal/command"
	"github.com/trektribe/bench/internal/history"
)

// sameUse is the part of the commands for each answer before a fault that shows the
// same use after it. A cold cache needs three of them where a warm one needs one.
const sameUse = 0.25

// seen is how one instance used a dependency, as the wire shows: by commands with keys
// that were answered without an error.
type seen struct {
	unfollowed            bool  // there may be more than was seen
	reads                 int   // before the fault
	uses, usesSince       int   // before the fault, and since the last heal; the reads alone where there were any before
	answers, answersSince int   // the same, of the service
	since                 lapse // commands with keys since the last heal
}

// Command takes one of the instance's.
func (u *Usage) Command(c *history.Command) {
	w, s := &u.window, &u.wire
	switch {
	case !w.Faulted:
	case c.Reply == history.NotFollowed:
		s.unfollowed = s.unfollowed || c.Name == ""
	case c.Key == "":
	case c.Sent <= w.Began:
		if c.OK() {
			s.uses++
		}
		if c.OK() && reads(c) {
			s.reads++
		}
	case s.reads > 0 && !reads(c): // who read before and only writes now does not use it again
	case w.Healed && c.Sent >= w.Lifting:
		if c.OK() {
			s.usesSince++
		}
		s.since.add(max(c.Sent, c.Answered)-w.Lifting, c.OK())
	}
}

// ByWire reports whether only the wire tells when the dependency was used again: the
// service used it, and did not say so, or hardly had an answer to say it of.
func (u *Usage) ByWire() bool {
	if u.last == 0 || u.wire.uses == 0 || u.wire.unfollowed {
		return false
	}
	_, told := u.since.settled()
	return !u.before || !told && u.since.few()
}

// settled is when the first command was answered from which on enough of them were, and
// about as many for each answer of the service as before the fault.
func (s *seen) settled() (time.Duration, bool) {
	at, ok := s.since.settled()
	per := func(uses, answers int) float64 { return float64(uses) / float64(max(1, answers)) }
	before := s.uses
	if s.reads > 0 {
		before = s.reads
	}
	return at, ok && per(s.usesSince, s.answersSince) >= sameUse*per(before, s.answers)
}

func reads(c *history.Command) bool {
	known, _ := command.Find(c.Name)
	return known.Access == "read"
}
