package proxy_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	goredis "github.com/redis/go-redis/v9"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/proxy"
	"github.com/trektribe/bench/internal/resp/resptest"
)

func failing(commands string) fault.Fault {
	return fault.Fault{Kind: "error", Commands: names(commands), Answer: loading}
}

// names splits what stands between commas.
func names(commands string) []string {
	return strings.FieldsFunc(commands, func(c rune) bool { return c == ',' })
}

func value(key string) string { return replyTo("GET", []string{key}) }

const refusal = "-" + loading + "\r\n"

func TestErrorInATransactionAbortsIt(t *testing.T) {
	for _, row := range []struct {
		commands, exec string
		executed       int
	}{
		{"GET", "+OK\r\n" + refusal + "+QUEUED\r\n-EXECABORT Transaction discarded because of previous errors.\r\n", 0},
		{"EXEC", "+OK\r\n+QUEUED\r\n+QUEUED\r\n" + refusal, 0},
		{"HGET", "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n" + value("a") + "+OK\r\n", 1},
	} {
		s := listenStore(t)
		p := open(t, s.Addr())
		apply(t, p, failing(row.commands))
		c := dial(t, p.Addr())
		for range 2 {
			send(t, c, "%s%s%s%s%s", ask("MULTI"), ask("GET", "a"), ask("SET", "b", "x"), ask("EXEC"), ask("PING"))
			expect(t, c, []byte(row.exec+"+PONG\r\n"))
		}
	}
}

// What a transaction replies comes with EXEC.
func TestTheRepliesOfATransactionAreThoseOfExec(t *testing.T) {
	p := open(t, listenStore(t).Addr())
	apply(t, p, fault.Fault{Kind: "mute", Commands: []string{"GET"}})
	c := dial(t, p.Addr())
	send(t, c, "%s%s%s%s", ask("MULTI"), ask("GET", "a"), ask("EXEC"), ask("PING"))
	expect(t, c, []byte("+OK\r\n+QUEUED\r\n"))
	held(t, p, c, []byte("*1\r\n"+value("a")+"+PONG\r\n"), func() { apply(t, p, clean) })
	checkHit(t, p, 1)
}

func TestAnswersKeepTheirPlaceBehindRepliesThatAreStillOwed(t *testing.T) {
	s := listenStore(t)
	p := open(t, s.Addr())
	c := dial(t, p.Addr())
	apply(t, p, fault.Fault{Kind: "oneway", Direction: "replies"})
	send(t, c, "%s", ask("GET", "a"))
	eventually(t, func() string {
		if s.Calls.Load() == 0 {
			return "the command has not reached the server"
		}
		return ""
	})
	apply(t, p, failing("GET"))
	send(t, c, "%s%s%s", ask("GET", "b"), ask("SET", "c", "x"), ask("GET", "d"))
	expect(t, c, []byte(value("a")+refusal+"+OK\r\n"+refusal))
	// In pieces: what is not decided waits, and passes if it is not chosen, or the fault ends.
	half := ask("GET", "e")
	send(t, c, "%s", half[:9])
	silent(t, c, brief)
	apply(t, p, clean)
	send(t, c, "%s", half[9:])
	expect(t, c, []byte(value("e")))
	checkHit(t, p, 2)
}

func TestCommandsThatCameBeforeTheFaultAreNotHit(t *testing.T) {
	for _, f := range []fault.Fault{{Kind: "lost", Commands: []string{"reads"}}, {Kind: "mute", Commands: []string{"reads"}}, {Kind: "late", Commands: []string{"reads"}, Delay: time.Hour}} {
		s := listenStore(t)
		p := open(t, s.Addr())
		c := dial(t, p.Addr())
		apply(t, p, fault.Fault{Kind: "oneway", Direction: "replies"})
		send(t, c, "%s", ask("GET", "a"))
		eventually(t, func() string {
			if p.Stats().Up == 0 {
				return "the command has not been passed on"
			}
			return ""
		})
		apply(t, p, f)
		expect(t, c, []byte(value("a")))
		checkHit(t, p, 0)
	}
}

func TestPushesAndSubscriptionsDoNotDisturbTheOrder(t *testing.T) {
	p := open(t, listenStore(t).Addr())
	c := dial(t, p.Addr())
	apply(t, p, failing("GET"))
	subscribed := (&store{}).answer("SUBSCRIBE", []string{"", "a", "b"})
	for range 3 {
		send(t, c, "%s%s%s%s", ask("SUBSCRIBE", "a", "b"), ask("GET", "x"), ask("HGET", "x", "y"), ask("GET", "x"))
		expect(t, c, []byte(subscribed+refusal+replyTo("HGET", []string{"x"})+refusal))
	}
	checkHit(t, p, 6)
}

// A server whose connections turn into what cannot be followed.
func TestWhatCannotBeFollowedPassesUntouched(t *testing.T) {
	for _, row := range []struct{ name, first, answer string }{
		{"monitor", ask("MONITOR"), "+OK\r\n+1 GET\r\n+2 GET\r\n"},
		{"RESP2 subscription", ask("SUBSCRIBE", "a"), "*3\r\n$9\r\nsubscribe\r\n$1\r\na\r\n:1\r\n"},
		{"replies are switched", ask("CLIENT", "REPLY", "ON"), "+OK\r\n"},
		{"another protocol", "\x16\x03\x01\x00", "\x16\x03\x03\r\n"},
		{"a reply that nobody asked for", ask("PING"), "+PONG\r\n+x\r\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			echoes := resptest.Listen(t, func(_ *resptest.Server, c net.Conn) {
				io.CopyN(io.Discard, c, int64(len(row.first)))
				io.WriteString(c, row.answer)
				io.Copy(c, c)
			})
			p := open(t, echoes.Addr())
			apply(t, p, failing("GET"))
			c := dial(t, p.Addr())
			send(t, c, "%s", row.first)
			expect(t, c, []byte(row.answer))
			eventually(t, func() string {
				if p.Stats().Unfollowed != 1 {
					return "it is not counted"
				}
				return ""
			})
			send(t, c, "%s", ask("GET", "a"))
			expect(t, c, []byte(ask("GET", "a")))
			if got := p.Stats(); got.Hit != 0 {
				t.Errorf("%d commands were hit", got.Hit)
			}
		})
	}
}

