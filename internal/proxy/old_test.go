package proxy_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/proxy"
	"github.com/trektribe/bench/internal/resp/resptest"
)

const readonly = "READONLY You can't write against a read only replica."

// ofOld is f for old connections alone, forGood also when it is lifted.
func ofOld(f fault.Fault) fault.Fault {
	f.Connections = "old"
	return f
}

func forGood(f fault.Fault) fault.Fault {
	f = ofOld(f)
	f.Ends = "never"
	return f
}

// answered sends a command on c, and reads what it is answered.
func answered(t *testing.T, c net.Conn, command, want string) {
	t.Helper()
	send(t, c, "%s\r\n", command)
	expect(t, c, []byte(want+"\r\n"))
}

// What is done to old connections is done to them alone, and when it ends they are whole again.
func TestOldConnectionsAloneAreHurt(t *testing.T) {
	s := resptest.Listen(t, redis)
	p := open(t, s.Addr())
	old := dial(t, p.Addr())
	answered(t, old, "PING", "+PONG")

	apply(t, p, ofOld(blackhole))
	later := dial(t, p.Addr())
	for range 3 {
		answered(t, later, "PING", "+PONG")
	}
	before := s.Calls.Load()
	send(t, old, "PING\r\n")
	silent(t, old, brief)
	if got := s.Calls.Load(); got != before {
		t.Errorf("%d requests of an old connection reached the server", got-before)
	}
	if got := p.Stats().Stood; got != 1 {
		t.Errorf("%d connections stood and were hurt, want 1", got)
	}
	apply(t, p, clean)
	expect(t, old, []byte("+PONG\r\n"))
}

// What is done for good outlives the fault, and another fault that ends no connection; what was held is never delivered.
func TestOldConnectionsStayHurtForGood(t *testing.T) {
	for _, f := range []fault.Fault{
		blackhole,
		{Kind: "oneway", Direction: "requests"},
		{Kind: "oneway", Direction: "replies"},
		{Kind: "mute", Commands: []string{"PING"}},
	} {
		t.Run(f.Kind+f.Direction, func(t *testing.T) {
			s := resptest.Listen(t, redis)
			p := open(t, s.Addr())
			old := dial(t, p.Addr())
			answered(t, old, "PING", "+PONG")

			apply(t, p, forGood(f))
			before := s.Calls.Load()
			send(t, old, "PING\r\n")
			silent(t, old, brief)
			for _, next := range []fault.Fault{clean, slow(5 * ms), blackhole, clean} {
				apply(t, p, next)
			}
			send(t, old, "PING\r\n")
			later := dial(t, p.Addr())
			answered(t, later, "PING", "+PONG") // what the old one asks would have come through sooner
			silent(t, old, brief)
			if got := s.Calls.Load() - before; got != 1 && (f.Kind == "blackhole" || f.Direction == "requests") {
				t.Errorf("%d requests reached the server, want the new connection's alone", got)
			}
			if got := p.Stats().Stood; got != 1 {
				t.Errorf("%d connections stood and were hurt, want 1", got)
			}
			old.Close()
			upstreamEnds(t, s, 1)
		})
	}
}

// upstreamEnds waits until the server has so many connections left.
func upstreamEnds(t *testing.T, s *resptest.Server, want int) {
	t.Helper()
	eventually(t, func() string {
		if s.Open() != want {
			return "a connection that the service has closed stays open to the server"
		}
		return ""
	})
}

// The server's end does not reach a client whose connection is silent for good.
func TestTheServersEndIsNotHeardForGood(t *testing.T) {
	s := resptest.Listen(t, redis)
	p := open(t, s.Addr())
	old, spared := dial(t, p.Addr()), dial(t, p.Addr())
	answered(t, old, "PING", "+PONG")
	answered(t, spared, "PING", "+PONG")
	apply(t, p, forGood(fault.Fault{Kind: "oneway", Direction: "replies"}))
	send(t, old, "QUIT\r\n") // executed: the server ends the connection
	upstreamEnds(t, s, 1)
	apply(t, p, clean)
	silent(t, old, brief)
}

// A fault that ends connections ends those too that are hurt for good, and so does the proxy's end.
func TestWhatIsHurtForGoodCanBeEnded(t *testing.T) {
	for name, end := range map[string]func(*testing.T, *proxy.Proxy){
		"close":   func(t *testing.T, p *proxy.Proxy) { apply(t, p, closes) },
		"old":     func(t *testing.T, p *proxy.Proxy) { apply(t, p, ofOld(closes)) },
		"refused": func(t *testing.T, p *proxy.Proxy) { apply(t, p, refused) },
		"the end": func(t *testing.T, p *proxy.Proxy) { p.Close() },
	} {
		t.Run(name, func(t *testing.T) {
			p := open(t, resptest.Listen(t, redis).Addr())
			old := dial(t, p.Addr())
			answered(t, old, "PING", "+PONG")
			apply(t, p, forGood(blackhole))
			send(t, old, "PING\r\n")
			apply(t, p, clean)
			end(t, p)
			if _, err := old.Read(make([]byte, 1)); err != io.EOF {
				t.Errorf("the client met %v, want the end", err)
			}
		})
	}
}

