package load_test

import (
	"io"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/machinetest"
)

func TestFailuresAreNamedForWhatHappened(t *testing.T) {
	const whole = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
	abort := func(c *net.TCPConn) { c.SetLinger(0) } // the close that follows is a reset
	tests := []struct {
		name   string
		script func(*net.TCPConn) // of each connection, after the first request is read
		status []int              // of the first request, of the second
		want   []history.Failure
	}{
		{"silence", func(c *net.TCPConn) { readRequest(c) }, []int{0}, []history.Failure{history.Timeout}},
		{"half an answer, then silence", func(c *net.TCPConn) {
			io.WriteString(c, whole[:len(whole)-1])
			readRequest(c)
		}, []int{200}, []history.Failure{history.Timeout}},
		{"reset", abort, []int{0}, []history.Failure{history.Reset}},
		{"reset in the body", func(c *net.TCPConn) {
			io.WriteString(c, whole[:len(whole)-1])
			abort(c)
		}, nil, []history.Failure{history.Reset}},
		{"closed", func(*net.TCPConn) {}, []int{0}, []history.Failure{history.EOF}},
		{"closed in the header", func(c *net.TCPConn) { io.WriteString(c, whole[:36]) }, []int{0}, []history.Failure{history.EOF}},
		{"closed in the body", func(c *net.TCPConn) { io.WriteString(c, whole[:len(whole)-1]) }, []int{200}, []history.Failure{history.EOF}},
		{"closed in a chunk", func(c *net.TCPConn) {
			io.WriteString(c, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab")
		}, []int{200}, []history.Failure{history.EOF}},
		// net/http would repeat these two on a new connection, and nobody would know.
		{"closed on a used connection", func(c *net.TCPConn) {
			io.WriteString(c, whole)
			readRequest(c)
		}, []int{200, 0}, []history.Failure{"", history.EOF}},
		{"reset on a used connection", func(c *net.TCPConn) {
			io.WriteString(c, whole)
			readRequest(c)
			abort(c)
		}, []int{200, 0}, []history.Failure{"", history.Reset}},
		{"not HTTP", func(c *net.TCPConn) { io.WriteString(c, "SSH-2.0-OpenSSH_9.6\r\n\r\n") }, []int{0}, []history.Failure{history.Broken}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			leaveNoTrace(t)
			var connections atomic.Int32
			s := stream(serveRaw(t, func(c *net.TCPConn) {
				connections.Add(1)
				if readRequest(c) {
					tt.script(c)
				}
			}), len(tt.want), 20*time.Millisecond)
			s.Workers = 1
			if tt.want[0] == history.Timeout {
				s.Timeout = 50 * time.Millisecond
			}
			got, _ := run(t, history.NewClock(), s)
			if len(got) != len(tt.want) {
				t.Fatalf("%d requests recorded, want %d", len(got), len(tt.want))
			}
			for i, r := range got {
				if r.Failure != tt.want[i] || tt.status != nil && r.Status != tt.status[i] {
					t.Errorf("request %d: %q with status %d, want %q with %v", i, r.Failure, r.Status, tt.want[i], tt.status)
				}
				if r.Failure == history.Timeout && r.Response() != s.Timeout {
					t.Errorf("timed out after %v, want its timeout of %v", r.Response(), s.Timeout)
				}
			}
			if n := connections.Load(); n != 1 {
				t.Errorf("%d connections, want 1: nothing is repeated", n)
			}
		})
	}
}

func TestNobodyListening(t *testing.T) {
	got, report := run(t, history.NewClock(), stream("http://127.0.0.1:"+machinetest.FreePort(t), 1, time.Second))
	if got[0].Failure != history.Refused || got[0].Sent == 0 || report.Sent != 1 {
		t.Errorf("failure %q, sent %v, report %+v; want refused after it was sent", got[0].Failure, got[0].Sent, report)
	}
}
