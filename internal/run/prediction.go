package run

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/recovery"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/predict"
	"github.com/trektribe/bench/scenarios"
)

// predicted is how long the worst fault of s should stall a request of k's stream and instance.
// If a fault with only an upper bound may be the worst, the forecast is a bound too. If a fault is
// unknown, the worst of the others is the least. nil: the client is not known.
func predicted(s *scenarios.Scenario, k recovery.Times) *recovery.Forecast {
	if len(k.Options) == 0 || s.Target.Redis != "" { // a client that knows of several servers goes to another
		return nil
	}
	out, atMost := &recovery.Forecast{}, recovery.Forecast{}
	var unknown string
	for _, p := range s.Phases {
		for _, f := range p.Faults {
			// The options of a client do not tell what a service does that starts without its Redis.
			if f.On != "redis" || f.Start || len(f.Instances) > 0 && !slices.Contains(f.Instances, k.Instance) {
				continue
			}
			got, ok := predict.LongestStall(f.Kind, circumstances(s, p, f, k))
			stall, lo, hi := got.Stall.Seconds(), got.Lo.Seconds(), got.Hi.Seconds()
			switch {
			case !ok && hi == 0:
				unknown = cmp.Or(unknown, f.Kind+": "+got.Why)
			case !ok:
				if hi > atMost.Hi {
					atMost = recovery.Forecast{Lo: lo, Hi: hi, Why: f.Kind + ": " + got.Why}
				}
			case out.Why == "" || stall > out.Stall:
				*out = recovery.Forecast{Known: true, Stall: stall, Lo: lo, Hi: hi, Why: got.Why}
			}
		}
	}
	if unknown != "" {
		return &recovery.Forecast{Lo: out.Lo, Why: unknown}
	}
	if atMost.Hi > out.Hi {
		atMost.Lo = max(atMost.Lo, out.Lo)
		return &atMost
	}
	if out.Why == "" {
		return nil
	}
	return out
}

// circumstances are the client's options and all else that a stall depends on. An answer from a cache made one
// call of Redis. For loads the time beyond a load is measured, so only the calls of Redis are in it.
func circumstances(s *scenarios.Scenario, p scenarios.Phase, f fault.Fault, k recovery.Times) map[string]float64 {
	o := map[string]float64{
		"fault_seconds": f.For.Seconds(), "delay_seconds": f.Delay.Seconds(), "jitter_seconds": f.Jitter.Seconds(), "to_seconds": f.To.Seconds(),
		"down_seconds": k.Down,
	}
	for name, v := range k.Options {
		o[name] = v
	}
	if k.Hits {
		o["calls_per_request"] = 1
	}
	if f.Share > 0 {
		o["share"] = f.Share
	}
	if f.OldOnly() {
		o["old_only"] = 1
	}
	if f.ForGood() {
		o["for_good"] = 1
	}
	var timeout time.Duration
	for _, t := range s.Traffic {
		if t.Name == k.Stream {
			timeout = t.Timeout
		}
		asks := len(t.Instances) == 0 || slices.Contains(t.Instances, k.Instance)
		if plays := len(t.Phases) == 0 || slices.Contains(t.Phases, p.Name); asks && plays && !strings.Contains(t.Path, "/health") {
			n := s.Target.Instances
			if len(t.Instances) > 0 {
				n = len(t.Instances)
			}
			o["rate_per_second"] += (t.From + t.To) / 2 * float64(t.Each()) / float64(n)
		}
	}
	o["client_timeout_seconds"] = timeout.Seconds()
	return o
}
