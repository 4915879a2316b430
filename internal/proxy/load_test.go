package proxy_test

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/resp/resptest"
)

// Adding and removing toxics under this load hangs toxiproxy after some ten
// rounds: large replies, and clients that give up on them half-way.
func TestTogglingUnderLoadNeverHangs(t *testing.T) {
	s := resptest.Listen(t, redis)
	p := open(t, s.Addr())
	ctx, stop := context.WithTimeout(context.Background(), long)
	defer stop()
	var whole, cut atomic.Int64
	var workers sync.WaitGroup
	for w := range 16 {
		size := []int{66_000, 100_000, 200_000, 10}[w%4]
		timeout := 20 * time.Millisecond // gives up half-way
		if w >= 12 {
			timeout = long // waits until its connection is ended
		}
		workers.Go(func() {
			for ctx.Err() == nil {
				err := session(ctx, p.Addr(), size, w, timeout, &whole)
				if err != nil {
					t.Error(err)
					return
				}
				cut.Add(1)
			}
		})
	}
	tick := time.NewTicker(15 * time.Millisecond)
	defer tick.Stop()
	toggles := 0
	start := time.Now()
	faults := []fault.Fault{
		{Kind: "latency", Delay: 25 * time.Millisecond, Jitter: 10 * time.Millisecond}, clean, blackhole, clean,
		refused, clean, {Kind: "latency", Delay: 5 * time.Millisecond, Jitter: 5 * time.Millisecond}, blackhole, refused,
		{Kind: "latency", Delay: 2 * time.Millisecond}, clean,
	}
	// Each kind after a clean proxy and after another kind.
	for _, s := range samples {
		faults = append(faults, s.f, clean, s.f)
	}
	for ; ctx.Err() == nil; toggles++ {
		if time.Since(start) > 2*time.Second && toggles >= 2*len(faults) && whole.Load() > 0 {
			break
		}
		f := faults[toggles%len(faults)]
		began := time.Now()
		if err := p.Apply(context.Background(), f); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(began); took > time.Second {
			t.Fatalf("switching to %q took %v", f.Kind, took)
		}
		<-tick.C
	}
	stop()
	apply(t, p, clean)
	workers.Wait()
	if m := p.ProbeNew(context.Background(), long); m.Met != "reply" {
		t.Errorf("afterwards met %v, want reply", m)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	nothingRuns(t)
	t.Logf("%d toggles, %d replies whole, %d connections cut", toggles, whole.Load(), cut.Load())
	if whole.Load() == 0 || toggles < 2*len(faults) {
		t.Error("too few to show anything")
	}
}

// session makes exchanges on one connection until one fails, as a pooled client
// with a read time-out does, and counts those that are whole. What comes of the
// last must be the beginning of what was asked for.
func session(ctx context.Context, addr string, size, worker int, timeout time.Duration, whole *atomic.Int64) error {
	c, err := net.Dial("tcp", addr)
	if err != nil {
		return nil // refused
	}
	defer c.Close()
	got := make([]byte, size+2)
	for seed := worker * 1000; ctx.Err() == nil; seed++ {
		c.SetDeadline(time.Now().Add(timeout))
		if _, err := fmt.Fprintf(c, "GET %d %d\r\n", size, seed); err != nil {
			return nil
		}
		n, err := io.ReadFull(c, got)
		if want := append(pattern(size, seed), "\r\n"...); !bytes.Equal(got[:n], want[:n]) {
			return fmt.Errorf("worker %d, %d: %d bytes of %d are not those asked for", worker, seed, n, len(want))
		}
		if err != nil {
			return nil
		}
		whole.Add(1)
	}
	return nil
}

// A client that stops reading, and never comes back, held up toxiproxy's own
// switches for good.
func TestClientThatStoppedReadingHoldsUpNothing(t *testing.T) {
	s := resptest.Listen(t, redis)
	p := open(t, s.Addr())
	c := dial(t, p.Addr())
	for range 8 {
		send(t, c, "GET 10000000 1\r\n")
	}
	expect(t, c, pattern(10, 1))
	for _, f := range []fault.Fault{slow(time.Millisecond), blackhole, clean, refused, clean} {
		apply(t, p, f)
	}
	if m := p.ProbeNew(context.Background(), long); m.Met != "reply" {
		t.Errorf("another connection met %v, want reply", m)
	}
	if err := p.Close(); err != nil {
		t.Error(err)
	}
	nothingRuns(t)
}

func BenchmarkGet(b *testing.B) {
	s := resptest.Listen(b, redis)
	p := open(b, s.Addr())
	for _, size := range []int{1, 40_000} {
		for _, path := range []struct{ name, addr string }{{"direct", s.Addr()}, {"proxy", p.Addr()}} {
			b.Run(fmt.Sprintf("size=%d/path=%s", size, path.name), func(b *testing.B) {
				c := dial(b, path.addr)
				got := make([]byte, size+2)
				ask := fmt.Appendf(nil, "GET %d 1\r\n", size)
				for b.Loop() {
					if _, err := c.Write(ask); err != nil {
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
