package proxy_test

import (
	"context"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/proxy"
	"github.com/trektribe/bench/internal/resp/resptest"
)

func TestUpstreamDeadIsAcceptedAndEnded(t *testing.T) {
	s := resptest.Listen(t, redis)
	p := open(t, s.Addr())
	s.Close()
	if m := p.ProbeNew(context.Background(), long); m.Met != "eof" && m.Met != "reset" {
		t.Errorf("met %v, want eof or reset", m)
	}
}

func TestCloseGivesEverythingBack(t *testing.T) {
	faults := []fault.Fault{clean, slow(time.Hour)}
	for _, s := range samples {
		faults = append(faults, s.f)
	}
	for _, f := range faults {
		t.Run("in "+f.Kind, func(t *testing.T) {
			s := resptest.Listen(t, redis)
			p, err := proxy.Open("redis", s.Addr())
			if err != nil {
				t.Fatal(err)
			}
			conns := make([]net.Conn, 10)
			for i := range conns {
				conns[i] = dial(t, p.Addr())
				send(t, conns[i], "PING\r\n")
				expect(t, conns[i], []byte("+PONG\r\n"))
			}
			apply(t, p, f)
			for i, c := range conns {
				// Replies that nobody reads, and some cut off half-way.
				c.Write([]byte("GET 300000 1\r\nGET 300000 2\r\n"))
				if i%2 == 0 {
					c.Close()
				}
			}
			addr := p.Addr()
			for range 2 {
				if err := p.Close(); err != nil {
					t.Fatal(err)
				}
			}
			nothingRuns(t)
			l, err := net.Listen("tcp", addr)
			if err != nil {
				t.Fatalf("the port was not given back: %v", err)
			}
			l.Close()
			for _, f := range []fault.Fault{clean, blackhole, refused} {
				if err := p.Apply(context.Background(), f); err == nil || !strings.Contains(err.Error(), "closed") {
					t.Errorf("Apply(%+v) after Close = %v, want an error", f, err)
				}
			}
			if m := p.ProbeNew(context.Background(), long); m.Met != "refused" {
				t.Errorf("after Close a connection met %v, want refused", m)
			}
		})
	}
}

func TestStatsLeaveTheCanariesOut(t *testing.T) {
	ctx := context.Background()
	p := open(t, resptest.Listen(t, redis).Addr())
	c, err := p.OpenCanary(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	p.ProbeNew(ctx, long)
	if got, want := p.Stats(), (proxy.Stats{Accepted: 2}); got != want {
		t.Errorf("after canaries only: Stats() = %+v, want %+v", got, want)
	}
	s := dial(t, p.Addr())
	send(t, s, "GET 100 1\r\n")
	expect(t, s, append(pattern(100, 1), "\r\n"...))
	want := proxy.Stats{Accepted: 3, Used: 1, Up: 11, Down: 102, Unfollowed: 1} // what this server answers is no RESP
	// Bytes count when they have been handed on, which may be after they arrive.
	eventually(t, func() string {
		if got := p.Stats(); got != want {
			return "Stats() differ"
		}
		return ""
	})
}

// A service that closes its connection must not leave half of it behind.
func TestEndsArePassedOn(t *testing.T) {
	s := resptest.Listen(t, redis)
	p := open(t, s.Addr())
	for _, f := range []fault.Fault{clean, slow(5 * time.Millisecond)} {
		apply(t, p, f)
		byServer := dial(t, p.Addr())
		send(t, byServer, "GET 200000 3\r\nQUIT\r\n")
		expect(t, byServer, append(pattern(200000, 3), "\r\n"...))
		byServer.SetReadDeadline(time.Now().Add(long))
		if n, err := byServer.Read(make([]byte, 1)); n != 0 || err != io.EOF {
			t.Errorf("%+v: read %d, %v after the server's end; want EOF", f, n, err)
		}
		byClient := dial(t, p.Addr())
		send(t, byClient, "GET 5000000 1\r\n") // more than the kernel buffers: it is cut off
		expect(t, byClient, pattern(10, 1))
		byClient.Close()
		nothingRuns(t, "(*door).accept(")
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	nothingRuns(t)
}
