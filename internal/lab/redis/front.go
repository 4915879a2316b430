package redis

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"net"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	miniserver "github.com/alicebob/miniredis/v2/server"

	"github.com/trektribe/bench/internal/resp"
)

// A front takes the connections of an embedded Redis, and does what miniredis does not: commands that come inline, as a
// person types them, and a limit of clients.
type front struct {
	server *miniserver.Server
	full   atomic.Pointer[string] // the error that new connections are told; nil: they are let in
}

// accept lets connections in until the listener is closed.
func (f *front) accept(l net.Listener) {
	for {
		c, err := l.Accept()
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // no descriptors are left
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if full := f.full.Load(); full != nil {
			go turnAway(c.(*net.TCPConn), *full)
			continue
		}
		f.server.ServeConn(&commands{Conn: c, in: bufio.NewReader(c)})
	}
}

// turnAway ends a connection with an error. It lets the client finish, which would lose the error otherwise.
func turnAway(c *net.TCPConn, why string) {
	defer c.Close()
	c.SetDeadline(time.Now().Add(time.Second))
	io.WriteString(c, "-"+why+"\r\n")
	c.CloseWrite()
	io.Copy(io.Discard, c)
}

// longestInline is Redis's own bound of an inline command.
const longestInline = 64 << 10

// commands is a connection of which inline commands are read as arrays, which is all that miniredis takes.
type commands struct {
	net.Conn
	in   *bufio.Reader
	out  []byte // what is read next
	args int    // that are still to come of the array
	bulk int64  // bytes that are still to come of the argument
}

func (c *commands) Read(p []byte) (int, error) {
	for len(c.out) == 0 && c.bulk == 0 {
		if err := c.next(); err != nil {
			return 0, err
		}
	}
	if len(c.out) > 0 {
		n := copy(p, c.out)
		c.out = c.out[n:]
		return n, nil
	}
	n, err := c.in.Read(p[:min(int64(len(p)), c.bulk)])
	c.bulk -= int64(n)
	return n, err
}

// next reads a line: the length of an array or of an argument, or an inline command.
func (c *commands) next() error {
	line, err := c.line()
	if err != nil {
		return err
	}
	number, _ := strconv.ParseInt(string(bytes.TrimSpace(line[1:])), 10, 32)
	switch {
	case c.args > 0:
		c.args--
		c.bulk = max(0, number+2)
		c.out = line
	case line[0] == '*':
		if c.args = max(0, int(number)); c.args > 0 { // Redis passes over an empty one
			c.out = line
		}
	default:
		words, ok := split(string(bytes.TrimSpace(line)))
		switch {
		case !ok:
			return c.refuse("unbalanced quotes in request")
		case len(words) > 0:
			c.out = []byte(resp.Encode(words...))
		}
	}
	return nil
}

// line is the next one, with its end.
func (c *commands) line() ([]byte, error) {
	var all []byte
	for {
		part, err := c.in.ReadSlice('\n')
		all = append(all, part...)
		switch {
		case err == nil:
			return all, nil
		case !errors.Is(err, bufio.ErrBufferFull):
			return nil, err
		case len(all) > longestInline:
			return nil, c.refuse("too big inline request")
		}
	}
}

// refuse says what is wrong with what was sent, and ends the connection.
func (c *commands) refuse(why string) error {
	io.WriteString(c.Conn, "-ERR Protocol error: "+why+"\r\n")
	return io.EOF
}

// split is the words of an inline command; false: a quote is open. Quotes keep spaces in a word; a backslash in double
// ones keeps what follows it.
func split(line string) (words []string, ok bool) {
	var word strings.Builder
	begun, quote, kept := false, byte(0), false
	for _, b := range []byte(line) {
		switch {
		case kept:
			word.WriteByte(b)
			kept = false
		case quote == '"' && b == '\\':
			kept = true
		case quote != 0 && b == quote:
			quote = 0
		case quote == 0 && (b == '"' || b == '\''):
			quote, begun = b, true
		case quote == 0 && (b == ' ' || b == '\t'):
			if begun {
				words = append(words, word.String())
			}
			begun = false
			word.Reset()
		default:
			word.WriteByte(b)
			begun = true
		}
	}
	if begun {
		words = append(words, word.String())
	}
	return words, quote == 0 && !kept
}
