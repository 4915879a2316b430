package proxy_test

import (
	"context"
	"io"
	"net"
	"slices"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/resp/resptest"
)

func TestLatencyIsDrawnAroundTheDelay(t *testing.T) {
	ctx := context.Background()
	p := open(t, resptest.Listen(t, redis).Addr())
	const delay, jitter = 12 * time.Millisecond, 8 * time.Millisecond
	c, err := p.OpenCanary(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	apply(t, p, fault.Fault{Kind: "latency", Delay: delay, Jitter: jitter, Seed: 1})
	waits := make([]time.Duration, 40)
	for i := range waits {
		m := c.Probe(ctx, long)
		if m.Met != "reply" {
			t.Fatalf("met %v, want reply", m)
		}
		waits[i] = m.Wait
	}
	slices.Sort(waits)
	if waits[0] < delay-jitter {
		t.Errorf("least wait %v, want %v at least", waits[0], delay-jitter)
	}
	// Noise only adds. Nearly all of forty uniform draws in one half has a
	// chance below one in a million.
	if early := waits[4]; early > delay+jitter/2+20*time.Millisecond {
		t.Errorf("fifth wait of forty %v, want it in the lower half", early)
	}
	if late := waits[35]; late < delay {
		t.Errorf("thirty-sixth wait of forty %v, want %v at least: jitter goes both ways", late, delay)
	}
}

func TestSeedGivesTheSameDelays(t *testing.T) {
	// Two far-apart outcomes tell the draws apart without exact timing: a seed
	// whose first draw is small here has a small one on every proxy.
	ctx := context.Background()
	up := resptest.Listen(t, redis).Addr()
	first := func(seed uint64) time.Duration {
		p := open(t, up)
		apply(t, p, fault.Fault{Kind: "latency", Delay: 100 * time.Millisecond, Jitter: 100 * time.Millisecond, Seed: seed})
		return p.ProbeNew(ctx, long).Wait
	}
	differ := false
	for seed := range uint64(4) {
		a, b := first(seed), first(seed)
		if d := (a - b).Abs(); d > 60*time.Millisecond {
			t.Errorf("seed %d: waits %v and %v, want the same draw", seed, a, b)
		}
		differ = differ || (a-first(seed+100)).Abs() > 20*time.Millisecond
	}
	if !differ {
		t.Error("other seeds gave the same delays")
	}
}

// Were each chunk's delay drawn for itself, every long reply would take nearly the longest.
func TestLatencyIsDrawnOnceForAReply(t *testing.T) {
	p := open(t, resptest.Listen(t, redis).Addr())
	const delay, size = 80 * time.Millisecond, 600_000
	apply(t, p, fault.Fault{Kind: "latency", Delay: delay, Jitter: delay, Seed: 1})
	c := dial(t, p.Addr())
	least := long
	for i := 0; i < 20 && least > delay; i++ {
		began := time.Now()
		send(t, c, "GET %d %d\r\n", size, i)
		expect(t, c, append(pattern(size, i), "\r\n"...))
		least = min(least, time.Since(began))
	}
	if least > delay {
		t.Errorf("the quickest of twenty replies took %v, want one in the lower half of 0 to %v", least, 2*delay)
	}
}

func TestLatencyDelaysAndDoesNotThrottle(t *testing.T) {
	p := open(t, resptest.Listen(t, redis).Addr())
	apply(t, p, slow(40*time.Millisecond))
	c := dial(t, p.Addr())
	began := time.Now()
	for i := range 4 {
		send(t, c, "GET 1000000 %d\r\n", i)
	}
	for i := range 4 {
		expect(t, c, append(pattern(1000000, i), "\r\n"...))
	}
	// 4 MB are at least 122 chunks: 4.9 s if each were delayed in turn.
	if took := time.Since(began); took < 40*time.Millisecond || took > 3*time.Second {
		t.Errorf("4 MB took %v, want little more than one delay of 40ms", took)
	}
}

func TestLatencyLeavesRequestsAlone(t *testing.T) {
	s := resptest.Listen(t, redis)
	p := open(t, s.Addr())
	c := dial(t, p.Addr())
	apply(t, p, slow(time.Hour))
	send(t, c, "PING\r\n")
	eventually(t, func() string {
		if s.Calls.Load() == 0 {
			return "the request has not reached the server"
		}
		return ""
	})
	held(t, p, c, []byte("+PONG\r\n"), func() { apply(t, p, clean) }) // what is in flight is released
}

func TestStreamIsWholeAndInOrderAcrossFaults(t *testing.T) {
	p := open(t, resptest.Listen(t, echo).Addr())
	c := dial(t, p.Addr())
	want := pattern(12<<20, 5)
	ctx, stop := context.WithCancel(context.Background())
	toggled := make(chan error, 1)
	go func() {
		var err error
		for i := 0; ctx.Err() == nil && err == nil; i++ {
			f := []fault.Fault{
				blackhole, {Kind: "latency", Delay: 4 * time.Millisecond, Jitter: 4 * time.Millisecond, Seed: uint64(i)}, clean,
			}[i%3]
			err = p.Apply(context.Background(), f)
		}
		toggled <- err
	}()
	sent := make(chan error, 1)
	go func() {
		_, err := c.Write(want)
		sent <- err
	}()
	expect(t, c, want)
	stop()
	if err := <-toggled; err != nil {
		t.Error(err)
	}
	if err := <-sent; err != nil {
		t.Error(err)
	}
}

func TestBlackholeHoldsBothWaysAndLosesNothing(t *testing.T) {
	s := resptest.Listen(t, redis)
	p := open(t, s.Addr())
	c := dial(t, p.Addr())
	send(t, c, "GET 200000 1\r\n")
	expect(t, c, pattern(1000, 1)) // the reply is on its way
	apply(t, p, blackhole)
	send(t, c, "GET 200000 2\r\n")
	gone := dial(t, p.Addr()) // accepted, and silent
	send(t, gone, "GET 10 3\r\n")
	silent(t, gone, brief)
	gone.Close()
	apply(t, p, clean)
	reply := append(pattern(200000, 1), "\r\n"...)
	expect(t, c, reply[1000:])
	expect(t, c, append(pattern(200000, 2), "\r\n"...))
	// What a client sent before it gave up arrives too, as it does in TCP.
	eventually(t, func() string {
		if s.Calls.Load() != 3 {
			return "not every held request has reached the server"
		}
		return ""
	})
}

// A reader that pauses for longer than any time-out of ours keeps its connection.
func TestSlowReaderIsNotCutOff(t *testing.T) {
	p := open(t, resptest.Listen(t, redis).Addr())
	c := dial(t, p.Addr())
	c.(*net.TCPConn).SetReadBuffer(256 << 10)
	// More than the kernel keeps, less than we do: the server's end waits with us.
	send(t, c, "GET 10000000 1\r\nQUIT\r\n")
	expect(t, c, pattern(10, 1))
	silent(t, dial(t, p.Addr()), 3*time.Second/4)
	expect(t, c, append(pattern(10000000, 1), "\r\n"...)[10:])
	if _, err := c.Read(make([]byte, 1)); err != io.EOF {
		t.Errorf("read after the server's end: %v, want EOF", err)
	}
}
