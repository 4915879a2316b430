// Package ledger keeps what the checkers of bookings, sessions and notifications need of
// one history.
//
// In go the events and requests of a history; out come bookings, sockets, messages and
// notifications, each with its fate. It never judges them, and knows no measure.
package ledger

import (
	"maps"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/exact/board"
	"github.com/trektribe/bench/internal/exact/evidence"
	"github.com/trektribe/bench/internal/exact/notices"
	"github.com/trektribe/bench/internal/history"
)

// The calls of the service contract that it knows.
const (
	bookings      = "/api/bookings"
	notifications = "/api/notifications"
	sockets       = "/ws"
)

// A Ledger keeps the operations of one history. Show it all events, then all requests. A
// state of the service ends when all instances are started afresh; what was done to one says
// nothing about the next.
type Ledger struct {
	paths    map[string]string // of streams
	phases   []history.Event
	starts   []time.Duration // of instances
	fresh    []time.Duration // when states began; see state
	bookings []booking
	notices  []Notice
	sockets  []Socket
	byState  map[int][]Socket // see Sockets
	said     map[string]heard // by the socket's name
	messages map[string][]notices.Message
	tells    bool            // sockets are told their session
	lifted   []time.Duration // when faults ended
	until    time.Duration   // the last that was observed
	undone   []history.Request
}

type booking struct {
	board.Booking
	state int
}

// A Notice is one request to notify a user.
type Notice struct {
	notices.Notice
	Request history.Request // that it was; without its headers and answer
	state   int
}

// A Socket is one that was asked for.
type Socket struct {
	Request history.Request // that asked
	Session string          // its id; empty: the service told none
	Open    time.Duration   // it was told its session, or, of a service that tells none, upgraded; notices.Never: neither
	End     time.Duration   // its client left, or saw it closed; notices.Never: neither
	Closed  bool            // by the service, or its end
	How     string          // it ended
	state   int
}

// heard is what events say of a socket.
type heard struct {
	session string
	at      time.Duration
	end     time.Duration
	how     string
}

// New is an empty ledger; paths are those of streams.
func New(paths map[string]string) *Ledger {
	return &Ledger{paths: paths, said: map[string]heard{}, messages: map[string][]notices.Message{}}
}

// byClient are the ends of sockets that their client made: of what it did it knows the time.
var byClient = []string{"left", "dropped", "vanished", "no pong", "canceled"}

// Event takes what was said on sockets, and when instances were started.
func (l *Ledger) Event(e *history.Event) {
	switch e.Kind {
	case history.PhaseSpan:
		l.phases = append(l.phases, *e)
		l.until = max(l.until, e.Until)
	case history.Process:
		if e.Name == "ready" {
			l.starts = append(l.starts, e.At)
		}
	case history.FaultOff:
		l.lifted = append(l.lifted, max(e.At, e.Until))
	case history.Socket:
		l.hear(e)
	}
}

func (l *Ledger) hear(e *history.Event) {
	l.until = max(l.until, e.At)
	h, known := l.said[e.Client]
	if !known {
		h = heard{at: notices.Never, end: notices.Never}
	}
	switch e.Name {
	case "session":
		l.tells = true
		if h.at == notices.Never {
			h.session, h.at = e.Detail, e.At
		}
	case "message":
		l.messages[e.Client] = append(l.messages[e.Client], notices.Message{Socket: e.Client, ID: e.Detail, At: e.At})
	case "close":
		if h.end == notices.Never {
			h.end, h.how = e.At, e.Detail
		}
	}
	l.said[e.Client] = h
}

// Request enters a booking, a notification or the opening of a socket.
func (l *Ledger) Request(r *history.Request) {
	if r.Sent == 0 {
		return
	}
	l.until = max(l.until, r.Done)
	path := l.path(r.Stream)
	call := evidence.Call{Sent: r.Sent, Done: r.Done, Fate: fateOf(r)}
	switch {
	case path == bookings && r.Method == "POST":
		l.bookings = append(l.bookings, booking{board.Booking{ID: r.Ref, Organizer: r.Key, Call: call}, l.State(r.Sent)})
	case path == notifications && r.Method == "POST":
		kept := *r
		kept.Headers, kept.Answer = "", ""
		l.notices = append(l.notices, Notice{Request: kept, state: l.State(r.Sent),
			Notice: notices.Notice{ID: r.Ref, User: r.Key, Publisher: r.Stream, Instance: r.Instance, Call: call}})
	case path == sockets:
		l.sockets = append(l.sockets, Socket{Request: *r, state: l.State(r.Sent)})
	default:
		return
	}
	if path != sockets && call.Fate != evidence.Acknowledged {
		l.undone = append(l.undone, history.Request{Stream: r.Stream, Failure: r.Failure, Status: r.Status})
	}
}

// path is what a stream asks for, without its query.
func (l *Ledger) path(stream string) string {
	path, _, _ := strings.Cut(l.paths[stream], "?")
	return path
}

// fateOf is what became of a request that changes something.
func fateOf(r *history.Request) evidence.Fate {
	refused := r.Status >= 400 && r.Status <= 499 && (r.OK() || r.Failure == history.Status)
	switch {
	case r.Failure == history.Refused, r.Failure == history.Limited, refused:
		return evidence.Refused
	case r.OK() && r.Status >= 200 && r.Status <= 299:
		return evidence.Acknowledged
	}
	return evidence.Unanswered
}

// State numbers the states of the service: how many had begun by t. An instance that starts while a phase runs
// has lost nothing but itself; where none runs, everything is fresh.
func (l *Ledger) State(t time.Duration) int {
	if l.starts != nil {
		for _, at := range l.starts {
			if !slices.ContainsFunc(l.phases, func(p history.Event) bool { return p.At <= at && at < p.Until }) {
				l.fresh = append(l.fresh, at)
			}
		}
		slices.Sort(l.fresh)
		l.starts = nil
	}
	return sort.Search(len(l.fresh), func(i int) bool { return l.fresh[i] > t })
}

// States are those in which something was booked, sent or attached, in order.
func (l *Ledger) States() []int {
	found := map[int]bool{}
	for _, b := range l.bookings {
		found[b.state] = true
	}
	for _, n := range l.notices {
		found[n.state] = true
	}
	for _, s := range l.sockets {
		found[s.state] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// Lifted is when the last fault ended. False: none did.
func (l *Ledger) Lifted() (at time.Duration, ok bool) {
	if len(l.lifted) == 0 {
		return 0, false
	}
	return slices.Max(l.lifted), true
}
