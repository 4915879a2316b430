// Package sessions checks who is shown as connected: which sessions are open and not
// shown, which are shown and gone, and for how long.
//
// In go sessions and readings; out comes a Report. The sessions of a user are a set. A
// session is surely open at a reading if it was acknowledged before the reading was
// sent, and had not ended when it was answered; it is surely gone if it had ended
// before the reading was sent. When a session ended its client knows: at the latest
// when it left, or saw that the service had closed. A service may have ended it a little
// earlier than the client saw: within that time nothing is sure.
package sessions

import (
	"math"
	"time"

	"github.com/trektribe/bench/internal/exact/evidence"
)

// A Session is one socket of a user.
type Session struct {
	ID       string // the service's; empty: it did not tell, or the socket did not open
	User     string
	Instance string        // that has the socket
	Sent     time.Duration // when it was asked for
	Open     time.Duration // acknowledged; Never: it was not
	End      time.Duration // its client left, or saw it closed; Never: it stayed open
	Closed   bool          // by the service, or its end
	Refused  bool          // it was never open
}

// Never is an instant that does not come.
const Never = time.Duration(math.MaxInt64)

// A Read is one answer of the sessions of a user.
type Read struct {
	User, Instance string
	Sent, Done     time.Duration
	Shown          []string // ids
}

// A Report is what the readings prove.
type Report struct {
	Reads    int
	Sessions int // that were acknowledged
	Named    int // of these, whose id the service told
	Ended    int // of these, that ended
	Open     int // pairs of a reading and a session that was surely open then
	Gone     int // readings after the end of a session of their user

	// Absent are sessions that a reading lacks while they are open. Longest is the time from
	// one reading that lacks a session to another of the same instance, without one between that shows it.
	Absent evidence.Finding
	// Lost are absent sessions that no instance shows any more, and that had not ended when their user was last asked
	// for: the last reading of each instance, of those that were answered while the session was surely open, lacks it.
	Lost evidence.Finding
	// Ghosts are sessions that a reading shows after their end. Longest is the time from the end
	// of one to the sending of a reading that shows it.
	Ghosts evidence.Finding
	// Strange is how many shown ids are of no session that is known.
	Strange int
}

// Check finds what the readings prove. notice is for how long before its client saw it a service may have ended a session.
// The time that it takes is in proportion to sessions, to what the readings show, and to what is open then, but for sorting.
func Check(all []Session, reads []Read, notice time.Duration) Report {
	c := &checker{notice: notice, users: map[string]*user{}, report: Report{
		Reads:  len(reads),
		Absent: evidence.Finding{Code: "absent-sessions", Says: "open sessions are not shown"},
		Lost:   evidence.Finding{Code: "lost-sessions", Says: "open sessions are not shown any more"},
		Ghosts: evidence.Finding{Code: "ghost-sessions", Says: "sessions are shown that have ended"},
	}}
	for _, s := range all {
		c.enter(s)
	}
	for _, r := range evidence.BySent(reads, func(r *Read) time.Duration { return r.Sent }) {
		c.user(r.User).reads = append(c.user(r.User).reads, r)
	}
	c.check()
	return c.report
}
