package proxy_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/proxy"
	"github.com/trektribe/bench/internal/resp/resptest"
)

// A notebook keeps what a proxy tells.
type notebook struct {
	clock *history.Clock
	mu    sync.Mutex
	told  []history.Command
}

func watch(p *proxy.Proxy) *notebook {
	n := &notebook{clock: history.NewClock()}
	p.Watch(n.clock, func(c history.Command) {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.told = append(n.told, c)
	})
	return n
}

// lines waits for so many commands and gives them in short: name, key, time to live, reply, error, found.
func (n *notebook) lines(t testing.TB, many int) []string {
	t.Helper()
	var out []string
	eventually(t, func() string {
		n.mu.Lock()
		defer n.mu.Unlock()
		if len(n.told) < many {
			return fmt.Sprintf("%d commands were told of, want %d: %+v", len(n.told), many, n.told)
		}
		return ""
	})
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, c := range n.told {
		line := c.Name + "|" + c.Key + "|"
		if c.TTL > 0 {
			line += c.TTL.String()
		}
		line += "|" + string(c.Reply)
		if c.Error != "" {
			line += " " + c.Error
		}
		if c.Found {
			line += " found"
		}
		out = append(out, line)
	}
	return out
}

// What a client asks, what it is answered, and what is told of it.
func TestTheWireIsTold(t *testing.T) {
	type exchange struct{ asked, answer, told string }
	lengthy := strings.Repeat("k", 300)
	for _, row := range []struct {
		name  string
		given []exchange
	}{
		{"replies", []exchange{
			{ask("JSON.GET", "k"), "-ERR unknown command `JSON.GET`, with args beginning with: `k`, \r\n", "JSON.GET|k||error unknown command"},
			{ask("GET", "k"), "-ERR unknown option\r\n", "GET|k||error ERR"},
			{ask("GET", "a"), "$5\r\nhello\r\n", "GET|a||value found"},
			{ask("get", "b"), "$-1\r\n", "GET|b||nil"},
			{ask("GET", "c"), "_\r\n", "GET|c||nil"},
			{ask("GET", "d"), "-READONLY You can't write\r\n", "GET|d||error READONLY"},
			{ask("GET", "d"), "-secret word\r\n", "GET|d||error ERR"},
			{ask("GET", "d"), "!12\r\nLOADING file\r\n", "GET|d||error LOADING"},
			{ask("GET", "e"), "$0\r\n\r\n", "GET|e||value found"},
			{ask("INCR", "n"), ":7\r\n", "INCR|n||integer"},
			{ask("PING"), "+PONG\r\n", "PING|||ok"},
			{ask("MGET", "x", "y"), "*2\r\n$1\r\n1\r\n$-1\r\n", "MGET|x||array found"},
			{ask("MGET", "x", "y"), "*2\r\n$-1\r\n$1\r\n1\r\n", "MGET|x||array"},
			{ask("HGETALL", "h"), "*0\r\n", "HGETALL|h||array"},
			{ask("HGETALL", "h"), "%1\r\n+a\r\n*1\r\n_\r\n", "HGETALL|h||array found"},
			{ask("LRANGE", "l", "0", "1"), "*-1\r\n", "LRANGE|l||nil"},
			{ask("LRANGE", "l", "0", "1"), "*1\r\n*-1\r\n", "LRANGE|l||array"},
			{ask("GET", "z"), "|1\r\n+ttl\r\n:5\r\n$1\r\nx\r\n", "GET|z||value found"},
			{ask("GET", lengthy), "$-1\r\n", "GET|" + lengthy[:128] + "||nil"},
		}},
		{"times to live", []exchange{
			{ask("SET", "a", "v"), "+OK\r\n", "SET|a||ok"},
			{ask("SET", "a", "v", "EX", "10"), "+OK\r\n", "SET|a|10s|ok"},
			{ask("SET", "a", "EX", "px", "1500", "NX"), "$-1\r\n", "SET|a|1.5s|nil"},
			{ask("SET", "a", "v", "NX", "GET", "EX", "3600"), "+OK\r\n", "SET|a|1h0m0s|ok"},
			{ask("SET", "a", "v", "KEEPTTL"), "+OK\r\n", "SET|a||ok"},
			{ask("SETEX", "a", "300", "v"), "+OK\r\n", "SETEX|a|5m0s|ok"},
			{ask("PSETEX", "a", "250", "v"), "+OK\r\n", "PSETEX|a|250ms|ok"},
			{ask("EXPIRE", "a", "20"), ":1\r\n", "EXPIRE|a|20s|integer"},
			{ask("EXPIRE", "a", "-1"), ":1\r\n", "EXPIRE|a||integer"},
			{ask("EXPIRE", "a", "99999999999999999999"), "-ERR invalid\r\n", "EXPIRE|a||error ERR"},
			{ask("PEXPIRE", "a", "20", "NX"), ":1\r\n", "PEXPIRE|a|20ms|integer"},
			{ask("GETEX", "a", "EX", "7"), "$1\r\nv\r\n", "GETEX|a|7s|value found"},
			{"SET a v EX 9\r\n", "+OK\r\n", "SET|a|9s|ok"},
		}},
		{"names and keys", []exchange{
			{ask("AUTH", "user", "secret"), "+OK\r\n", "AUTH|||ok"},
			{ask("HELLO", "3", "AUTH", "default", "secret", "SETNAME", "x"), "%1\r\n+a\r\n+b\r\n", "HELLO|||array found"},
			{ask("CLIENT", "setinfo", "LIB-NAME", "x"), "+OK\r\n", "CLIENT SETINFO|||ok"},
			{ask("CONFIG", "SET", "requirepass", "secret"), "+OK\r\n", "CONFIG SET|||ok"},
			{ask("secret", "x"), "-ERR unknown\r\n", "UNKNOWN|||error ERR"},
			{ask("sec.re7", "x"), "-ERR unknown\r\n", "UNKNOWN|||error ERR"},
			{ask("json.get", "doc"), "$1\r\nx\r\n", "JSON.GET|doc||value found"},
			{ask("EVALSHA", "abc", "2", "k1", "k2", "secret"), ":1\r\n", "EVALSHA|k1||integer"},
			{ask("EVAL", "return 1", "0", "secret"), ":1\r\n", "EVAL|||integer"},
			{ask("BITOP", "AND", "dest", "a"), ":1\r\n", "BITOP|dest||integer"},
			{ask("ZUNIONSTORE", "dest", "2", "a", "b"), ":1\r\n", "ZUNIONSTORE|dest||integer"},
			{ask("PUBLISH", "channel", "secret"), ":1\r\n", "PUBLISH|||integer"},
			{ask("XADD", "stream", "*", "f", "secret"), "$1\r\n1\r\n", "XADD|stream||value found"},
		}},
		{"a transaction", []exchange{
			{ask("MULTI"), "+OK\r\n", "MULTI|||ok"},
			{ask("GET", "a"), "+QUEUED\r\n", ""},
			{ask("SET", "b", "v", "EX", "5"), "+QUEUED\r\n", ""},
			{ask("GET", "c"), "+QUEUED\r\n", ""},
			{ask("LPUSH", "d", "v"), "+QUEUED\r\n", ""},
			{ask("HGETALL", "e"), "+QUEUED\r\n", ""},
			{ask("EXEC"), "*5\r\n$1\r\nx\r\n+OK\r\n$-1\r\n-WRONGTYPE no\r\n*2\r\n*1\r\n:1\r\n:2\r\n", "EXEC|||array found\n" +
				"GET|a||value found\nSET|b|5s|ok\nGET|c||nil\nLPUSH|d||error WRONGTYPE\nHGETALL|e||array found"},
			{ask("MULTI"), "+OK\r\n", "MULTI|||ok"},
			{ask("GET", "a"), "+QUEUED\r\n", ""},
			{ask("EXEC"), "*-1\r\n", "EXEC|||nil\nGET|a||discarded"},
			{ask("MULTI"), "+OK\r\n", "MULTI|||ok"},
			{ask("SET", "a", "v"), "+QUEUED\r\n", ""},
			{ask("NONE"), "-ERR unknown\r\n", "UNKNOWN|||error ERR"},
			{ask("EXEC"), "-EXECABORT no\r\n", "EXEC|||error EXECABORT\nSET|a||discarded"},
			{ask("MULTI"), "+OK\r\n", "MULTI|||ok"},
			{ask("SET", "a", "v"), "+QUEUED\r\n", ""},
			{ask("DISCARD"), "+OK\r\n", "DISCARD|||ok\nSET|a||discarded"},
			{ask("GET", "a"), "+QUEUED\r\n", "GET|a||ok"}, // in no transaction that is a reply like any
		}},
		{"pushes", []exchange{
			{ask("CLIENT", "TRACKING", "ON"), "+OK\r\n", "CLIENT TRACKING|||ok"},
			{ask("GET", "a"), ">2\r\n+invalidate\r\n*1\r\n$1\r\na\r\n$1\r\nx\r\n", "GET|a||value found"},
			{ask("SUBSCRIBE", "a", "b"), ">3\r\n+subscribe\r\n+a\r\n:1\r\n>3\r\n+subscribe\r\n+b\r\n:2\r\n", "SUBSCRIBE|||ok"},
			{ask("GET", "a"), ">3\r\n+message\r\n+a\r\n+x\r\n$-1\r\n", "GET|a||nil"},
		}},
		{"a subscription of RESP2", []exchange{
			{ask("GET", "a"), "$-1\r\n", "GET|a||nil"},
			{ask("SUBSCRIBE", "a"), "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n", "SUBSCRIBE|||not followed\nSUBSCRIBE|||unseen"},
		}},
		{"a monitor", []exchange{
			{ask("MONITOR"), "+OK\r\n", "MONITOR|||not followed\nMONITOR|||ok"},
			{ask("GET", "a"), "$-1\r\n", ""},
		}},
		{"replies switched off", []exchange{
			{ask("CLIENT", "REPLY", "SKIP"), "+\r\n", "CLIENT REPLY|||not followed"},
			{ask("GET", "a"), "$-1\r\n", ""},
		}},
		{"no RESP", []exchange{{ask("GET", "a"), "HTTP/1.1 400\r\n", "|||not followed no RESP\nGET|a||unseen"}}},
	} {
		for _, pipelined := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, pipelined %v", row.name, pipelined), func(t *testing.T) {
				var texts, want []string
				for _, e := range row.given {
					texts = append(texts, e.answer)
					if e.told != "" {
						want = append(want, strings.Split(e.told, "\n")...)
					}
				}
				s := resptest.Listen(t, func(_ *resptest.Server, c net.Conn) { script(c, texts) })
				p := open(t, s.Addr())
				n := watch(p)
				c := dial(t, p.Addr())
				if pipelined {
					for _, e := range row.given {
						send(t, c, "%s", e.asked)
					}
					expect(t, c, []byte(strings.Join(texts, "")))
				} else {
					for _, e := range row.given {
						send(t, c, "%s", e.asked)
						expect(t, c, []byte(e.answer))
					}
				}
				c.Close()
				if got := n.lines(t, len(want)); !slices.Equal(sorted(got), sorted(want)) {
					t.Errorf("told\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
				}
			})
		}
	}
}

