package proxy_test

import (
	"context"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/proxy"
	"github.com/trektribe/bench/internal/resp/resptest"
)

func TestCanaryFindsItsPlaceAfterSilence(t *testing.T) {
	ctx := context.Background()
	p := open(t, resptest.Listen(t, redis).Addr())
	c, err := p.OpenCanary(ctx)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	apply(t, p, blackhole)
	for range 3 {
		if m := c.Probe(ctx, brief); m.Met != "silence" || m.Wait < brief {
			t.Errorf("in a blackhole: met %v, want silence after %v", m, brief)
		}
	}
	// Three replies come late. Were one of them taken for its own, the probe
	// would seem quicker than the delay.
	delayed := slow(50 * time.Millisecond)
	apply(t, p, delayed)
	for range 2 {
		m := c.Probe(ctx, long)
		if ok, why := proxy.Delivered(delayed, m, true); !ok {
			t.Errorf("latency after a blackhole: %s", why)
		}
	}
}

func TestProbeThatIsNotWaitedForSaysNothing(t *testing.T) {
	p := open(t, resptest.Listen(t, redis).Addr())
	c, err := p.OpenCanary(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	apply(t, p, blackhole)
	ctx, cancel := context.WithTimeout(context.Background(), brief)
	defer cancel()
	if m := c.Probe(ctx, long); m.Met != "error" || m.Wait >= long {
		t.Errorf("old: met %v, want error when the context ends", m)
	}
	if m := p.ProbeNew(ctx, long); m.Met != "error" || m.Wait >= long {
		t.Errorf("new: met %v, want error when the context ends", m)
	}
	apply(t, p, clean)
	if m := c.Probe(context.Background(), long); m.Met != "reply" {
		t.Errorf("afterwards met %v, want reply", m)
	}
}

func TestClosedCanaryMeetsAnError(t *testing.T) {
	p := open(t, resptest.Listen(t, redis).Addr())
	c, err := p.OpenCanary(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	}
	if m := c.Probe(context.Background(), long); m.Met != "error" || m.Detail == "" {
		t.Errorf("met %v, want error with a reason", m)
	}
}

func TestDelivered(t *testing.T) {
	latency := fault.Fault{Kind: "latency", Delay: 50 * ms, Jitter: 10 * ms}
	tiny := fault.Fault{Kind: "latency", Delay: 3 * ms, Jitter: 2 * ms}
	normal := fault.Fault{Kind: "latency", Delay: 50 * ms, Jitter: 50 * ms, Shape: "normal"}
	ramp := fault.Fault{Kind: "latency", Delay: 50 * ms, To: 500 * ms, For: time.Second}
	spikes := fault.Fault{Kind: "spikes", Delay: 50 * ms, Share: 0.01}
	const old, new, both = 1, 2, 3
	for _, test := range []struct {
		f    fault.Fault
		met  string
		wait time.Duration
		when int // the connections for which it is delivered
	}{
		{clean, "reply", 0, both},
		{clean, "silence", 100 * ms, 0},
		{clean, "eof", 0, 0},
		{clean, "refused", 0, 0},
		{latency, "reply", 50 * ms, both},
		{latency, "reply", 39 * ms, both},
		{latency, "reply", 38 * ms, 0},
		{latency, "reply", 900 * ms, both},
		{latency, "silence", 900 * ms, 0},
		{latency, "error", 50 * ms, 0},
		{tiny, "reply", 3 * ms, 0},
		{normal, "reply", 50 * ms, both},
		{normal, "reply", 40 * ms, 0},
		{ramp, "reply", 50 * ms, both},
		{ramp, "silence", 150 * ms, both},
		{ramp, "silence", 40 * ms, 0},
		{ramp, "silence", 500 * ms, 0},
		{spikes, "reply", 50 * ms, both},
		{spikes, "reply", 40 * ms, 0},
		{spikes, "silence", 100 * ms, 0},
		{blackhole, "silence", 100 * ms, both},
		{blackhole, "silence", 1 * ms, 0},
		{blackhole, "reply", 100 * ms, 0},
		{blackhole, "eof", 0, 0},
		{blackhole, "refused", 0, 0},
		{hang, "reply", 0, old},
		{hang, "silence", 100 * ms, new},
		{hang, "silence", 1 * ms, 0},
		{hang, "eof", 0, 0},
		{resets, "reset", 0, both},
		{resets, "eof", 0, 0},
		{resets, "reply", 0, 0},
		{closes, "eof", 0, both},
		{closes, "reset", 0, 0},
		{closes, "refused", 0, 0},
		{fault.Fault{Kind: "cutoff", After: 5}, "eof", 0, both},
		{fault.Fault{Kind: "cutoff", After: 5}, "reply", 0, 0},
		{fault.Fault{Kind: "slow", Rate: 5}, "reply", 20 * ms, both},
		{fault.Fault{Kind: "slow", Rate: 5}, "reply", 18 * ms, 0},
		{fault.Fault{Kind: "slow", Rate: 5}, "silence", 100 * ms, 0},
		{fault.Fault{Kind: "slices", Size: 5, Delay: 20 * ms}, "reply", 20 * ms, both},
		{fault.Fault{Kind: "slices", Size: 5, Delay: 20 * ms}, "reply", 18 * ms, 0},
		{fault.Fault{Kind: "oneway", Direction: "requests"}, "silence", 100 * ms, both},
		{fault.Fault{Kind: "oneway", Direction: "replies"}, "reply", 0, 0},
		{refused, "eof", 0, old},
		{refused, "reset", 0, old},
		{refused, "refused", 0, new},
		{refused, "silence", 100 * ms, 0},
		{refused, "reply", 0, 0},
		{refused, "error", 0, 0},
		{refused, "", 0, 0},
		{fault.Fault{Kind: "flood"}, "silence", 100 * ms, 0},
	} {
		for _, conn := range []int{old, new} {
			got, why := proxy.Delivered(test.f, canary.Meeting{Met: test.met, Wait: test.wait}, conn == old)
			if want := test.when&conn != 0; got != want || got != (why == "") {
				t.Errorf("Delivered(%s, %s after %v, old %v) = %v %q, want %v", test.f.Kind, test.met, test.wait, conn == old, got, why, want)
			}
		}
	}
}
