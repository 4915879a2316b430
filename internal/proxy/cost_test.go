package proxy

import (
	"fmt"
	"testing"
	"time"

	"github.com/Shopify/toxiproxy/v2/stream"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
)

// What following costs a hop, and telling somebody, against what the chunks' way through a link costs without it.
func BenchmarkFollow(b *testing.B) {
	for _, size := range []int{1, 40_000} {
		for _, does := range []string{"passes", "follows", "tells"} {
			b.Run(fmt.Sprintf("size=%d/%s", size, does), func(b *testing.B) {
				follows := does != "passes"
				p, told := &Proxy{links: map[*link]struct{}{}}, 0
				if does == "tells" {
					p.Watch(history.NewClock(), func(c history.Command) { told++ })
				}
				p.plan.Store(newPlan(fault.Fault{}, clean, 0))
				c := newConn(p, nil)
				ask := &link{proxy: p, conn: c, dir: up, plan: p.plan.Load()}
				say := &link{proxy: p, conn: c, dir: down, plan: p.plan.Load()}
				request := []byte(bulk("GET", "cache:trip:1234"))
				answer := fmt.Appendf(nil, "$%d\r\n%s\r\n", size, make([]byte, size))
				var parts [][]byte // as io.Copy reads them
				for from := 0; from < len(answer); from += 32 << 10 {
					parts = append(parts, answer[from:min(from+32<<10, len(answer))])
				}
				b.ReportAllocs()
				for b.Loop() {
					pass := func(l *link, data []byte) {
						chunk := &stream.StreamChunk{Data: data, Timestamp: time.Now()}
						if follows {
							l.take(chunk)
						} else {
							l.pass(chunk, data)
						}
						l.queue, l.queued = l.queue[:0], 0
					}
					pass(ask, request)
					for _, part := range parts {
						pass(say, part)
					}
				}
				if follows && (ask.blind || say.blind || !say.say.fresh()) {
					b.Error("it lost sight of the connection")
				}
				if does == "tells" && told != b.N {
					b.Errorf("%d of %d commands were told of", told, b.N)
				}
			})
		}
	}
}
