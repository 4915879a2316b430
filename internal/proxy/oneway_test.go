package proxy_test

import (
	"net"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/resp/resptest"
)

func TestOnewayHoldsOneDirectionAndLetsTheOtherFlow(t *testing.T) {
	for _, direction := range []string{"requests", "replies"} {
		t.Run(direction, func(t *testing.T) {
			s := resptest.Listen(t, redis)
			p := open(t, s.Addr())
			asked, old := dial(t, p.Addr()), dial(t, p.Addr())
			reply := append(pattern(10_000_000, 1), "\r\n"...)
			send(t, asked, "GET 10000000 1\r\n")
			expect(t, asked, reply[:10]) // the rest is on its way
			send(t, old, "PING\r\n")
			expect(t, old, []byte("+PONG\r\n"))

			apply(t, p, fault.Fault{Kind: "oneway", Direction: direction})
			before := s.Calls.Load()
			conns := []net.Conn{old, dial(t, p.Addr())}
			for _, c := range conns {
				send(t, c, "PING\r\n")
			}
			if direction == "requests" {
				expect(t, asked, reply[10:])
			} else {
				eventually(t, func() string {
					if s.Calls.Load() != before+2 {
						return "not every request has reached the server"
					}
					return ""
				})
			}
			held(t, p, conns[0], []byte("+PONG\r\n"), func() {
				silent(t, conns[1], time.Millisecond)
				if got := s.Calls.Load(); direction == "requests" && got != before {
					t.Errorf("%d requests reached the server", got-before)
				}
				apply(t, p, clean)
			})
			expect(t, conns[1], []byte("+PONG\r\n"))
			if direction == "replies" {
				expect(t, asked, reply[10:])
			}
		})
	}
}
