package proxy_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/proxy"
	"github.com/trektribe/bench/internal/resp/resptest"
)

const ms = time.Millisecond

// samples has faults of every kind, with what a canary meets on old and on new connections.
var samples = []struct {
	f        fault.Fault
	old, new string
}{
	{slow(25 * ms), "reply", "reply"},
	{fault.Fault{Kind: "latency", Delay: 25 * ms, Jitter: 20 * ms, Shape: "normal"}, "reply", "reply"},
	{fault.Fault{Kind: "latency", Delay: 25 * ms, To: 30 * ms, For: time.Second}, "reply", "reply"},
	{fault.Fault{Kind: "spikes", Delay: 25 * ms, Share: 0.05}, "reply", "reply"},
	{blackhole, "silence", "silence"},
	{hang, "reply", "silence"},
	{resets, "reset", "reset"},
	{closes, "eof", "eof"},
	{fault.Fault{Kind: "cutoff", After: 100_000}, "eof", "eof"},
	{fault.Fault{Kind: "slow", Rate: 1_000_000}, "reply", "reply"},
	{fault.Fault{Kind: "slices", Size: 1, Delay: 25 * ms}, "reply", "reply"},
	{fault.Fault{Kind: "slices", Size: 1000, Delay: 25 * ms}, "reply", "reply"},
	{fault.Fault{Kind: "oneway", Direction: "requests"}, "silence", "silence"},
	{fault.Fault{Kind: "oneway", Direction: "replies"}, "silence", "silence"},
	{refused, "eof", "refused"},
	{fault.Fault{Kind: "error", Commands: []string{"HGET", "MGET"}, Answer: "BUSY it is"}, "reply", "reply"},
	{fault.Fault{Kind: "lost", Commands: []string{"writes"}}, "eof", "eof"},
	{fault.Fault{Kind: "late", Prefix: "cache:", Delay: 25 * ms}, "reply", "reply"},
	{fault.Fault{Kind: "mute", Commands: []string{"MGET"}, Prefix: "cache:"}, "silence", "silence"},
	{ofOld(blackhole), "silence", "reply"},
	{ofOld(resets), "reset", "reply"},
	{ofOld(closes), "eof", "reply"},
	{ofOld(fault.Fault{Kind: "oneway", Direction: "requests"}), "silence", "reply"},
	{ofOld(fault.Fault{Kind: "oneway", Direction: "replies"}), "silence", "reply"},
	{ofOld(fault.Fault{Kind: "error", Commands: []string{"writes"}, Answer: "READONLY it is"}), "reply", "reply"},
	{ofOld(fault.Fault{Kind: "lost", Commands: []string{"writes"}}), "eof", "reply"},
	{ofOld(fault.Fault{Kind: "mute", Commands: []string{"GET"}}), "silence", "reply"},
}

func TestCanaryProvesEveryKindAndNoCleanPath(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	sampled := []string{""}
	for _, s := range samples {
		sampled = append(sampled, s.f.Kind)
		for _, answer := range []string{"+PONG\r\n", "-NOAUTH Authentication required.\r\n"} {
			t.Run(s.f.Kind+answer[:2], func(t *testing.T) {
				p := open(t, resptest.Listen(t, resptest.Answers(answer)).Addr())
				old := openCanary(t, p)
				wait := func(met string) time.Duration {
					if met == "silence" {
						return brief
					}
					return long
				}
				oldProved, _ := proxy.Delivered(s.f, old.Probe(ctx, long), true)
				newProved, _ := proxy.Delivered(s.f, p.ProbeNew(ctx, long), false)
				if oldProved && newProved {
					t.Error("a proxy that does nothing is proved")
				}
				apply(t, p, s.f)
				for range 2 { // the second finds an old connection as the first left it
					for _, probe := range []struct {
						old  bool
						m    canary.Meeting
						want string
					}{
						{true, old.Probe(ctx, wait(s.old)), s.old},
						{false, p.ProbeNew(ctx, wait(s.new)), s.new},
					} {
						if probe.m.Met != probe.want {
							t.Errorf("old %v: met %v, want %s", probe.old, probe.m, probe.want)
						}
						if ok, why := proxy.Delivered(s.f, probe.m, probe.old); !ok {
							t.Errorf("old %v: not proved: %s", probe.old, why)
						}
					}
				}
				apply(t, p, clean)
				if m := p.ProbeNew(ctx, long); m.Met != "reply" {
					t.Errorf("after the fault a new connection met %v, want reply", m)
				}
				if s.old == "reply" || s.old == "silence" {
					if m := old.Probe(ctx, long); m.Met != "reply" {
						t.Errorf("after the fault the old connection met %v, want reply", m)
					}
				}
			})
		}
	}
	for _, kind := range proxy.Kinds() {
		if !slices.Contains(sampled, kind) {
			t.Errorf("no sample of %s", kind)
		}
	}
}

func openCanary(t *testing.T, p *proxy.Proxy) *canary.Canary {
	t.Helper()
	c, err := p.OpenCanary(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// replies makes n exchanges on a connection of its own, and gives how long each took.
func replies(t *testing.T, p *proxy.Proxy, n int) []time.Duration {
	t.Helper()
	c := dial(t, p.Addr())
	waits := make([]time.Duration, n)
	for i := range waits {
		began := time.Now()
		send(t, c, "PING\r\n")
		expect(t, c, []byte("+PONG\r\n"))
		waits[i] = time.Since(began)
	}
	return waits
}
