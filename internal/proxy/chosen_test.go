package proxy_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/proxy"
)

const loading = "LOADING Redis is loading the dataset in memory"

// choices are the ways in which a fault chooses, and what they choose of commands().
var choices = []struct {
	commands, prefix string
	is               func([]string) bool
}{
	{"", "cache:", cached},
	{"hget", "", named},
	{"GET", "cache:", both},
}

// pipelines plays n commands on each of many connections at once, none waiting for
// a reply, and has check look at each connection.
func pipelines(t *testing.T, conns, n int, addr string, check func(c *bufio.Reader, conn net.Conn, cmds [][]string) error) (all [][]string) {
	t.Helper()
	var work sync.WaitGroup
	for w := range conns {
		cmds := commands(uint64(w), fmt.Sprint(w), n, 7)
		all = append(all, cmds...)
		work.Go(func() {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				t.Error(err)
				return
			}
			defer c.Close()
			c.SetDeadline(time.Now().Add(6 * long))
			sent := make(chan struct{})
			go func() {
				chunked(c, uint64(w), cmds) // an error shows in what comes back
				close(sent)
			}()
			if err := check(bufio.NewReader(c), c, cmds); err != nil {
				t.Errorf("connection %d: %v", w, err)
			}
			c.Close()
			<-sent
		})
	}
	work.Wait()
	return all
}

// comes reads what a command must be answered.
func comes(r *bufio.Reader, i int, cmd []string, want string) error {
	got := make([]byte, len(want))
	if n, err := io.ReadFull(r, got); err != nil || string(got) != want {
		return fmt.Errorf("reply %d, to %.80q: %.80q, %v; want %.80q", i, cmd, got[:n], err, want)
	}
	return nil
}

func (s *store) checkExecuted(t *testing.T, cmds [][]string, but func([]string) bool) {
	t.Helper()
	wrong := 0
	for _, cmd := range cmds {
		want := 1
		if but != nil && but(cmd) {
			want = 0
		}
		if got := s.executed(cmd[0], cmd[1]); got != want {
			if wrong++; wrong < 5 {
				t.Errorf("%.40q was executed %d times, want %d", cmd, got, want)
			}
		}
	}
}

func checkHit(t *testing.T, p *proxy.Proxy, want int) {
	t.Helper()
	if got := p.Stats(); got.Hit != int64(want) || got.Unfollowed != 0 {
		t.Errorf("%d commands were hit, %d connections not followed; want %d and 0", got.Hit, got.Unfollowed, want)
	}
}

// scale is 100,000 commands over five connections.
func scale() (conns, n int) {
	if testing.Short() {
		return 5, 1_000
	}
	return 5, 20_000
}

func TestErrorAnswersTheChosenCommandsAndExecutesTheOthers(t *testing.T) {
	for _, ch := range choices {
		s := listenStore(t)
		p := open(t, s.Addr())
		apply(t, p, fault.Fault{Kind: "error", Commands: names(ch.commands), Prefix: ch.prefix, Answer: loading})
		conns, n := scale()
		all := pipelines(t, conns, n, p.Addr(), func(r *bufio.Reader, _ net.Conn, cmds [][]string) error {
			for i, cmd := range cmds {
				want := "-" + loading + "\r\n"
				if !ch.is(cmd) {
					want = replyTo(cmd[0], cmd[1:])
				}
				if err := comes(r, i, cmd, want); err != nil {
					return err
				}
			}
			return nil
		})
		s.checkExecuted(t, all, ch.is)
		checkHit(t, p, hits(all, ch.is))
	}
}

