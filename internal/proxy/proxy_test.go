package proxy_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/proxy"
	"github.com/trektribe/bench/internal/resp/resptest"
)

var (
	blackhole = fault.Fault{Kind: "blackhole"}
	hang      = fault.Fault{Kind: "hang"}
	resets    = fault.Fault{Kind: "reset"}
	closes    = fault.Fault{Kind: "close"}
	refused   = fault.Fault{Kind: "refused"}
	clean     = fault.Fault{}
)

func slow(d time.Duration) fault.Fault { return fault.Fault{Kind: "latency", Delay: d} }

func TestFaultsReachOldAndNewConnections(t *testing.T) {
	for _, test := range []struct {
		name             string
		f                fault.Fault
		timeout          time.Duration
		met, newMet      []string
		usableAfterwards bool
	}{
		{"clean", clean, long, []string{"reply"}, []string{"reply"}, true},
		{"latency", slow(25 * time.Millisecond), long, []string{"reply"}, []string{"reply"}, true},
		{"blackhole", blackhole, brief, []string{"silence"}, []string{"silence"}, true},
		{"refused", refused, long, []string{"eof", "reset"}, []string{"refused"}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			ctx := context.Background()
			p := open(t, resptest.Listen(t, redis).Addr())
			addr := p.Addr()
			old, err := p.OpenCanary(ctx)
			if err != nil {
				t.Fatal(err)
			}
			defer old.Close()
			for round := range 3 {
				apply(t, p, test.f)
				for _, probe := range []struct {
					old  bool
					m    canary.Meeting
					want []string
				}{
					{true, old.Probe(ctx, test.timeout), test.met},
					{false, p.ProbeNew(ctx, test.timeout), test.newMet},
				} {
					if !slices.Contains(probe.want, probe.m.Met) {
						t.Errorf("round %d, old %v: met %v, want %v", round, probe.old, probe.m, probe.want)
					}
					if ok, why := proxy.Delivered(test.f, probe.m, probe.old); !ok {
						t.Errorf("round %d, old %v: not delivered: %s", round, probe.old, why)
					}
				}
				apply(t, p, clean)
				if p.Addr() != addr {
					t.Fatalf("Addr() = %s, want %s as before", p.Addr(), addr)
				}
				if m := p.ProbeNew(ctx, long); m.Met != "reply" {
					t.Errorf("round %d: new connection after the fault met %v, want reply", round, m)
				}
				if test.usableAfterwards {
					if m := old.Probe(ctx, long); m.Met != "reply" {
						t.Errorf("round %d: old connection after the fault met %v, want reply", round, m)
					}
					continue
				}
				if m := old.Probe(ctx, long); !slices.Contains(test.met, m.Met) {
					t.Errorf("round %d: ended connection after the fault met %v, want %v", round, m, test.met)
				}
				old.Close()
				if old, err = p.OpenCanary(ctx); err != nil {
					t.Fatal(err)
				}
				defer old.Close()
			}
		})
	}
}

func TestApplyIsInEffectWhenItReturns(t *testing.T) {
	s := resptest.Listen(t, redis)
	p := open(t, s.Addr())
	conns := make([]net.Conn, 20)
	for i := range conns {
		conns[i] = dial(t, p.Addr())
		send(t, conns[i], "PING\r\n")
		expect(t, conns[i], []byte("+PONG\r\n"))
	}
	for range 20 {
		apply(t, p, blackhole)
		before := s.Calls.Load()
		for _, c := range conns {
			send(t, c, "PING\r\n")
		}
		silent(t, conns[0], 5*time.Millisecond)
		if got := s.Calls.Load(); got != before {
			t.Fatalf("%d commands passed a blackhole that Apply had reported", got-before)
		}
		apply(t, p, clean)
		for _, c := range conns {
			expect(t, c, []byte("+PONG\r\n"))
		}
	}
}

func TestRefusalIsLiftedOnTheSamePortOrSaysWhoHasIt(t *testing.T) {
	p := open(t, resptest.Listen(t, redis).Addr())
	apply(t, p, refused)
	apply(t, p, refused)
	thief, err := net.Listen("tcp", p.Addr())
	if err != nil {
		t.Fatal(err)
	}
	err = p.Apply(context.Background(), clean)
	if err == nil || !strings.Contains(err.Error(), p.Addr()) || !errors.Is(err, syscall.EADDRINUSE) {
		t.Errorf("Apply with the port taken: %v; want an error that names %s", err, p.Addr())
	}
	thief.Close()
	apply(t, p, clean)
	if m := p.ProbeNew(context.Background(), long); m.Met != "reply" {
		t.Errorf("new connection met %v, want reply", m)
	}
}

