package proxy_test

import (
	"bytes"
	"testing"

	"github.com/trektribe/bench/internal/proxy"
)

func TestCutoffCountsFromItsBeginOnEachConnection(t *testing.T) {
	for _, after := range []int{1, 1000, 100_000} {
		s := listen(t, redis)
		p := open(t, s.addr())
		old := dial(t, p.Addr())
		send(t, old, "GET 300000 1\r\n")
		expect(t, old, append(pattern(300_000, 1), "\r\n"...))
		apply(t, p, proxy.Fault{Kind: "cutoff", After: int64(after)})
		before := s.calls.Load()
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
		if got := s.calls.Load() - before; got != 2 {
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

func TestCutoffLetsShorterRepliesPassAndForgetsThemWhenLifted(t *testing.T) {
	p := open(t, listen(t, redis).addr())
	c := dial(t, p.Addr())
	for range 3 {
		apply(t, p, proxy.Fault{Kind: "cutoff", After: 20})
		for range 2 {
			send(t, c, "GET 5 1\r\n")
			expect(t, c, append(pattern(5, 1), "\r\n"...))
		}
		apply(t, p, clean)
	}
}
