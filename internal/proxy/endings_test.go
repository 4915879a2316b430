package proxy_test

import "testing"

func TestHangLeavesNewConnectionsUnreadUntilItIsLifted(t *testing.T) {
	s := listen(t, redis)
	p := open(t, s.addr())
	old := dial(t, p.Addr())
	send(t, old, "PING\r\n")
	expect(t, old, []byte("+PONG\r\n"))
	apply(t, p, hang)
	before := s.calls.Load()
	waits, gone := dial(t, p.Addr()), dial(t, p.Addr())
	send(t, waits, "GET 10 1\r\n")
	send(t, gone, "GET 10 2\r\n")
	gone.Close()
	silent(t, waits, brief)
	if got := s.calls.Load(); got != before {
		t.Errorf("%d commands of new connections reached the server", got-before)
	}
	send(t, old, "GET 200000 3\r\n")
	expect(t, old, append(pattern(200000, 3), "\r\n"...))
	apply(t, p, blackhole) // another fault takes over what waited
	silent(t, waits, brief)
	apply(t, p, clean)
	expect(t, waits, append(pattern(10, 1), "\r\n"...))
}

func TestHangThatIsFollowedByARefusalEndsWhatWaited(t *testing.T) {
	p := open(t, listen(t, redis).addr())
	apply(t, p, hang)
	c := dial(t, p.Addr())
	send(t, c, "PING\r\n")
	silent(t, c, brief)
	apply(t, p, refused)
	ends(t, c, "eof")
}