func TestOneRefusalAfterAnother(t *testing.T) {
	p := open(t, resptest.Listen(t, redis).Addr())
	for range 50 {
		apply(t, p, refused)
		apply(t, p, clean)
	}
	if m := p.ProbeNew(context.Background(), long); m.Met != "reply" {
		t.Errorf("new connection met %v, want reply", m)
	}
}

func TestApplyRejects(t *testing.T) {
	p := open(t, resptest.Listen(t, redis).Addr())
	for _, test := range []struct {
		f    fault.Fault
		want []string
	}{
		{fault.Fault{Kind: "latencyy"}, []string{`"latencyy"`, "latency", "blackhole", "refused", `""`}},
		{fault.Fault{Kind: "latency"}, []string{"delay 0s"}},
		{slow(-1), []string{"delay -1ns"}},
		{fault.Fault{Kind: "latency", Delay: 5, Jitter: 6}, []string{"jitter 6ns", "5ns"}},
		{fault.Fault{Kind: "latency", Delay: 5, Jitter: -1}, []string{"jitter -1ns"}},
		{fault.Fault{Kind: "blackhole", Delay: 5}, []string{"blackhole", "no delay"}},
		{fault.Fault{Delay: 5}, []string{"clean", "no delay"}},
		{fault.Fault{Kind: "latency", Delay: 5, Jitter: 1, Shape: "round"}, []string{`shape "round"`, "normal"}},
		{fault.Fault{Kind: "latency", Delay: 5, Shape: "normal"}, []string{"want a jitter"}},
		{fault.Fault{Kind: "latency", Delay: 5, To: 5, For: 1}, []string{"to 5ns", "more than the delay"}},
		{fault.Fault{Kind: "latency", Delay: 5, To: 6}, []string{"for 0s"}},
		{fault.Fault{Kind: "cutoff"}, []string{"after 0"}},
		{fault.Fault{Kind: "cutoff", After: -1}, []string{"after -1"}},
		{fault.Fault{Kind: "slow"}, []string{"rate 0"}},
		{fault.Fault{Kind: "slices", Delay: 5}, []string{"size 0"}},
		{fault.Fault{Kind: "slices", Size: 5}, []string{"delay 0s"}},
		{fault.Fault{Kind: "oneway"}, []string{`direction ""`, "requests or replies"}},
		{fault.Fault{Kind: "blackhole", Direction: "replies"}, []string{"takes no direction"}},
		{fault.Fault{Kind: "spikes", Delay: 5}, []string{"share 0"}},
		{fault.Fault{Kind: "spikes", Delay: 5, Share: 1.1}, []string{"share 1.1"}},
		{fault.Fault{Kind: "spikes", Share: 1}, []string{"delay 0s"}},
	} {
		err := p.Apply(context.Background(), test.f)
		for _, want := range test.want {
			if err == nil || !strings.Contains(err.Error(), want) {
				t.Errorf("Apply(%+v) = %v, want an error with %q", test.f, err, want)
			}
		}
		if check := test.f.Check(); (check == nil) != (err == nil) {
			t.Errorf("Check(%+v) = %v, Apply = %v", test.f, check, err)
		}
	}
	for _, sample := range samples {
		if err := sample.f.Check(); err != nil {
			t.Errorf("Check(%+v) = %v", sample.f, err)
		}
	}
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	if err := p.Apply(ended, blackhole); !errors.Is(err, context.Canceled) {
		t.Errorf("Apply with an ended context = %v, want %v", err, context.Canceled)
	}
	if m := p.ProbeNew(context.Background(), long); m.Met != "reply" {
		t.Errorf("after rejected faults a connection met %v, want reply", m)
	}
}

func TestOpenRejectsWhatIsNoAddress(t *testing.T) {
	for _, upstream := range []string{"", "localhost", "localhost:", "redis://localhost:6379"} {
		if p, err := proxy.Open("redis", upstream); err == nil {
			p.Close()
			t.Errorf("Open(%q) gave no error", upstream)
		}
	}
}

func TestPortIsBelowTheEphemeralRange(t *testing.T) {
	p := open(t, "127.0.0.1:1")
	port := netPort(t, p.Addr())
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	if low := netPort(t, l.Addr().String()); port < 15000 || port >= 32768 && low < 32768 {
		t.Errorf("port %d; want one from 15000 to the ephemeral range, which has %d", port, low)
	}
}

func netPort(t *testing.T, addr string) int {
	t.Helper()
	a, err := net.ResolveTCPAddr("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	return a.Port
}
