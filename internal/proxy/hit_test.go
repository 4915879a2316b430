package proxy_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
)

// What following a connection and recording its commands costs a GET that finds a value, from the client's send to its
// reply. Two connections through one proxy take turns: one is followed, and the other is not, because it began with a
// byte of TLS. A hit of a service takes longer than this, and so less of it is the following's.
func BenchmarkHit(b *testing.B) {
	for _, size := range []int{1, 40_000} {
		b.Run(fmt.Sprintf("size=%d", size), func(b *testing.B) {
			asked, answer := []byte(ask("GET", "cache:trip:1234")), fmt.Appendf(nil, "$%d\r\n%s\r\n", size, make([]byte, size))
			l, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				b.Fatal(err)
			}
			b.Cleanup(func() { l.Close() })
			go func() {
				for {
					c, err := l.Accept()
					if err != nil {
						return
					}
					go answerAll(c, len(asked), answer)
				}
			}()
			p := open(b, l.Addr().String())
			w, err := history.CreateRound(b.TempDir())
			if err != nil {
				b.Fatal(err)
			}
			p.Watch(history.NewClock(), w.Command)
			blind, followed := dial(b, p.Addr()), dial(b, p.Addr())
			send(b, blind, "\x16")
			got := make([]byte, len(answer))
			once := func(c net.Conn) time.Duration {
				began := time.Now()
				if _, err := c.Write(asked); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(c, got); err != nil {
					b.Fatal(err)
				}
				return time.Since(began)
			}
			var with, without []time.Duration
			for b.Loop() {
				if len(with)%2 == 0 {
					with, without = append(with, once(followed)), append(without, once(blind))
				} else {
					without, with = append(without, once(blind)), append(with, once(followed))
				}
			}
			if err := w.Close(true); err != nil {
				b.Fatal(err)
			}
			slices.Sort(with)
			slices.Sort(without)
			a, o := with[len(with)/2], without[len(without)/2]
			b.ReportMetric(float64(a)/1000, "µs-followed")
			b.ReportMetric(float64(o)/1000, "µs-not")
			b.ReportMetric(100*float64(a-o)/float64(o), "%-more")
		})
	}
}

// answerAll answers whatever comes in pieces of one size, but for a first byte of TLS.
func answerAll(c net.Conn, size int, answer []byte) {
	defer c.Close()
	r := bufio.NewReader(c)
	if first, err := r.Peek(1); err == nil && first[0] == 0x16 {
		r.Discard(1)
	}
	for {
		if _, err := r.Discard(size); err != nil {
			return
		}
		if _, err := c.Write(answer); err != nil {
			return
		}
	}
}
