package lab

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/trektribe/bench/internal/proxy"
)

// A wire is a connection of the lab's own straight to Redis, for questions whose answer may
// be an error or none at all: a client library would hide which.
type wire struct {
	conn net.Conn
	read *bufio.Reader
	quit func() bool
}

// openWire connects, and asks for entry. It, and all that follows, ends with ctx or after patience.
func (s *store) openWire(ctx context.Context, patience time.Duration) (*wire, error) {
	d := net.Dialer{Deadline: time.Now().Add(patience)}
	conn, err := d.DialContext(ctx, "tcp", s.addr)
	if err != nil {
		return nil, err
	}
	w := &wire{conn: conn, read: bufio.NewReader(conn)}
	conn.SetDeadline(d.Deadline)
	w.quit = context.AfterFunc(ctx, func() { conn.Close() })
	if _, err := w.ask("AUTH", s.password); err != nil {
		w.close()
		return nil, err
	}
	return w, nil
}

// keep has the wire outlast the context that it was opened with; each question is given its own time.
func (w *wire) keep() { w.quit() }

// within gives what follows so much time.
func (w *wire) within(patience time.Duration) { w.conn.SetDeadline(time.Now().Add(patience)) }

func (w *wire) close() {
	w.quit()
	w.conn.Close()
}

func (w *wire) send(args ...string) error {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	_, err := io.WriteString(w.conn, b.String())
	return err
}

// receive reads an answer of one line. An error that Redis answered is a refusal.
func (w *wire) receive() (string, error) {
	line, err := w.read.ReadString('\n')
	if err != nil {
		return "", err
	}
	line = strings.TrimSpace(line)
	if said, ok := strings.CutPrefix(line, "-"); ok {
		return "", refusal(said)
	}
	return line, nil
}

// ask sends a command and reads its answer of one line. Where Redis has already said why it hangs up, that is the answer.
func (w *wire) ask(args ...string) (string, error) {
	err := w.send(args...)
	if err == nil {
		return w.receive()
	}
	var said refusal
	if _, last := w.receive(); errors.As(last, &said) {
		return "", said
	}
	return "", err
}

// get is the value of a key, of one line; empty where there is none.
func (w *wire) get(key string) (string, error) {
	size, err := w.ask("GET", key)
	if err != nil || size == "$-1" {
		return "", err
	}
	return w.receive()
}

// setting is the value of one of Redis' settings.
func (w *wire) setting(name string) (value string, err error) {
	size, err := w.ask("CONFIG", "GET", name)
	if err == nil && size != "*2" {
		return "", errors.New("this Redis does not have it")
	}
	for range 4 { // a length, the name, a length, the value
		if err == nil {
			value, err = w.receive()
		}
	}
	return value, err
}

// A refusal is an error that Redis answered: "LOADING Redis is loading …".
type refusal string

func (r refusal) Error() string { return "redis answered " + string(r) }

// ping asks Redis for a sign of life on a new connection.
func (s *store) ping(ctx context.Context, patience time.Duration) proxy.Meeting {
	began := time.Now()
	w, err := s.openWire(ctx, patience)
	if err == nil {
		_, err = w.ask("PING")
		w.close()
	}
	return meeting(err, began)
}

// write asks Redis on a new connection for a write that changes nothing: of a key that is never there.
func (s *store) write(ctx context.Context, patience time.Duration) proxy.Meeting {
	began := time.Now()
	w, err := s.openWire(ctx, patience)
	if err == nil {
		_, err = w.ask("SET", canaryKey, "x", "XX")
		w.close()
	}
	return meeting(err, began)
}

// meeting names what a new connection met: with "reply", "silence", "refused" and so on as a
// canary of the proxies does, or with the first word of an error that Redis answered; with all of it, where that word is just ERR.
func meeting(err error, began time.Time) proxy.Meeting {
	m := proxy.Meeting{Met: "error", Wait: time.Since(began)}
	var said refusal
	var timeout net.Error
	switch {
	case err == nil:
		m.Met = "reply"
	case errors.As(err, &said):
		if m.Met, _, _ = strings.Cut(string(said), " "); m.Met == "ERR" {
			m.Met = string(said)
		}
	case errors.Is(err, syscall.ECONNREFUSED):
		m.Met = "refused"
	case errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		m.Met = "reset"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		m.Met = "eof"
	case errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &timeout) && timeout.Timeout():
		m.Met = "silence"
	default:
		m.Detail = err.Error()
	}
	return m
}
