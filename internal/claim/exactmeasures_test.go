package claim_test

import (
	"github.com/trektribe/bench/internal/claim/roundtest"
	"github.com/trektribe/bench/internal/history"
)

type op = roundtest.Op

var (
	booked   = roundtest.Booked
	notified = roundtest.Notified
	opened   = roundtest.Opened
	board    = roundtest.Board
	sessions = roundtest.Sessions
	said     = roundtest.Said
)

// confirmed are two bookings of organizer a, acknowledged at 120 ms.
func confirmed() part {
	return booked(op{Key: "a", Ref: "1", Sent: 100, Done: 110, Status: 201}, op{Key: "a", Ref: "2", Sent: 100, Done: 120, Status: 201})
}

// connected is a socket of user u that is told session x at 110 ms.
func connected() part {
	return together(opened(op{Key: "u", Client: "sockets/u/0", Sent: 100, Done: 105, Status: 101}), said("sockets/u/0", 110, "session", "x"))
}

// sent are two notifications for user u, acknowledged at 220 and 240 ms.
func sent() part {
	return notified(op{Key: "u", Ref: "a", Sent: 210, Done: 220, Status: 202}, op{Key: "u", Ref: "b", Sent: 230, Done: 240, Status: 202})
}

func came(ids string, from int) part {
	var parts []part
	for i, id := range ids {
		parts = append(parts, said("sockets/u/0", from+i, "message", string(id)))
	}
	return together(parts...)
}

func together(parts ...part) part {
	return func(h *history.Slice) {
		for _, p := range parts {
			p(h)
		}
	}
}

// back is the next socket of the user, after the first has ended at 300 ms.
func back(at int) part {
	return together(said("sockets/u/0", 300, "close", "dropped"), opened(op{Key: "u", Client: "sockets/u/0.1", Sent: at - 10, Done: at - 5, Status: 101}),
		said("sockets/u/0.1", at, "session", "y"))
}

// exactDecidings has a claim on every measure of bookings, sessions and notifications.
func exactDecidings() []deciding {
	type parts = []part
	begun, empty := board("1", 50, "-"), parts{board("1", 50, "-"), board("1", 300, "a=2")}
	ten := "k=3\nj=3\ni=3\nh=3\ng=3\nf=3\ne=3\nd=3\nc=3\nb=3"
	return []deciding{
		{"lost_bookings(board) == 0", parts{begun, confirmed(), board("1", 300, "a=2")}, parts{begun, confirmed(), board("1", 300, "a=1")}, empty, "no booking was acknowledged"},
		{"late_boards(board) == 0", parts{begun, confirmed(), board("1", 300, "a=2")}, parts{begun, confirmed(), board("1", 300, "a=1"), board("1", 400, "a=2")},
			parts{begun, confirmed()}, "no reading of board was sent after a booking"},
		{"board_lag(board) <= 100ms", parts{begun, confirmed(), board("1", 200, "a=1")}, parts{begun, confirmed(), board("1", 300, "a=1")},
			parts{board("1", 300, "z=1"), confirmed()}, "none of those that were booked"},
		{"doubled_bookings(board) == 0", parts{begun, confirmed(), board("1", 300, "a=2")}, parts{begun, confirmed(), board("1", 300, "a=3")},
			parts{confirmed(), board("1", 300, "a=3")}, "nobody read the leaderboard before"},
		{"board_divergence(board) <= 100ms", parts{confirmed(), board("1", 200, "a=2"), board("2", 300, "a=1")}, parts{confirmed(), board("1", 200, "a=2"), board("2", 400, "a=1")},
			parts{confirmed()}, "no request of board"},
		{"misordered_boards(board) == 0", parts{confirmed(), board("1", 200, "a=2\nb=1")}, parts{confirmed(), board("1", 200, "b=1\na=2")},
			parts{confirmed(), board("1", 200, "a=2")}, "lists two organizers"},
		{"missing_organizers(board) == 0", parts{confirmed(), board("1", 150, "a=2"), board("1", 200, ten)},
			parts{confirmed(), board("1", 150, "a=2"), board("1", 200, ten[:len(ten)-1]+"1")},
			parts{confirmed(), board("1", 200, "a=2")}, "never full"},

		{"absent_sessions(presence) == 0", parts{connected(), sessions("u", "1", 200, "x")}, parts{connected(), sessions("u", "1", 200, "-"), sessions("u", "1", 300, "x")},
			parts{sessions("u", "1", 200, "-")}, "nobody asked for a socket"},
		{"lost_sessions(presence) == 0", parts{connected(), sessions("u", "1", 200, "x")}, parts{connected(), sessions("u", "1", 200, "-")},
			parts{opened(op{Key: "u", Client: "sockets/u/0", Sent: 100, Done: 105, Status: 404}), sessions("u", "1", 200, "-")}, "no socket was opened (1 × status 404)"},
		{"absence(presence) <= 100ms", parts{connected(), sessions("u", "1", 200, "-"), sessions("u", "1", 250, "-")}, parts{connected(), sessions("u", "1", 200, "-"), sessions("u", "1", 350, "-")},
			parts{connected(), said("sockets/u/0", 120, "close", "eof"), sessions("u", "1", 200, "-")}, "no session was surely open"},
		{"ghost_sessions(presence) == 0", parts{connected(), said("sockets/u/0", 150, "close", "left"), sessions("u", "1", 200, "-")},
			parts{connected(), said("sockets/u/0", 150, "close", "eof"), sessions("u", "1", 200, "x")}, parts{connected(), sessions("u", "1", 200, "x")}, "no session had ended"},
		{"haunting(presence) <= 100ms", parts{connected(), said("sockets/u/0", 150, "close", "left"), sessions("u", "1", 200, "x")},
			parts{connected(), said("sockets/u/0", 150, "close", "left"), sessions("u", "1", 300, "x")}, parts{connected(), sessions("u", "1", 200, "x")}, "no session had ended"},

		{"lost_notifications(notify, sockets, 100ms) == 0", parts{connected(), sent(), came("ab", 241)}, parts{connected(), sent(), came("a", 221)},
			parts{connected(), sent(), said("sockets/u/0", 260, "close", "left")}, "was attached from before it until 100ms after it"},
		{"doubled_notifications(notify, sockets) == 0", parts{connected(), sent(), came("ab", 241)}, parts{connected(), sent(), came("aba", 241)},
			parts{connected(), sent()}, "came on a socket"},
		{"misordered_notifications(notify, sockets) == 0", parts{connected(), sent(), came("ab", 241)}, parts{connected(), sent(), came("ba", 241)},
			parts{connected()}, "no request of notify"},
		{"phantom_notifications(notify, sockets) == 0", parts{connected(), sent(), came("ab", 241)}, parts{connected(), sent(), came("abc", 241)},
			parts{sent()}, "nobody asked for a socket"},
		{"max(notification_delay(notify, sockets)) <= 100ms", parts{connected(), sent(), came("ab", 241)}, parts{connected(), sent(), came("ab", 341)},
			parts{connected(), sent()}, "came on a socket"},
		{"time_to_delivery(notify, sockets, 100ms) <= 1s", parts{outage("1"), connected(), sent()},
			parts{outage("1"), connected(), notified(op{Key: "u", Ref: "c", Sent: 4500, Done: 4510, Status: 202})}, parts{connected(), sent()}, "no fault ended"},
		{"max(reconnect_gap(notify, sockets)) <= 200ms", parts{connected(), sent(), back(400)}, parts{connected(), sent(), back(600)},
			parts{connected(), sent()}, "came back after its socket had ended"},
	}
}
