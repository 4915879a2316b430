package proxy_test

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"runtime"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/proxy"
	"github.com/trektribe/bench/internal/resp/resptest"
)

// long is for what must come; brief for what must not.
const (
	long  = 10 * time.Second
	brief = 30 * time.Millisecond
)

// redis answers PING, and GET with as many bytes as it names, which depend on its second argument.
func redis(s *resptest.Server, c net.Conn) {
	r := bufio.NewReader(c)
	for {
		line, err := resptest.Command(r)
		if err != nil {
			return
		}
		s.Calls.Add(1)
		var n, seed int
		switch {
		case strings.HasPrefix(line, "PING"):
			_, err = io.WriteString(c, "+PONG\r\n")
		case strings.HasPrefix(line, "QUIT"):
			return
		default:
			fmt.Sscanf(line, "GET %d %d", &n, &seed)
			_, err = c.Write(append(pattern(n, seed), '\r', '\n'))
		}
		if err != nil {
			return
		}
	}
}

// echo sends back what comes.
func echo(_ *resptest.Server, c net.Conn) { io.Copy(c, c) }

// pattern is n bytes in which no two stretches of a chunk's length are alike nearby.
func pattern(n, seed int) []byte {
	b := make([]byte, n)
	first := min(n, 1031) // a prime: chunks are powers of two
	for i := range b[:first] {
		b[i] = byte(i*7 + i>>8 + seed*31)
	}
	for done := first; done < n; done *= 2 {
		copy(b[done:], b[:done])
	}
	return b
}

func open(t testing.TB, upstream string) *proxy.Proxy {
	t.Helper()
	p, err := proxy.Open("redis", upstream)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
	})
	return p
}

func apply(t testing.TB, p *proxy.Proxy, f fault.Fault) {
	t.Helper()
	if err := p.Apply(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

func dial(t testing.TB, addr string) net.Conn {
	t.Helper()
	c, err := net.Dial("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// expect reads len(want) bytes and compares them.
func expect(t testing.TB, c net.Conn, want []byte) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(long))
	got := make([]byte, len(want))
	n, err := io.ReadFull(c, got)
	if err != nil {
		t.Fatalf("read %d of %d bytes: %v", n, len(want), err)
	}
	if !bytes.Equal(got, want) {
		i := 0
		for got[i] == want[i] {
			i++
		}
		t.Fatalf("byte %d of %d is %d, want %d", i, len(want), got[i], want[i])
	}
}

// silent checks that nothing comes, not even the end.
func silent(t testing.TB, c net.Conn, wait time.Duration) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(wait))
	n, err := c.Read(make([]byte, 1))
	if ne, ok := err.(net.Error); n > 0 || !ok || !ne.Timeout() {
		t.Fatalf("read %d bytes, %v; want silence", n, err)
	}
}

// held checks that want comes on c only when lift is called; before, a canary must find that the fault is on: it meets
// silence.
func held(t testing.TB, p *proxy.Proxy, c net.Conn, want []byte, lift func()) {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(long))
	came := make(chan time.Time, 1)
	first := make([]byte, 1)
	go func() {
		c.Read(first)
		came <- time.Now()
	}()
	if m := p.ProbeNew(t.Context(), fault.PathWait); m.Met != "silence" {
		t.Errorf("while the fault is to be on, a canary met %v", m)
	}
	lifting := time.Now()
	lift()
	if at := <-came; at.Before(lifting) || first[0] != want[0] {
		t.Fatalf("%q came %v before the fault was lifted, want %.20q after it", first, lifting.Sub(at), want)
	}
	expect(t, c, want[1:])
}

// ends reads until the connection ends, and checks that it does so with "eof"
// or "reset". It gives what came before.
func ends(t testing.TB, c net.Conn, how string) []byte {
	t.Helper()
	c.SetReadDeadline(time.Now().Add(long))
	got, err := io.ReadAll(c)
	met := fmt.Sprint(err)
	switch {
	case err == nil:
		met = "eof"
	case errors.Is(err, syscall.ECONNRESET):
		met = "reset"
	}
	if met != how {
		t.Errorf("the connection ended with %s after %d bytes, want %s", met, len(got), how)
	}
	return got
}

func send(t testing.TB, c net.Conn, format string, args ...any) {
	t.Helper()
	c.SetWriteDeadline(time.Now().Add(long))
	if _, err := fmt.Fprintf(c, format, args...); err != nil {
		t.Fatal(err)
	}
}

// eventually waits for a condition that must come.
func eventually(t testing.TB, what func() string) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	end := time.After(long)
	for {
		why := what()
		if why == "" {
			return
		}
		select {
		case <-tick.C:
		case <-end:
			t.Fatalf("after %v: %s", long, why)
		}
	}
}

// nothingRuns waits until no goroutine of a proxy is left, but for those that
// have one of the functions allowed on their stack. It looks at stacks, as
// counts depend on what earlier tests are still ending.
func nothingRuns(t testing.TB, allowed ...string) {
	t.Helper()
	eventually(t, func() string {
		stacks := make([]byte, 4<<20)
		stacks = stacks[:runtime.Stack(stacks, true)]
		for stack := range strings.SplitSeq(string(stacks), "\n\n") {
			ours := strings.Contains(stack, "toxiproxy/v2") || strings.Contains(stack, "/internal/proxy.")
			if ours && !slices.ContainsFunc(allowed, func(f string) bool { return strings.Contains(stack, f) }) {
				return "still running: " + stack
			}
		}
		return ""
	})
}
