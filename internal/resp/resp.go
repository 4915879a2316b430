// Package resp is a small client of Redis. Commands go in, answers of one line
// come out, or how the connection ended. It tells an error that Redis answers
// from no answer at all, which client libraries hide. It never retries, never
// reconnects, and knows no command.
package resp

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
)

// ErrNoLine is the error of an answer that has no line end where each of Redis's has one.
var ErrNoLine = errors.New("no line within 4 KiB: not a Redis")

// An Answered error is one that Redis answered, without the "-": "LOADING Redis is loading …".
type Answered string

func (a Answered) Error() string { return "redis answered " + string(a) }

// Word is its first word: "LOADING".
func (a Answered) Word() string {
	word, _, _ := strings.Cut(string(a), " ")
	return word
}

// A Conn is a connection to Redis. It is for one goroutine, but for Until and
// Close, which also end what another one waits for.
type Conn struct {
	conn net.Conn
	read *bufio.Reader
	part []byte // of a line that has come in part
}

// Dial connects to host:port. It waits until ctx ends, at most for timeout.
// A connection that the kernel has made from the port to itself is refused.
func Dial(ctx context.Context, addr string, timeout time.Duration) (*Conn, error) {
	conn, err := (&net.Dialer{Timeout: timeout}).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	if conn.LocalAddr().String() == conn.RemoteAddr().String() {
		conn.Close()
		return nil, fmt.Errorf("connected to itself: %w", syscall.ECONNREFUSED)
	}
	return &Conn{conn: conn, read: bufio.NewReader(conn)}, nil
}

// Until has what waits, now or later, end at t.
func (c *Conn) Until(t time.Time) { c.conn.SetDeadline(t) }

// Within is Until so long from now.
func (c *Conn) Within(timeout time.Duration) { c.Until(time.Now().Add(timeout)) }

// Close ends the connection. Further calls do nothing.
func (c *Conn) Close() error {
	if err := c.conn.Close(); err != nil && !errors.Is(err, net.ErrClosed) {
		return err
	}
	return nil
}

// Encode is a command as it is sent.
func Encode(args ...string) string {
	var b strings.Builder
	fmt.Fprintf(&b, "*%d\r\n", len(args))
	for _, a := range args {
		fmt.Fprintf(&b, "$%d\r\n%s\r\n", len(a), a)
	}
	return b.String()
}

// Send sends a command.
func (c *Conn) Send(args ...string) error { return c.Write(Encode(args...)) }

// Write sends commands that are encoded. When its time is up before all of it
// is sent, the connection is of no more use, and the error is no timeout.
func (c *Conn) Write(text string) error {
	n, err := io.WriteString(c.conn, text)
	if n > 0 && errors.Is(err, os.ErrDeadlineExceeded) {
		return fmt.Errorf("a command was cut short: %v", err)
	}
	return err
}

// Line reads a line, without its end. After a timeout it goes on with the line
// that has come in part.
func (c *Conn) Line() (string, error) {
	part, err := c.read.ReadSlice('\n')
	c.part = append(c.part, part...)
	if errors.Is(err, bufio.ErrBufferFull) {
		return "", ErrNoLine
	}
	if err != nil {
		return "", err
	}
	line := strings.TrimRight(string(c.part), "\r\n")
	c.part = c.part[:0]
	return line, nil
}

// Receive reads an answer of one line; an error that Redis answered is Answered.
func (c *Conn) Receive() (string, error) {
	line, err := c.Line()
	if said, ok := strings.CutPrefix(line, "-"); ok && err == nil {
		return "", Answered(said)
	}
	return line, err
}

// Ask sends a command and reads its answer of one line. Where Redis has said
// why it hangs up before the command came, that is the answer.
func (c *Conn) Ask(args ...string) (string, error) {
	err := c.Send(args...)
	if err == nil {
		return c.Receive()
	}
	var said Answered
	if _, last := c.Receive(); errors.As(last, &said) {
		return "", said
	}
	return "", err
}

// AskText sends a command and reads its answer of one text of one line, empty where there is none.
func (c *Conn) AskText(args ...string) (string, error) {
	size, err := c.Ask(args...)
	if err != nil || size == "$-1" {
		return "", err
	}
	return c.Receive()
}
