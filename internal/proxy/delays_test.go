package proxy_test

import (
	"slices"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/resp/resptest"
)

func TestNormalLatencyIsDrawnAroundTheMeanAndCutAtZero(t *testing.T) {
	p := open(t, resptest.Listen(t, redis).Addr())
	const delay, jitter = 12 * ms, 12 * ms
	apply(t, p, fault.Fault{Kind: "latency", Delay: delay, Jitter: jitter, Shape: "normal", Seed: 1})
	waits := replies(t, p, 60)
	slices.Sort(waits)
	// Noise only adds. A sixth of the draws is cut at 0, a sixth is above two means.
	if waits[4] > delay/2 {
		t.Errorf("fifth wait of sixty %v, want it near 0", waits[4])
	}
	if waits[58] < delay+jitter {
		t.Errorf("longest wait but one of sixty %v, want one above %v: uniform ones are not", waits[58], delay+jitter)
	}
}

func TestLatencyGrowsOverTheFault(t *testing.T) {
	p := open(t, resptest.Listen(t, redis).Addr())
	const from, to, length = 5 * ms, 65 * ms, 400 * ms
	began := time.Now()
	apply(t, p, fault.Fault{Kind: "latency", Delay: from, To: to, For: length})
	for time.Since(began) < length+200*ms {
		at := time.Since(began)
		wait := replies(t, p, 1)[0]
		// The reply comes a little after at, when the delay is a little longer.
		least := from + time.Duration(float64(to-from)*float64(min(at, length))/float64(length))
		if wait < least-ms {
			t.Errorf("after %v a reply took %v, want %v at least", at, wait, least)
		}
		if at < 20*ms && wait > to {
			t.Errorf("after %v a reply took %v already", at, wait)
		}
	}
}

func TestSpikesHitTheirShareOfReplies(t *testing.T) {
	p := open(t, resptest.Listen(t, redis).Addr())
	const delay = 60 * ms
	apply(t, p, fault.Fault{Kind: "spikes", Delay: delay, Share: 0.2, Seed: 1})
	late := 0
	for _, wait := range replies(t, p, 100) {
		if wait >= delay {
			late++
		}
	}
	// Five standard deviations on either side.
	if late < 1 || late > 40 {
		t.Errorf("%d of a hundred replies came late, want about 20", late)
	}
}

// Were each chunk drawn for itself, nearly every long reply would be late.
func TestSpikesAreDrawnOnceForAReply(t *testing.T) {
	p := open(t, resptest.Listen(t, redis).Addr())
	const delay, size = 100 * ms, 600_000
	apply(t, p, fault.Fault{Kind: "spikes", Delay: delay, Share: 0.2, Seed: 1})
	c := dial(t, p.Addr())
	late := 0
	for i := range 30 {
		began := time.Now()
		send(t, c, "GET %d %d\r\n", size, i)
		expect(t, c, append(pattern(size, i), "\r\n"...))
		if time.Since(began) >= delay {
			late++
		}
	}
	if late == 0 || late > 20 {
		t.Errorf("%d of thirty long replies came late, want about 6", late)
	}
}

func TestSpikesThatAreLiftedAreDeliveredAtOnce(t *testing.T) {
	p := open(t, resptest.Listen(t, redis).Addr())
	apply(t, p, fault.Fault{Kind: "spikes", Delay: time.Hour, Share: 1})
	c := dial(t, p.Addr())
	send(t, c, "PING\r\n")
	held(t, p, c, []byte("+PONG\r\n"), func() { apply(t, p, clean) })
}
