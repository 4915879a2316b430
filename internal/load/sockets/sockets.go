// Package sockets has WebSockets as clients have them: opened, read, and ended with a
// goodbye or without.
//
// In go addresses; out come messages, and how a socket ended. What messages mean, and
// when a socket ends, it does not know.
package sockets

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"syscall"
	"time"

	"github.com/coder/websocket"
)

// MostMessage is how long a message may be, in bytes.
const MostMessage = 64 << 10

// A Dialer opens sockets. Safe for concurrent use.
type Dialer struct{ client *http.Client }

// NewDialer opens sockets over connections of transport, which has a DialContext and
// becomes its own: no connection is used twice, because a broken one would be replaced in silence, and the failure hidden.
func NewDialer(transport *http.Transport) *Dialer {
	transport.DisableKeepAlives = true
	transport.DialContext = tapped(transport.DialContext)
	follow := func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &Dialer{&http.Client{Transport: transport, CheckRedirect: follow}}
}

// A Socket is an open WebSocket. Somebody must read it, or pings are not answered. It is
// closed by Leave, Drop or Vanish, and by a Read that fails.
type Socket struct {
	conn *websocket.Conn
	tap  *tap
}

// Open opens a socket, by a request with these headers. The status is that of the answer, 0 without one: 101 beside an
// error is an answer that does not keep the protocol. When ctx ends, so does the attempt.
func (d *Dialer) Open(ctx context.Context, url string, header http.Header) (s *Socket, status int, err error) {
	s = &Socket{}
	conn, response, err := websocket.Dial(tracing(ctx, &s.tap), url, &websocket.DialOptions{HTTPClient: d.client, HTTPHeader: header})
	if response != nil {
		status = response.StatusCode
	}
	if err != nil {
		return nil, status, err
	}
	s.conn = conn
	s.conn.SetReadLimit(MostMessage)
	return s, status, nil
}

// Write sends a message of text.
func (s *Socket) Write(ctx context.Context, text []byte) error {
	return s.conn.Write(ctx, websocket.MessageText, text)
}

// Read returns the next message; an error ends the socket, and Ended says how. When ctx
// ends, the connection is closed at once. Only one goroutine may read.
func (s *Socket) Read(ctx context.Context) ([]byte, error) {
	_, text, err := s.conn.Read(ctx)
	if err != nil {
		s.conn.CloseNow()
	}
	return text, err
}

// Ping waits until the service has answered a ping, while another goroutine reads.
func (s *Socket) Ping(ctx context.Context) error { return s.conn.Ping(ctx) }

// Leave says goodbye and waits for the answer, at most for a time. Messages that come
// meanwhile may be lost.
func (s *Socket) Leave(within time.Duration) {
	// The library waits for 5 s, and cannot be told otherwise.
	timer := time.AfterFunc(within, func() { s.tap.Conn.Close() })
	defer timer.Stop()
	s.conn.Close(websocket.StatusNormalClosure, "")
}

// Drop resets the connection.
func (s *Socket) Drop() {
	s.tap.reset()
	s.conn.CloseNow()
}

// Vanish leaves the connection open and never uses it again, as a client does that lost
// its network. The caller closes what it returns.
func (s *Socket) Vanish() io.Closer {
	open := s.tap.silence()
	s.conn.CloseNow()
	return open
}

// Ended says how a socket ended, by the error of a Read: "closed 1001", "eof", "reset",
// "broken", or "wrong message: …".
func Ended(err error) string {
	status := websocket.CloseStatus(err)
	switch {
	case status != -1:
		return fmt.Sprintf("closed %d", status)
	case errors.Is(err, websocket.ErrMessageTooBig):
		return fmt.Sprintf("wrong message: longer than %d KiB", MostMessage>>10)
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return "reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "eof"
	}
	return "broken"
}
