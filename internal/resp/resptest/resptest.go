// Package resptest is a server for tests of what speaks to Redis: it says what
// the test has it say, and keeps count.
package resptest

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
)

// A Server is a dependency: it serves each connection by its function until closed.
type Server struct {
	Calls atomic.Int64 // commands that reached it, as its function counts them

	l     net.Listener
	wg    sync.WaitGroup
	mu    sync.Mutex
	conns map[net.Conn]bool
}

// Listen serves on a free loopback port until the test is over.
func Listen(t testing.TB, serve func(*Server, net.Conn)) *Server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{l: l, conns: map[net.Conn]bool{}}
	s.wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns[c] = true
			s.mu.Unlock()
			s.wg.Go(func() {
				serve(s, c)
				c.Close()
				s.mu.Lock()
				delete(s.conns, c)
				s.mu.Unlock()
			})
		}
	})
	t.Cleanup(s.Close)
	return s
}

// Addr is where it listens.
func (s *Server) Addr() string { return s.l.Addr().String() }

// Open is how many connections it has.
func (s *Server) Open() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.conns)
}

// Close ends it and its connections. Further calls do nothing.
func (s *Server) Close() {
	s.l.Close()
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.wg.Wait()
}

// Command reads one command: an inline one, or the last word of an array. Upper case.
func Command(r *bufio.Reader) (string, error) {
	line, err := r.ReadString('\n')
	var words int
	fmt.Sscanf(line, "*%d", &words)
	for i := 0; i < 2*words && err == nil; i++ {
		line, err = r.ReadString('\n')
	}
	return strings.ToUpper(line), err
}

// Answers replies to whatever command comes with text.
func Answers(text string) func(*Server, net.Conn) {
	return func(_ *Server, c net.Conn) {
		r := bufio.NewReader(c)
		for {
			if _, err := Command(r); err != nil {
				return
			}
			if _, err := io.WriteString(c, text); err != nil {
				return
			}
		}
	}
}
