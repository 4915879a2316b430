// Package notices checks what reaches the sockets of users: which notifications are lost,
// which come twice or out of order, and which were never sent.
//
// In go notifications as their publisher saw them, sockets, and the messages that
// these got; out comes a Report. A notification is due at a socket of its user if it
// was acknowledged, and the socket was attached from before it was sent until long
// enough after it was acknowledged. What is sent between the end of one socket of a
// client and its next session is due at neither: this gap is measured apart.
package notices

import (
	"math"
	"time"

	"github.com/trektribe/bench/internal/exact/evidence"
)

// A Notice is one request to notify a user. Requests of the same ID and user are repeats.
type Notice struct {
	ID, User  string
	Publisher string // whose order counts
	Instance  string // that took it
	evidence.Call
}

// A Socket is one connection of a user.
type Socket struct {
	Name     string // unique
	User     string
	Client   string // the sockets of one client come one after another; empty: it is nobody's
	Instance string
	Sent     time.Duration // when it was asked for
	Attached time.Duration // when it was told its session; Never: it was not
	End      time.Duration // its client left, or saw it closed; Never: it stayed
	Closed   bool          // by the service, or its end
}

// Never is an instant that does not come.
const Never = time.Duration(math.MaxInt64)

// A Message is one notification that came on a socket.
type Message struct {
	Socket, ID string
	At         time.Duration
}

// Terms are what the messages are held against.
type Terms struct {
	Within time.Duration // a notification has come this long after its acknowledgement
	Notice time.Duration // a service may have given a socket up this long before its client saw it close
	Until  time.Duration // nothing was observed after it
}

// A Report is what the messages prove.
type Report struct {
	Notices  int // that were acknowledged, by id and user
	Sockets  int // that were attached
	Messages int
	Due      int // pairs of a notification and a socket at which it was due

	Lost       evidence.Finding // due, and not come within the time. Longest: late ones only, from the acknowledgement
	LastLost   time.Duration    // when the last of these was sent; 0: there is none
	Doubled    evidence.Finding // messages that had come before on their socket
	Misordered evidence.Finding // messages that an earlier one of their publisher comes after; see Check
	Phantoms   evidence.Finding // messages that nobody had sent, to this user and by then
	Back       evidence.Finding // messages that come again after one that was sent later
	Delays     []Delay          // of messages the first time on their socket, in their order
	Gaps       []Gap
}

// A Delay is how long a message took, from the acknowledgement at least and from the sending at most.
// Least is 0 where it came before the acknowledgement, or there was none.
type Delay struct{ Least, Most time.Duration }

// A Gap is the time between two sockets of a client: from the end of one to the session of the next.
type Gap struct{ From, Until time.Duration }

// Check finds what the messages prove. A message is out of order if it comes after another of the
// same publisher and user that was sent when it was acknowledged already. The time
// is in proportion to messages and to what is due, but for sorting.
func Check(notices []Notice, sockets []Socket, messages []Message, terms Terms) Report {
	c := newChecker(notices, sockets, terms)
	c.take(messages)
	c.due()
	c.gaps()
	return c.report
}