// An old connection is answered with an error until the service drops it; a new one works.
func TestOldConnectionsAreAnsweredWithAnErrorForGood(t *testing.T) {
	s := listenStore(t)
	p := open(t, s.Addr())
	old := dial(t, p.Addr())
	write, read := []string{"SET", "k", "v"}, []string{"GET", "k"}
	exchange := func(c net.Conn, cmd []string, want string) {
		t.Helper()
		chunked(c, 1, [][]string{cmd})
		if err := comes(bufio.NewReader(io.LimitReader(c, int64(len(want)))), 0, cmd, want); err != nil {
			t.Error(err)
		}
	}
	whole := func(c net.Conn, cmd []string) {
		t.Helper()
		exchange(c, cmd, replyTo(cmd[0], cmd[1:]))
	}
	whole(old, write)
	apply(t, p, forGood(fault.Fault{Kind: "error", Commands: []string{"writes"}, Answer: readonly}))
	for _, next := range []fault.Fault{{}, slow(5 * ms), clean} {
		exchange(old, write, "-"+readonly+"\r\n")
		whole(old, read)
		later := dial(t, p.Addr())
		whole(later, write)
		apply(t, p, next)
	}
	exchange(old, write, "-"+readonly+"\r\n")
	whole(old, read)
	checkHit(t, p, 4)
}

// A canary tells a fault that hurts new connections too from one that spares them, and one that ends from one that does not.
func TestCanaryTellsWhatIsSpared(t *testing.T) {
	silence := canary.Meeting{Met: "silence", Wait: 100 * ms}
	pong := canary.Meeting{Met: "reply", Answer: "+PONG", Beside: "+PONG"}
	hit := canary.Meeting{Met: "reply", Answer: "-" + readonly, Beside: "+PONG"}
	answers := fault.Fault{Kind: "error", Commands: []string{"writes"}, Answer: readonly}
	for _, row := range []struct {
		f   fault.Fault
		m   canary.Meeting
		old bool
		why string
	}{
		{ofOld(blackhole), silence, true, ""},
		{ofOld(blackhole), pong, false, ""},
		{ofOld(blackhole), pong, true, "met reply"},
		{ofOld(blackhole), silence, false, "met silence"},
		{ofOld(resets), canary.Meeting{Met: "reset"}, false, "met reset"},
		{ofOld(answers), hit, true, ""},
		{ofOld(answers), pong, true, "want \"-READONLY"},
		{ofOld(answers), pong, false, ""},
		{ofOld(answers), hit, false, "it was to be spared"},
	} {
		if ok, why := proxy.Delivered(row.f, row.m, row.old); ok != (row.why == "") || !strings.Contains(why, row.why) {
			t.Errorf("%s, met %v, old %v: %v %q, want %q", row.f.Kind, row.m, row.old, ok, why, row.why)
		}
	}
	for _, row := range []struct {
		f   fault.Fault
		m   canary.Meeting
		why string
	}{
		{forGood(blackhole), silence, ""},
		{forGood(blackhole), pong, "met reply"},
		{forGood(answers), hit, ""},
		{forGood(answers), pong, "want \"-READONLY"},
		{forGood(answers), silence, "met silence"},
		{fault.Fault{Kind: "flood"}, silence, "unknown fault"},
	} {
		if ok, why := proxy.Stays(row.f, row.m); ok != (row.why == "") || !strings.Contains(why, row.why) {
			t.Errorf("after %s, met %v: %v %q, want %q", row.f.Kind, row.m, ok, why, row.why)
		}
	}
}

// A real canary meets for good what it met first.
func TestAnOldCanaryMeetsTheFaultForGood(t *testing.T) {
	for _, f := range []fault.Fault{blackhole, {Kind: "error", Commands: []string{"writes"}, Answer: readonly}, {Kind: "mute", Commands: []string{"writes"}}} {
		p := open(t, resptest.Listen(t, redis).Addr())
		old := openCanary(t, p)
		apply(t, p, forGood(f))
		old.Probe(context.Background(), brief)
		apply(t, p, clean)
		for range 2 {
			if ok, why := proxy.Stays(f, old.Probe(context.Background(), brief)); !ok {
				t.Errorf("after %s the old connection %s", f.Kind, why)
			}
		}
		if m := p.ProbeNew(context.Background(), long); m.Met != "reply" {
			t.Errorf("after %s a new connection met %v", f.Kind, m)
		}
		if got := p.Stats().Stood; got != 0 {
			t.Errorf("a canary counts among the %d connections that were hurt", got)
		}
	}
}

// An error for all commands leaves those alone with which a connection begins.
func TestAnErrorForAllCommands(t *testing.T) {
	s := resptest.Listen(t, resptest.Answers("+PONG\r\n"))
	p := open(t, s.Addr())
	c := dial(t, p.Addr())
	apply(t, p, fault.Fault{Kind: "error", Commands: []string{"all"}, Answer: loading})
	for command, want := range map[string]string{
		"AUTH x": "+PONG", "hello 3": "+PONG", "CLIENT ID": "+PONG", "SELECT 0": "+PONG",
		"PING": "-" + loading, "GET k": "-" + loading, "set k v": "-" + loading, "MULTI": "-" + loading, "SUBSCRIBE c": "-" + loading, "JSON.GET k": "-" + loading,
	} {
		t.Run(command, func(t *testing.T) { answered(t, c, command, want) })
	}
	checkHit(t, p, 6)
}
