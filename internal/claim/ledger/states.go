package ledger

import (
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/exact/board"
	"github.com/trektribe/bench/internal/exact/notices"
	"github.com/trektribe/bench/internal/exact/sessions"
	"github.com/trektribe/bench/internal/history"
)

// Bookings are those of a state.
func (l *Ledger) Bookings(state int) (all []board.Booking) {
	for _, b := range l.bookings {
		if b.state == state {
			all = append(all, b.Booking)
		}
	}
	return all
}

// Notices are those of a state.
func (l *Ledger) Notices(state int) (all []Notice) {
	for _, n := range l.notices {
		if n.state == state {
			all = append(all, n)
		}
	}
	return all
}

// Sockets are those of a state, with what was said on them. They are not to be changed, and none may be entered after it.
func (l *Ledger) Sockets(state int) []Socket {
	if l.byState == nil {
		l.byState = map[int][]Socket{}
		for _, s := range l.sockets {
			l.byState[s.state] = append(l.byState[s.state], l.finished(s))
		}
	}
	return l.byState[state]
}

func (l *Ledger) finished(s Socket) Socket {
	h, known := l.said[s.Request.Client]
	if !known {
		h = heard{at: notices.Never, end: notices.Never}
	}
	s.Session, s.Open, s.End, s.How = h.session, h.at, h.end, h.how
	if !l.tells && s.Request.OK() {
		s.Open = s.Request.Done
	}
	s.Closed = s.End != notices.Never && !slices.Contains(byClient, s.How) && !strings.HasPrefix(s.How, "wrong message")
	if !s.Request.OK() && s.End == notices.Never {
		s.End = s.Request.Done // its client gave up
	}
	return s
}

// AsSession is a socket as the checker of sessions takes it.
func (s *Socket) AsSession() sessions.Session {
	return sessions.Session{ID: s.Session, User: s.Request.Key, Instance: s.Request.Instance, Sent: s.Request.Sent, Open: s.Open, End: s.End, Closed: s.Closed,
		Refused: s.Request.Failure == history.Refused || s.Request.Failure == history.Limited || s.Request.Failure == history.Status}
}

// AsSocket is a socket as the checker of notifications takes it.
func (s *Socket) AsSocket() notices.Socket {
	return notices.Socket{Name: s.Request.Client, User: s.Request.Key, Client: clientOf(s.Request.Client), Instance: s.Request.Instance,
		Sent: s.Request.Sent, Attached: s.Open, End: s.End, Closed: s.Closed}
}

// Messages are those that came on a socket.
func (l *Ledger) Messages(name string) []notices.Message { return l.messages[name] }

// Until is the last instant that was observed in a state.
func (l *Ledger) Until(state int) time.Duration {
	if state < len(l.fresh) {
		return min(l.until, l.fresh[state])
	}
	return l.until
}

// Undone are the bookings and notifications that were not acknowledged, each with its stream and how it failed.
func (l *Ledger) Undone() []history.Request { return l.undone }

// Books reports whether a stream books.
func (l *Ledger) Books(stream string) bool { return l.path(stream) == bookings }

// Notifies reports whether a stream notifies.
func (l *Ledger) Notifies(stream string) bool { return l.path(stream) == notifications }

// clientOf is who a socket is of. A socket is named "stream/user/n", and "stream/user/n.k" when it comes back.
func clientOf(socket string) string {
	at := strings.LastIndexByte(socket, '/')
	n, _, _ := strings.Cut(socket[at+1:], ".")
	return socket[:at+1] + n
}
