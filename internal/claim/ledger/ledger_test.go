package ledger_test

import (
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim/ledger"
	"github.com/trektribe/bench/internal/exact/evidence"
	"github.com/trektribe/bench/internal/exact/notices"
	"github.com/trektribe/bench/internal/history"
)

const ms = time.Millisecond

var paths = map[string]string{"book": "/api/bookings", "notify": "/api/notifications", "sockets": "/ws?user={id}", "trips": "/api/trips"}

// read shows a ledger events, and then requests.
func read(events []history.Event, requests ...history.Request) *ledger.Ledger {
	l := ledger.New(paths)
	for _, e := range events {
		l.Event(&e)
	}
	for _, r := range requests {
		l.Request(&r)
	}
	return l
}

func request(stream, method string, status int, f history.Failure) history.Request {
	return history.Request{Stream: stream, Method: method, Key: "7", Ref: "x", Instance: "1", Sent: 10 * ms, Done: 20 * ms, Status: status, Failure: f}
}

func TestFates(t *testing.T) {
	for _, tt := range []struct {
		status  int
		failure history.Failure
		want    evidence.Fate
	}{
		{201, "", evidence.Acknowledged},
		{409, "", evidence.Refused}, // as the stream expects
		{409, history.Status, evidence.Refused},
		{429, history.Limited, evidence.Refused},
		{0, history.Refused, evidence.Refused},
		{500, history.Status, evidence.Unanswered},
		{503, "", evidence.Unanswered},
		{201, history.Shape, evidence.Unanswered},
		{0, history.Timeout, evidence.Unanswered},
		{0, history.Reset, evidence.Unanswered},
		{0, history.EOF, evidence.Unanswered},
		{0, history.Canceled, evidence.Unanswered},
	} {
		l := read(nil, request("book", "POST", tt.status, tt.failure), request("notify", "POST", tt.status, tt.failure))
		if b, n := l.Bookings(0), l.Notices(0); len(b) != 1 || b[0].Fate != tt.want || len(n) != 1 || n[0].Fate != tt.want {
			t.Errorf("status %d, %q: %+v and %+v, want fate %v", tt.status, tt.failure, b, n, tt.want)
		}
	}
	unsent := request("book", "POST", 0, history.Unsent)
	unsent.Sent = 0
	if l := read(nil, unsent, request("book", "GET", 200, ""), request("trips", "POST", 201, "")); len(l.States()) != 0 {
		t.Errorf("what was never sent, or is no booking: %+v", l.Bookings(0))
	}
}

func said(socket string, at int, name, detail string) history.Event {
	return history.Event{Kind: history.Socket, Stream: "sockets", Client: socket, At: time.Duration(at) * ms, Name: name, Detail: detail}
}

func socket(name string, status int, f history.Failure) history.Request {
	r := request("sockets", "GET", status, f)
	r.Client = name
	return r
}

func TestSocketsAndTheirEnds(t *testing.T) {
	l := read([]history.Event{
		said("sockets/7/0", 25, "session", "s0"), said("sockets/7/0", 26, "session", "s9"), said("sockets/7/0", 30, "message", "m"),
		said("sockets/7/0", 40, "close", "closed 1001"), said("sockets/7/0", 41, "close", "left"),
		said("sockets/7/0.1", 25, "session", "s1"), said("sockets/7/0.1", 40, "close", "dropped"),
	}, socket("sockets/7/0", 101, ""), socket("sockets/7/0.1", 101, ""), socket("sockets/7/2", 101, ""), socket("sockets/7/3", 404, history.Status))
	all := l.Sockets(0)
	if s := all[0]; s.Session != "s0" || s.Open != 25*ms || s.End != 40*ms || !s.Closed || s.How != "closed 1001" || len(l.Messages("sockets/7/0")) != 1 {
		t.Errorf("closed by the service: %+v", s)
	}
	if s := all[1]; s.Closed || s.End != 40*ms {
		t.Errorf("dropped: %+v", s)
	}
	if s := all[2]; s.Open != notices.Never || s.End != notices.Never {
		t.Errorf("told nothing, where others are: %+v", s)
	}
	if s := all[3]; !s.AsSession().Refused || s.Open != notices.Never || s.End != 20*ms {
		t.Errorf("not opened: %+v", s)
	}
	if a, b := all[0].AsSocket(), all[1].AsSocket(); a.Client != "sockets/7/0" || a.Client != b.Client || a.Name == b.Name {
		t.Errorf("the sockets of one client: %+v and %+v", a, b)
	}
	untold := read(nil, socket("sockets/7/0", 101, "")).Sockets(0)[0]
	if untold.Open != 20*ms || untold.Session != "" {
		t.Errorf("where nobody is told: %+v, want it open from the upgrade on", untold)
	}
}

func TestAStateBeginsWhereInstancesStartWhileNoPhaseRuns(t *testing.T) {
	phase := func(from, until int) history.Event {
		return history.Event{Kind: history.PhaseSpan, At: time.Duration(from) * ms, Until: time.Duration(until) * ms}
	}
	start := func(at int) history.Event {
		return history.Event{Kind: history.Process, Name: "ready", At: time.Duration(at) * ms}
	}
	at := func(n int) history.Request {
		r := request("book", "POST", 201, "")
		r.Sent, r.Done = time.Duration(n)*ms, time.Duration(n+1)*ms
		return r
	}
	l := read([]history.Event{start(1), start(2), phase(10, 100), start(50), phase(100, 200), start(210), start(215), phase(220, 300)}, at(20), at(60), at(150), at(230))
	states := l.States()
	if len(states) != 2 || len(l.Bookings(states[0])) != 3 || len(l.Bookings(states[1])) != 1 {
		t.Errorf("states %v", states)
	}
	if got := l.Until(states[0]); got != 210*ms {
		t.Errorf("the first is observed until %v, want the start of the next", got)
	}
	if got := l.Until(states[1]); got != 300*ms {
		t.Errorf("the last is observed until %v", got)
	}
}

func TestFaultsAreLifted(t *testing.T) {
	if _, ok := read(nil).Lifted(); ok {
		t.Error("none was")
	}
	l := read([]history.Event{{Kind: history.FaultOff, At: 5 * ms, Until: 6 * ms}, {Kind: history.FaultOff, At: 4 * ms, Until: 5 * ms}})
	if at, ok := l.Lifted(); !ok || at != 6*ms {
		t.Errorf("lifted at %v", at)
	}
}