// An answer whose place is lost can never be given: its client must not wait for ever.
func TestAnOwedAnswerWhosePlaceIsLostEndsTheConnection(t *testing.T) {
	s := resptest.Listen(t, func(_ *resptest.Server, c net.Conn) {
		io.CopyN(io.Discard, c, int64(len(ask("SET", "a", "b"))))
		io.WriteString(c, "no RESP")
		io.Copy(io.Discard, c)
	})
	p := open(t, s.Addr())
	apply(t, p, failing("GET"))
	c := dial(t, p.Addr())
	send(t, c, "%s%s", ask("SET", "a", "b"), ask("GET", "a"))
	ends(t, c, "eof")
}

func TestLostGivesEachConnectionItsEarlierReplies(t *testing.T) {
	s := listenStore(t)
	p := open(t, s.Addr())
	apply(t, p, fault.Fault{Kind: "lost", Commands: []string{"SET"}})
	c := dial(t, p.Addr())
	big := strings.Repeat("x", 3<<20)
	send(t, c, "%s%s", ask("GET", "a"), ask("PING"))
	expect(t, c, []byte(value("a")+"+PONG\r\n"))
	go fmt.Fprintf(c, "%s%s%s", ask("GET", "b"), ask("SET", "c", big), ask("GET", "d"))
	if got := string(ends(t, c, "eof")); got != value("b") {
		t.Errorf("came %.60q, want %.60q", got, value("b"))
	}
	if s.executed("SET", "c") != 1 {
		t.Error("the command whose reply is lost was not executed")
	}
	apply(t, p, clean)
	again := dial(t, p.Addr())
	send(t, again, "%s", ask("SET", "c", "x"))
	expect(t, again, []byte("+OK\r\n"))
}

// The default handshake is HELLO 3, CLIENT SETINFO and more, in pipelines.
func TestGoRedisConnectsAndWritesWhileReadsFail(t *testing.T) {
	s := listenStore(t)
	p := open(t, s.Addr())
	apply(t, p, failing("reads"))
	client := goredis.NewClient(&goredis.Options{Addr: p.Addr(), MaxRetries: -1})
	defer client.Close()
	ctx, cancel := context.WithTimeout(context.Background(), long)
	defer cancel()
	for i := range 20 {
		key := fmt.Sprint("trip:", i)
		if err := client.Set(ctx, key, "x", 0).Err(); err != nil {
			t.Fatalf("SET: %v", err)
		}
		if _, err := client.Get(ctx, key).Result(); err == nil || err.Error() != loading {
			t.Fatalf("GET: %v, want %s", err, loading)
		}
		pipe := client.Pipeline()
		set, get := pipe.Set(ctx, key, "y", 0), pipe.Get(ctx, key)
		pipe.Exec(ctx)
		if set.Err() != nil || get.Err() == nil || get.Err().Error() != loading {
			t.Fatalf("in a pipeline: SET %v, GET %v", set.Err(), get.Err())
		}
		tx := client.TxPipeline()
		tx.Set(ctx, key, "z", 0)
		tx.Get(ctx, key)
		if _, err := tx.Exec(ctx); err == nil {
			t.Fatal("a transaction with a read that fails was executed")
		}
	}
	checkHit(t, p, 60)
	apply(t, p, clean)
	if got, err := client.Get(ctx, "a").Result(); err != nil || !strings.HasPrefix(got, "a") {
		t.Errorf("afterwards GET: %.20q, %v", got, err)
	}
}

func TestCanaryDoesNotTakeAServerThatAlwaysFailsForTheFault(t *testing.T) {
	p := open(t, resptest.Listen(t, resptest.Answers(refusal)).Addr())
	f := failing("GET")
	apply(t, p, f)
	m := p.ProbeNew(context.Background(), long)
	if ok, why := proxy.Delivered(f, m, false); ok || !strings.Contains(why, "and so was the command that is not chosen") {
		t.Errorf("met %+v: %v %q", m, ok, why)
	}
}

func BenchmarkFollowedGet(b *testing.B) {
	s := resptest.Listen(b, func(_ *resptest.Server, c net.Conn) {
		r := bufio.NewReader(c)
		for {
			args, err := read(r)
			if err != nil {
				return
			}
			var n int
			fmt.Sscan(args[1], &n)
			fmt.Fprintf(c, "$%d\r\n%s\r\n", n, pattern(n, 1))
		}
	})
	p := open(b, s.Addr())
	for _, size := range []int{1, 40_000} {
		for _, path := range []struct{ name, addr string }{{"direct", s.Addr()}, {"proxy", p.Addr()}} {
			b.Run(fmt.Sprintf("size=%d/path=%s", size, path.name), func(b *testing.B) {
				c := dial(b, path.addr)
				cmd := []byte(ask("GET", fmt.Sprint(size)))
				got := make([]byte, size+len(fmt.Sprintf("$%d\r\n\r\n", size)))
				for b.Loop() {
					if _, err := c.Write(cmd); err != nil {
						b.Fatal(err)
					}
					if _, err := io.ReadFull(c, got); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
