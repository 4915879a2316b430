package roundtest

import (
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/history"
)

// ExactScope is of a service with bookings, sessions and notifications, beside the trips of Scope.
func ExactScope() expr.Scope {
	s := Scope()
	s.Streams = append(s.Streams, "book", "board", "sockets", "presence", "notify")
	s.Paths = map[string]string{"book": "/api/bookings", "board": "/api/leaderboard",
		"sockets": "/ws?user={id}", "presence": "/api/users/{id}/sessions", "notify": "/api/notifications"}
	return s
}

// phaseOf is the phase of an instant in ms.
func phaseOf(at int) string {
	switch t := FMS(at); {
	case t < Begin("fault"):
		return "warm"
	case t < Begin("after"):
		return "fault"
	}
	return "after"
}

// An Op is one request of the service of ExactScope, in milliseconds.
type Op struct {
	Key, Ref   string
	Sent, Done int
	Status     int    // 0: no answer
	Instance   string // empty: "1"
	Answer     string // of a reading
	Client     string // of a socket: its name
}

func (o Op) request(stream, method string, right int) history.Request {
	r := history.Request{Stream: stream, Phase: phaseOf(o.Sent), Instance: o.Instance, Method: method, Key: o.Key, Ref: o.Ref, Intended: FMS(o.Sent),
		Sent: max(1, FMS(o.Sent)), Done: FMS(o.Done), Status: o.Status, Answer: o.Answer, Client: o.Client}
	switch o.Status {
	case right:
	case 0:
		r.Failure = history.Timeout
	default:
		r.Failure = history.Status
	}
	if r.Instance == "" {
		r.Instance = "1"
	}
	return r
}

func requests(stream, method string, right int, ops []Op) Part {
	return func(h *history.Slice) {
		for _, o := range ops {
			h.R = append(h.R, o.request(stream, method, right))
		}
	}
}

// Booked are bookings of an organizer, Key, by their id, Ref.
func Booked(ops ...Op) Part { return requests("book", "POST", 201, ops) }

// Notified are notifications of a user, Key, by their id, Ref.
func Notified(ops ...Op) Part { return requests("notify", "POST", 202, ops) }

// Opened are sockets of a user, Key, by their name, Client.
func Opened(ops ...Op) Part { return requests("sockets", "GET", 101, ops) }

// Board is a reading of the leaderboard on an instance that takes 1 ms.
func Board(instance string, sent int, answer string) Part {
	return requests("board", "GET", 200, []Op{{Sent: sent, Done: sent + 1, Status: 200, Instance: instance, Answer: answer}})
}

// Sessions is a reading of a user's sessions on an instance that takes 1 ms.
func Sessions(user, instance string, sent int, answer string) Part {
	return requests("presence", "GET", 200, []Op{{Key: user, Sent: sent, Done: sent + 1, Status: 200, Instance: instance, Answer: answer}})
}

// Said is what came on a socket at an instant in ms: "session", "message" or "close", with its detail.
func Said(socket string, at int, name, detail string) Part {
	return Event(history.Event{Kind: history.Socket, Stream: "sockets", Client: socket, Instance: "1", Phase: phaseOf(at), At: FMS(at), Name: name, Detail: detail})
}
