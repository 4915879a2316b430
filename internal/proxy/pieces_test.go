package proxy_test

import (
	"bytes"
	"net"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/resp/resptest"
)

func TestCutoffCountsFromItsBeginOnEachConnection(t *testing.T) {
	for _, after := range []int{1, 1000, 100_000} {
		s := resptest.Listen(t, redis)
		p := open(t, s.Addr())
		old := dial(t, p.Addr())
		send(t, old, "GET 300000 1\r\n")
		expect(t, old, append(pattern(300_000, 1), "\r\n"...))
		apply(t, p, fault.Fault{Kind: "cutoff", After: int64(after)})
		before := s.Calls.Load()
		fresh := dial(t, p.Addr())
		send(t, old, "GET 300000 2\r\n")
		send(t, fresh, "GET 300000 2\r\n")
		want := pattern(after, 2)
		if got := ends(t, old, "eof"); !bytes.Equal(got, want) {
			t.Errorf("after %d: %d bytes came on an old connection", after, len(got))
		}
		if got := ends(t, fresh, "eof"); !bytes.Equal(got, want) {
			t.Errorf("after %d: %d bytes came on a new connection", after, len(got))
		}
		if got := s.Calls.Load() - before; got != 2 {
			t.Errorf("after %d: %d requests reached the server, want 2", after, got)
		}
		nothingRuns(t, "(*door).accept(")
		apply(t, p, clean)
		c := dial(t, p.Addr())
		send(t, c, "GET 300000 3\r\n")
		expect(t, c, append(pattern(300_000, 3), "\r\n"...))
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		nothingRuns(t)
	}
}

// A server that speaks first has passed more than a canary's limit when the
// canary is known as one.
func TestCutoffEndsACanaryWhoseServerSpokeFirst(t *testing.T) {
	p := open(t, resptest.Listen(t, func(s *resptest.Server, c net.Conn) {
		c.Write([]byte("+HELLO\r\n"))
		redis(s, c)
	}).Addr())
	apply(t, p, fault.Fault{Kind: "cutoff", After: 1000})
	c := dial(t, p.Addr())
	expect(t, c, []byte("+HELLO\r\n"))
	send(t, c, "*1\r\n$4\r\nPiNg\r\n")
	if got := ends(t, c, "eof"); len(got) > 0 {
		t.Errorf("%q came beyond the limit", got)
	}
}

func TestCutoffLetsShorterRepliesPassAndForgetsThemWhenLifted(t *testing.T) {
	p := open(t, resptest.Listen(t, redis).Addr())
	c := dial(t, p.Addr())
	for range 3 {
		apply(t, p, fault.Fault{Kind: "cutoff", After: 20})
		for range 2 {
			send(t, c, "GET 5 1\r\n")
			expect(t, c, append(pattern(5, 1), "\r\n"...))
		}
		apply(t, p, clean)
	}
}

func TestSlowKeepsItsRateOnEachConnection(t *testing.T) {
	s := resptest.Listen(t, redis)
	p := open(t, s.Addr())
	old := dial(t, p.Addr())
	send(t, old, "PING\r\n")
	expect(t, old, []byte("+PONG\r\n"))
	const rate, size = 200_000, 60_000
	apply(t, p, fault.Fault{Kind: "slow", Rate: rate})
	fresh := dial(t, p.Addr())
	began := time.Now()
	for _, c := range []net.Conn{old, fresh} {
		send(t, c, "GET %d 1\r\n", size)
	}
	first := time.Duration(0)
	for i, c := range []net.Conn{old, fresh} {
		want := append(pattern(size, 1), "\r\n"...)
		expect(t, c, want[:1])
		if i == 0 {
			first = time.Since(began)
		}
		expect(t, c, want[1:])
	}
	// Both at once: 0.3 s, and 0.6 s if they shared the rate. The first piece leaves at once.
	took, want := time.Since(began), time.Second*size/rate
	if took < want-20*ms || took > want+want/2 {
		t.Errorf("%d bytes at %d a second took %v, want %v", size, rate, took, want)
	}
	if first > want/2 {
		t.Errorf("the first byte took %v: it comes with the last", first)
	}
}

func TestSlowIsLiftedAtOnceAndLeavesRequestsAlone(t *testing.T) {
	s := resptest.Listen(t, echo)
	p := open(t, s.Addr())
	apply(t, p, fault.Fault{Kind: "slow", Rate: 1000})
	c := dial(t, p.Addr())
	want := pattern(500_000, 1) // 500 s
	send(t, c, "%s", want)
	expect(t, c, want[:20])
	eventually(t, func() string {
		if got := p.Stats(); got.Up != int64(len(want)) {
			return "the request has not passed"
		}
		return ""
	})
	apply(t, p, clean)
	expect(t, c, want[20:])
}

func TestSlicesComeInPiecesOneAfterAnother(t *testing.T) {
	p := open(t, resptest.Listen(t, redis).Addr())
	old := dial(t, p.Addr())
	send(t, old, "PING\r\n")
	expect(t, old, []byte("+PONG\r\n"))
	const size, delay, pieces = 100, 40 * ms, 5
	apply(t, p, fault.Fault{Kind: "slices", Size: size, Delay: delay})
	want := append(pattern(size*pieces-2, 1), "\r\n"...)
	for _, c := range []net.Conn{old, dial(t, p.Addr())} {
		began := time.Now()
		send(t, c, "GET %d 1\r\n", len(want)-2)
		got := []byte{}
		for len(got) < len(want) {
			part := make([]byte, len(want))
			c.SetReadDeadline(time.Now().Add(long))
			n, err := c.Read(part)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, part[:n]...)
			// Late timers may bring two pieces at once, but none before its time.
			if due := time.Duration((len(got)+size-1)/size-1) * delay; time.Since(began) < due {
				t.Errorf("%d bytes came after %v, want not before %v", len(got), time.Since(began), due)
			}
		}
		if !bytes.Equal(got, want) {
			t.Error("what came is not what was asked for")
		}
		if took := time.Since(began); took > 2*pieces*delay {
			t.Errorf("%d pieces took %v, want %v", pieces, took, (pieces-1)*delay)
		}
	}
}

func TestSlicesThatAreLiftedAreDeliveredAtOnce(t *testing.T) {
	p := open(t, resptest.Listen(t, redis).Addr())
	apply(t, p, fault.Fault{Kind: "slices", Size: 10, Delay: time.Hour})
	c := dial(t, p.Addr())
	send(t, c, "GET 200000 1\r\n")
	want := append(pattern(200_000, 1), "\r\n"...)
	expect(t, c, want[:10])
	held(t, p, c, want[10:], func() { apply(t, p, clean) })
}
