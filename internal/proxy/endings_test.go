package proxy_test

import (
	"errors"
	"net"
	"syscall"
	"testing"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/resp/resptest"
)

func TestHangLeavesNewConnectionsUnreadUntilItIsLifted(t *testing.T) {
	s := resptest.Listen(t, redis)
	p := open(t, s.Addr())
	old := dial(t, p.Addr())
	send(t, old, "PING\r\n")
	expect(t, old, []byte("+PONG\r\n"))
	apply(t, p, hang)
	before := s.Calls.Load()
	waits, gone := dial(t, p.Addr()), dial(t, p.Addr())
	send(t, waits, "GET 10 1\r\n")
	send(t, gone, "GET 10 2\r\n")
	gone.Close()
	send(t, old, "GET 200000 3\r\n")
	expect(t, old, append(pattern(200000, 3), "\r\n"...))
	if m := p.ProbeNew(t.Context(), fault.PathWait); m.Met != "silence" {
		t.Errorf("while new connections hang, a canary met %v", m)
	}
	if got := s.Calls.Load(); got != before+1 {
		t.Errorf("%d commands of new connections reached the server", got-before-1)
	}
	apply(t, p, blackhole) // another fault takes over what waited
	held(t, p, waits, append(pattern(10, 1), "\r\n"...), func() { apply(t, p, clean) })
}

func TestHangThatIsFollowedByARefusalEndsWhatWaited(t *testing.T) {
	p := open(t, resptest.Listen(t, redis).Addr())
	apply(t, p, hang)
	c := dial(t, p.Addr())
	send(t, c, "PING\r\n")
	silent(t, c, brief)
	apply(t, p, refused)
	ends(t, c, "eof")
}

// A pooled connection, one in the middle of a reply, one with a request that is
// held, and new ones all meet the same end.
func TestEndingsReachConnectionsInEveryState(t *testing.T) {
	for _, test := range []struct {
		f    fault.Fault
		want string
	}{{resets, "reset"}, {closes, "eof"}} {
		t.Run(test.f.Kind, func(t *testing.T) {
			p := open(t, resptest.Listen(t, redis).Addr())
			pooled, reading, held := dial(t, p.Addr()), dial(t, p.Addr()), dial(t, p.Addr())
			for _, c := range []net.Conn{pooled, reading, held} {
				send(t, c, "PING\r\n")
				expect(t, c, []byte("+PONG\r\n"))
			}
			send(t, reading, "GET 5000000 1\r\n")
			expect(t, reading, pattern(10, 1))
			apply(t, p, blackhole)
			send(t, held, "PING\r\n")
			apply(t, p, test.f)
			for name, c := range map[string]net.Conn{"pooled": pooled, "held": held} {
				if got := ends(t, c, test.want); len(got) > 0 {
					t.Errorf("%s: %d bytes came before the end", name, len(got))
				}
			}
			// What the kernel had taken may still come.
			if got := ends(t, reading, test.want); len(got) >= 5_000_000-8 {
				t.Errorf("the whole reply came: %d bytes", len(got)+10)
			}
			apply(t, p, test.f) // once more changes nothing
			for range 20 {
				c, err := net.Dial("tcp", p.Addr())
				if err == nil {
					ends(t, c, test.want)
					c.Close()
				} else if test.want != "reset" || !errors.Is(err, syscall.ECONNRESET) {
					t.Errorf("dial: %v", err)
				}
			}
			apply(t, p, clean)
			after := dial(t, p.Addr())
			send(t, after, "PING\r\n")
			expect(t, after, []byte("+PONG\r\n"))
		})
	}
}
