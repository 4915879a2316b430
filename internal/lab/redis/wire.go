package redis

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/resp"
)

// A wire is a connection of the lab's own straight to Redis, that ends with a context.
type wire struct {
	*resp.Conn
	keep func() bool // has it outlast the context that it was opened with
}

// openWire connects, and asks for entry. It, and all that follows, ends with ctx or after timeout.
func (s *Store) openWire(ctx context.Context, timeout time.Duration) (*wire, error) {
	deadline := time.Now().Add(timeout)
	conn, err := resp.Dial(ctx, s.addr, timeout)
	if err != nil {
		return nil, err
	}
	conn.Until(deadline)
	w := &wire{conn, context.AfterFunc(ctx, func() { conn.Close() })}
	auth := []string{"AUTH", s.password}
	if s.username != "" {
		auth = []string{"AUTH", s.username, s.password}
	}
	if s.password != "" {
		_, err = w.Ask(auth...)
	}
	if err != nil && !unasked(err) {
		w.close()
		return nil, err
	}
	return w, nil
}

// unasked reports that Redis has no password: a service may have taken it away.
func unasked(err error) bool {
	var said resp.Answered
	return errors.As(err, &said) && (strings.Contains(string(said), "without any password") || strings.Contains(string(said), "no password is set"))
}

func (w *wire) close() {
	w.keep()
	w.Close()
}

// setting is the value of one of Redis' settings.
func (w *wire) setting(name string) (value string, err error) {
	size, err := w.Ask("CONFIG", "GET", name)
	if err == nil && size != "*2" {
		return "", errors.New("this Redis does not have it")
	}
	for range 4 { // a length, the name, a length, the value
		if err == nil {
			value, err = w.Receive()
		}
	}
	return value, err
}

// write asks Redis on a new connection for a write that changes nothing: of a key that is never there.
func (s *Store) write(ctx context.Context, timeout time.Duration) canary.Meeting {
	return s.asked(ctx, timeout, "SET", canaryKey, "x", "XX")
}

// asked is what a command meets on a new connection.
func (s *Store) asked(ctx context.Context, timeout time.Duration, command ...string) canary.Meeting {
	began := time.Now()
	w, err := s.openWire(ctx, timeout)
	if err == nil {
		_, err = w.Ask(command...)
		w.close()
	}
	return canary.Met(err, began)
}
