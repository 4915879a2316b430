package remote_test

import (
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/proxy/remote"
	"github.com/trektribe/bench/internal/proxy/remote/toxitest"
	"github.com/trektribe/bench/internal/resp/resptest"
)

const (
	long  = 10 * time.Second // for what must come
	brief = 30 * time.Millisecond
)

var (
	blackhole = fault.Fault{Kind: "blackhole"}
	redis     = resptest.Answers("+PONG\r\n")
)

// A promised keeps what a Proxy has told of.
type promised struct {
	mu  sync.Mutex
	all []remote.Undo
	err error
}

func (p *promised) promise(u remote.Undo) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.all = append(p.all, u)
	return p.err
}

func open(t testing.TB, s *toxitest.Server, name string, p *promised) *remote.Proxy {
	t.Helper()
	r, err := remote.Open(t.Context(), remote.Place{URL: s.URL, Proxy: name}, "bench-test", p.promise)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Each kind is met by the canaries, old and new, as the catalogue for somebody else's toxiproxy says; its end
// leaves the proxy as it was.
func TestEachKindThroughSomebodysToxiproxy(t *testing.T) {
	t.Parallel()
	ms := time.Millisecond
	for _, server := range []struct {
		name  string
		serve func(*resptest.Server, net.Conn)
	}{{"redis", redis}, {"redis with a password", resptest.Answers("-NOAUTH Authentication required.\r\n")}} {
		t.Run(server.name, func(t *testing.T) {
			s := toxitest.Start(t)
			s.Proxy("redis", resptest.Listen(t, server.serve).Addr())
			p := &promised{}
			r := open(t, s, "", p)
			for _, row := range []struct {
				fault    fault.Fault
				old, new string
				carries  string
			}{
				{fault.Fault{Kind: "latency", Delay: 40 * ms, Jitter: 10 * ms}, "reply", "reply", "enabled bench-test-upstream"},
				{fault.Fault{Kind: "blackhole"}, "silence", "silence", "enabled bench-test-upstream"},
				{fault.Fault{Kind: "oneway", Direction: "requests"}, "silence", "silence", "enabled bench-test-upstream"},
				{fault.Fault{Kind: "oneway", Direction: "replies"}, "silence", "silence", "enabled bench-test-downstream"},
				{fault.Fault{Kind: "reset"}, "eof reset", "reset", "enabled bench-test-upstream"},
				{fault.Fault{Kind: "close"}, "eof reset", "eof reset", "enabled bench-test-upstream"},
				{fault.Fault{Kind: "cutoff", After: 1}, "eof", "eof", "enabled bench-test-downstream"},
				{fault.Fault{Kind: "cutoff", After: 20_000}, "eof reset", "eof reset", "enabled bench-test-downstream"},
				{fault.Fault{Kind: "slow", Rate: 1000}, "reply", "reply", "enabled bench-test-downstream"},
				{fault.Fault{Kind: "slow", Rate: 500_000}, "reply", "reply", "enabled bench-test-downstream"},
				{fault.Fault{Kind: "slices", Size: 5, Delay: 5 * ms}, "reply", "reply", "enabled bench-test-downstream"},
				{fault.Fault{Kind: "slices", Size: 1000, Delay: 20 * ms}, "reply", "reply", "enabled bench-test-downstream"},
				{fault.Fault{Kind: "refused"}, "eof reset", "refused", "disabled"},
			} {
				what := strings.TrimSpace(row.fault.Kind + " " + row.fault.Arguments())
				c, err := r.OpenCanary(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				if err := r.Apply(t.Context(), row.fault); err != nil {
					t.Fatalf("%s: %v", what, err)
				}
				if got := s.State("redis"); got != row.carries {
					t.Errorf("%s: the proxy shows %q, want %q", what, got, row.carries)
				}
				timeout := 3 * time.Second
				if row.old == "silence" {
					timeout = brief
				}
				for range 2 {
					for old, want := range map[bool]string{true: row.old, false: row.new} {
						var m canary.Meeting
						if old {
							m = c.Probe(t.Context(), timeout)
						} else {
							m = r.ProbeNew(t.Context(), timeout)
						}
						if ok, why := remote.Delivered(row.fault, m, old); !ok || !strings.Contains(want, m.Met) {
							t.Errorf("%s: a canary (old: %v) met %v, want %s: %s", what, old, m, want, why)
						}
					}
				}
				if err := r.Apply(t.Context(), fault.Fault{}); err != nil {
					t.Fatalf("lift %s: %v", what, err)
				}
				if m := c.Probe(t.Context(), long); row.old == "reply" && m.Met != "reply" {
					t.Errorf("after %s the old connection met %v", what, m)
				} else if row.old == "silence" && m.Met != "eof" && m.Met != "reset" { // with a RST where what was asked lies unread
					t.Errorf("after %s the old connection met %v, want its end: removing a timeout closes it", what, m)
				}
				c.Close()
				if got := s.State("redis"); got != "enabled" {
					t.Errorf("after %s the proxy shows %q, want it enabled and clean", what, got)
				}
				if m := r.ProbeNew(t.Context(), long); m.Met != "reply" {
					t.Errorf("after %s a new connection met %v", what, m)
				}
				if last := p.all[len(p.all)-1]; !last.Done || last.Proxy != "redis" {
					t.Errorf("after %s the last word is %+v", what, last)
				}
			}
			if err := r.Close(context.Background()); err != nil {
				t.Error(err)
			}
		})
	}
}

// What nobody has proved, or what a clean path shows too, is not done.
func TestWhatAToxiproxyCannotDoIsRefused(t *testing.T) {
	ms := time.Millisecond
	for _, row := range []struct {
		fault fault.Fault
		want  string
	}{
		{fault.Fault{Kind: "hang"}, "none of its toxics"},
		{fault.Fault{Kind: "spikes", Delay: 5 * ms, Share: 0.1}, "none of its toxics"},
		{fault.Fault{Kind: "latency", Delay: 50 * ms, Jitter: 10 * ms, Shape: "normal"}, "shape (normal)"},
		{fault.Fault{Kind: "latency", Delay: 50 * ms, To: 60 * ms, For: time.Second}, "to (60ms)"},
		{fault.Fault{Kind: "latency", Delay: 2500 * time.Microsecond}, "whole milliseconds"},
		{fault.Fault{Kind: "slow", Rate: 1500}, "multiple of 1000"},
		{fault.Fault{Kind: "slow", Rate: 10_000_000}, "200000 bytes"},
		{fault.Fault{Kind: "cutoff", After: 1 << 20}, "1048576 bytes"},
		{fault.Fault{Kind: "slices", Size: 10, Delay: 2500 * time.Nanosecond}, "µs"},
	} {
		err := remote.Check(row.fault)
		if err == nil || !strings.Contains(err.Error(), row.want) || !strings.Contains(err.Error(), "it can do: latency (delay, jitter)") {
			t.Errorf("%s: %v, want an error with %q and what can be done", row.fault.Kind, err, row.want)
		}
	}
}

// Somebody who uses the proxy at the same time keeps what is theirs; the fault is then not what was asked for.
func TestSomebodysToxicBesideOursIsNoticedAndKept(t *testing.T) {
	s := toxitest.Start(t)
	s.Proxy("redis", resptest.Listen(t, redis).Addr())
	r := open(t, s, "redis", &promised{})
	s.Toxic("redis", "foo", "latency", "downstream")
	err := r.Apply(t.Context(), blackhole)
	if err == nil || !strings.Contains(err.Error(), "foo (latency, downstream)") {
		t.Errorf("Apply: %v, want an error that names foo", err)
	}
	if err := r.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if got := s.State("redis"); got != "enabled foo" {
		t.Errorf("the proxy shows %q, want somebody's toxic alone", got)
	}
}

func TestNothingIsChangedThatNobodyWouldPutBack(t *testing.T) {
	s := toxitest.Start(t)
	s.Proxy("redis", resptest.Listen(t, redis).Addr())
	p := &promised{err: fmt.Errorf("the watchdog is gone")}
	r := open(t, s, "redis", p)
	if err := r.Apply(t.Context(), blackhole); err == nil || !strings.Contains(err.Error(), "watchdog is gone") {
		t.Errorf("Apply: %v, want the reason why nobody would", err)
	}
	if got := s.State("redis"); got != "enabled" {
		t.Errorf("the proxy shows %q, want it clean", got)
	}
}

// Whoever is told what to put back, and of nothing else, can do it; twice does no harm.
func TestWhoeverIsToldCanPutItBack(t *testing.T) {
	s := toxitest.Start(t)
	s.Proxy("redis", resptest.Listen(t, redis).Addr())
	for _, f := range []fault.Fault{blackhole, {Kind: "refused"}} {
		p := &promised{}
		r := open(t, s, "redis", p)
		if err := r.Apply(t.Context(), f); err != nil {
			t.Fatal(err)
		}
		if s.State("redis") == "enabled" {
			t.Fatalf("%s is not on", f.Kind)
		}
		for range 2 {
			if err := p.all[0].Retry(t.Context()); err != nil {
				t.Errorf("%s: %v", f.Kind, err)
			}
			if got := s.State("redis"); got != "enabled" {
				t.Errorf("%s: the proxy shows %q, want it enabled and clean", f.Kind, got)
			}
		}
	}
}

func TestAToxiproxyThatDiesNamesWhatIsLeft(t *testing.T) {
	s := toxitest.Start(t)
	s.Proxy("redis", resptest.Listen(t, redis).Addr())
	r := open(t, s, "redis", &promised{})
	if err := r.Apply(t.Context(), blackhole); err != nil {
		t.Fatal(err)
	}
	s.Kill()
	began := time.Now()
	err := r.Close(context.Background())
	for _, want := range []string{"proxy redis", "refused", "curl -X DELETE " + s.URL + "/proxies/redis/toxics/bench-test-upstream"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Close: %v, want an error with %q", err, want)
		}
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v to give up", took)
	}
}

// A toxiproxy that answers no more holds nobody up for long.
func TestAToxiproxyThatHangsIsGivenUp(t *testing.T) {
	t.Parallel()
	deaf := resptest.Listen(t, func(_ *resptest.Server, c net.Conn) { io.Copy(io.Discard, c) })
	began := time.Now()
	_, err := remote.Open(t.Context(), remote.Place{URL: "http://" + deaf.Addr()}, "bench-test", (&promised{}).promise)
	if err == nil || !strings.Contains(err.Error(), "ask the toxiproxy") {
		t.Errorf("Open: %v", err)
	}
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("it took %v to give up, want about 2s", took)
	}
	d := remote.Undo{URL: "http://" + deaf.Addr(), Proxy: "redis", Disabled: true}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := d.Retry(ctx); err == nil || !strings.Contains(err.Error(), `curl -X POST -d '{"enabled":true}'`) {
		t.Errorf("Retry: %v, want the command that mends it", err)
	}
}