func TestLateDelaysTheChosenRepliesAndKeepsTheirOrder(t *testing.T) {
	const delay = 50 * ms
	for _, ch := range choices {
		s := listenStore(t)
		p := open(t, s.Addr())
		apply(t, p, fault.Fault{Kind: "late", Commands: names(ch.commands), Prefix: ch.prefix, Delay: delay, Jitter: 10 * ms})
		conns, n := scale()
		all := pipelines(t, conns, n, p.Addr(), func(r *bufio.Reader, _ net.Conn, cmds [][]string) error {
			began := time.Now()
			for i, cmd := range cmds {
				if err := comes(r, i, cmd, replyTo(cmd[0], cmd[1:])); err != nil {
					return err
				}
				if took := time.Since(began); ch.is(cmd) && took < delay-10*ms {
					return fmt.Errorf("reply %d, to %q, came after %v", i, cmd, took)
				}
			}
			return nil
		})
		s.checkExecuted(t, all, nil)
		checkHit(t, p, hits(all, ch.is))
	}
}

func TestLateLeavesOtherRepliesAlone(t *testing.T) {
	const delay = 100 * ms
	p := open(t, listenStore(t).Addr())
	c, other := dial(t, p.Addr()), dial(t, p.Addr())
	apply(t, p, fault.Fault{Kind: "late", Prefix: "cache:", Delay: delay})
	quickest := long
	for i := range 20 {
		key := fmt.Sprintf("user:%d", i)
		began := time.Now()
		send(t, c, "%s", ask("GET", key))
		expect(t, c, []byte(replyTo("GET", []string{key})))
		quickest = min(quickest, time.Since(began))
	}
	if quickest >= delay {
		t.Errorf("the quickest of the others took %v, as if it were chosen", quickest)
	}
	elsewhere := long
	for range 5 { // a busy machine may be late once
		began := time.Now()
		send(t, c, "%s%s", ask("GET", "cache:1"), ask("SET", "user:1", "x"))
		send(t, other, "%s", ask("GET", "user:2"))
		expect(t, other, []byte(replyTo("GET", []string{"user:2"})))
		elsewhere = min(elsewhere, time.Since(began))
		expect(t, c, []byte(replyTo("GET", []string{"cache:1"})+"+OK\r\n"))
		if took := time.Since(began); took < delay {
			t.Errorf("the chosen took %v, want %v", took, delay)
		}
	}
	if elsewhere >= delay {
		t.Errorf("on another connection a reply took %v at best", elsewhere)
	}
	checkHit(t, p, 5)
}

func TestMuteHoldsTheChosenRepliesAndWhatIsBehindThem(t *testing.T) {
	for _, ch := range choices {
		s := listenStore(t)
		p := open(t, s.Addr())
		apply(t, p, fault.Fault{Kind: "mute", Commands: names(ch.commands), Prefix: ch.prefix})
		const conns, n = 20, 1000
		var held sync.WaitGroup
		held.Add(conns)
		lifted := make(chan struct{})
		go func() {
			held.Wait()
			eventually(t, func() string {
				if got := s.Calls.Load(); got != conns*n {
					return fmt.Sprintf("%d commands were executed, want all", got)
				}
				return ""
			})
			if err := p.Apply(t.Context(), clean); err != nil {
				t.Error(err)
			}
			close(lifted)
		}()
		all := pipelines(t, conns, n, p.Addr(), func(r *bufio.Reader, c net.Conn, cmds [][]string) error {
			silence := first(cmds, ch.is)
			for i, cmd := range cmds {
				if i == silence {
					c.SetReadDeadline(time.Now().Add(brief))
					b, err := r.ReadByte()
					if ne, ok := err.(net.Error); !ok || !ne.Timeout() {
						held.Done()
						return fmt.Errorf("reply %d, to %q, begins with %q, %v", i, cmd, b, err)
					}
					held.Done()
					<-lifted
					c.SetReadDeadline(time.Now().Add(long))
				}
				if err := comes(r, i, cmd, replyTo(cmd[0], cmd[1:])); err != nil {
					return err
				}
			}
			return nil
		})
		s.checkExecuted(t, all, nil)
		if got := p.Stats(); got.Hit < conns || got.Hit > int64(hits(all, ch.is)) {
			t.Errorf("%d commands were hit, want %d to %d", got.Hit, conns, hits(all, ch.is))
		}
	}
}
