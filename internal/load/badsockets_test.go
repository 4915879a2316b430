package load_test

import (
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/coder/websocket"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/load"
)

// Whatever a service does with a socket is recorded, and is the end of that socket alone.
func TestSocketsThatGoWrong(t *testing.T) {
	say := func(text string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			c, err := websocket.Accept(w, r, nil)
			if err != nil {
				return
			}
			defer c.CloseNow()
			c.Write(r.Context(), websocket.MessageText, []byte(text))
			c.Read(r.Context())
		}
	}
	raw := func(then func(net.Conn)) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, r *http.Request) {
			c, err := websocket.Accept(w, r, nil)
			if err != nil {
				return
			}
			then(websocket.NetConn(r.Context(), c, websocket.MessageText))
			c.CloseNow()
		}
	}
	tests := []struct {
		name    string
		serve   http.HandlerFunc
		status  int
		failure history.Failure
		end     string // empty: the socket was not opened
	}{
		{"no such call", http.NotFound, 404, history.Status, ""},
		{"over the limit", func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(429)
			io.WriteString(w, `{"error":"slow"}`)
		}, 429, history.Status, ""},
		{"answers instead", func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, strings.Repeat("x", 1<<20)) }, 200, history.Status, ""},
		{"redirects", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/elsewhere", 302) }, 302, history.Status, ""},
		{"upgrades to something else", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Connection", "Upgrade")
			w.Header().Set("Upgrade", "websocket")
			w.WriteHeader(101)
		}, 101, history.Shape, ""},
		{"hangs", func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() }, 0, history.Timeout, ""},
		{"hangs up", func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) }, 0, history.EOF, ""},
		{"closes at once", raw(func(net.Conn) {}), 101, "", "eof"},
		{"says goodbye at once", raw(func(c net.Conn) { c.Close() }), 101, "", "closed 1000"},
		{"no JSON", say("hello"), 101, "", "wrong message: not a JSON object"},
		{"a list", say("[1]"), 101, "", "wrong message: not a JSON object"},
		{"no session", say(`{"type":"session"}`), 101, "", "wrong message: a session without a socketId"},
		{"no id", say(`{"type":"notification","id":{}}`), 101, "", "wrong message: a notification without an id"},
		{"too long", say(`{"type":"notification","id":"` + strings.Repeat("x", 64<<10) + `"}`), 101, "", "wrong message: longer than 64 KiB"},
		{"of another type", say(`{"type":"offer","id":7}`), 101, "", "left"},
		{"of no type", say(`{}`), 101, "", "left"},
		{"never says anything", raw(func(c net.Conn) { c.Read(make([]byte, 1)) }), 101, "", "left"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			s := crowd(1, 300*time.Millisecond)
			s.Timeout = 10 * time.Second
			if tt.failure == history.Timeout {
				s.Timeout = time.Second
			}
			s.Targets = []load.Target{{Instance: "1", URL: serve(t, tt.serve)}}
			rec, end := play(t.Context(), t, history.NewClock(), s)
			if err := end(); err != nil {
				t.Fatal(err)
			}
			r := rec.requests[0]
			var how string
			for _, ends := range rec.of("close") {
				how += ends[0].Detail
			}
			if len(rec.requests) != 1 || r.Status != tt.status || r.Failure != tt.failure || how != tt.end || len(rec.of("session"))+len(rec.of("message")) > 0 {
				t.Errorf("%d openings, status %d, %q, ended %q, events %v; want one, %d, %q, %q", len(rec.requests), r.Status, r.Failure, how, rec.events, tt.status, tt.failure, tt.end)
			}
		})
	}
}

// A service that does not answer is left without one: to a ping, and to a goodbye.
func TestSocketsOfAServiceThatHangs(t *testing.T) {
	for _, ping := range []time.Duration{0, 20 * time.Millisecond} {
		leaveNoTrace(t)
		hung := make(chan struct{})
		s := crowd(3, 2500*time.Millisecond)
		s.Timeout, s.Socket.Ping = time.Second, ping
		s.Targets = []load.Target{{Instance: "1", URL: serve(t, func(w http.ResponseWriter, r *http.Request) {
			if c, err := websocket.Accept(w, r, nil); err == nil {
				<-hung // nobody reads
				c.CloseNow()
			}
		})}}
		rec, end := play(t.Context(), t, history.NewClock(), s)
		if err := end(); err != nil {
			t.Fatal(err)
		}
		close(hung)
		want := "left"
		if ping > 0 {
			want = "no pong"
		}
		for name, ends := range rec.of("close") {
			if e := ends[0]; e.Detail != want || e.Until > 6*time.Second || (e.At < s.For) != (ping > 0) {
				t.Errorf("ping %v: %s ended with %+v, want %s", ping, name, e, want)
			}
		}
		if n := len(rec.of("close")); n != 3 {
			t.Errorf("ping %v: %d ends, want 3", ping, n)
		}
	}
}