func sorted(lines []string) []string { return slices.Sorted(slices.Values(lines)) }

// script answers the commands that come, also inline ones, in turn.
func script(c net.Conn, texts []string) {
	r := bufio.NewReader(c)
	for _, text := range texts {
		first, err := r.Peek(1)
		if err != nil {
			return
		}
		if first[0] == '*' {
			_, err = read(r)
		} else {
			_, err = r.ReadString('\n')
		}
		if err != nil {
			return
		}
		if _, err := io.WriteString(c, text); err != nil {
			return
		}
	}
	io.Copy(io.Discard, r)
}

// The harness's own canaries are no commands of the service, and TLS is named.
func TestCanariesAreNotTold(t *testing.T) {
	p := open(t, resptest.Listen(t, redis).Addr())
	n := watch(p)
	c, err := p.OpenCanary(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c.Probe(t.Context(), long)
	c.Close()
	tls := dial(t, p.Addr())
	send(t, tls, "\x16\x03\x01\x02\x00\x01")
	if got := n.lines(t, 1); !slices.Equal(got, []string{"|||not followed TLS"}) {
		t.Errorf("told %q, want TLS alone", got)
	}
}

// Times, sizes and connections are those of the wire.
func TestTheWireHasTimesAndSizes(t *testing.T) {
	gate := make(chan bool)
	s := resptest.Listen(t, func(_ *resptest.Server, c net.Conn) {
		r := bufio.NewReader(c)
		for {
			if _, err := read(r); err != nil {
				return
			}
			<-gate
			io.WriteString(c, "$5\r\nhello\r\n")
		}
	})
	p := open(t, s.Addr())
	n := watch(p)
	for i := range 2 {
		c := dial(t, p.Addr())
		before := n.clock.Now()
		send(t, c, "%s", ask("GET", "key"))
		sent := n.clock.Now()
		gate <- true
		expect(t, c, []byte("$5\r\nhello\r\n"))
		done := n.clock.Now()
		n.lines(t, i+1)
		got := n.told[i]
		if got.Sent < before || got.Answered < sent || got.Answered > done || got.Opened > got.Sent {
			t.Errorf("told %+v, want it sent after %v, answered from %v to %v", got, before, sent, done)
		}
		if got.Conn != uint64(i+1) || got.Asked != len(ask("GET", "key")) || got.Bytes != 11 {
			t.Errorf("told %+v, want connection %d, %d bytes and 11", got, i+1, len(ask("GET", "key")))
		}
	}
}

// A command has no reply when its connection ends, and a fault's answer is one.
func TestFaultsOnTheWireAreTold(t *testing.T) {
	for _, row := range []struct {
		fault fault.Fault
		want  []string
	}{
		{fault.Fault{Kind: "error", Commands: []string{"GET"}, Answer: "LOADING Redis is loading"},
			[]string{"GET|a||error LOADING", "SET|b||ok"}},
		{fault.Fault{Kind: "lost", Commands: []string{"GET"}}, []string{"GET|a||none", "SET|b||none"}},
	} {
		p := open(t, listenStore(t).Addr())
		n := watch(p)
		apply(t, p, row.fault)
		c := dial(t, p.Addr())
		send(t, c, "%s%s", ask("GET", "a"), ask("SET", "b", "v"))
		if row.fault.Kind == "lost" {
			ends(t, c, "eof")
		}
		if got := n.lines(t, 2); !slices.Equal(got, row.want) {
			t.Errorf("%s: told %q, want %q", row.fault.Kind, got, row.want)
		}
	}
	p := open(t, resptest.Listen(t, func(_ *resptest.Server, c net.Conn) { read(bufio.NewReader(c)) }).Addr())
	n := watch(p)
	c := dial(t, p.Addr())
	send(t, c, "%s", ask("GET", "a"))
	ends(t, c, "eof")
	if got := n.lines(t, 1); !slices.Equal(got, []string{"GET|a||none"}) {
		t.Errorf("a connection that ended: told %q, want a command without a reply", got)
	}
}

// A pipeline longer than what is kept is followed, and said not to be told of.
func TestALongPipelineIsSaidNotToBeTold(t *testing.T) {
	const many = 20_000
	p := open(t, resptest.Listen(t, func(_ *resptest.Server, c net.Conn) {
		r := bufio.NewReader(c)
		for range many {
			if _, err := read(r); err != nil {
				return
			}
		}
		io.WriteString(c, strings.Repeat("+OK\r\n", many))
		io.Copy(io.Discard, r)
	}).Addr())
	n := watch(p)
	c := dial(t, p.Addr())
	send(t, c, "%s", strings.Repeat(ask("PING"), many))
	expect(t, c, []byte(strings.Repeat("+OK\r\n", many)))
	got := n.lines(t, 4097)
	cut := 0
	for _, line := range got {
		if strings.HasPrefix(line, "|||not followed more commands") {
			cut++
		}
	}
	if cut != 1 || len(got) != 4097 {
		t.Errorf("%d lines, %d of them that say so; want 4,097 and 1", len(got), cut)
	}
}
