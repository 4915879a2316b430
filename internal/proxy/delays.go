package proxy

import (
	"fmt"
	"time"

	"github.com/trektribe/bench/internal/fault"
)

func drawLatency(f fault.Fault, m moment) time.Duration {
	delay := f.Delay
	if f.To > 0 {
		done := float64(min(max(m.since, 0), f.For)) / float64(f.For)
		delay += time.Duration(done * float64(f.To-f.Delay))
	}
	switch {
	case f.Shape == "":
		return delay - f.Jitter + time.Duration(m.draws.Int64N(int64(2*f.Jitter)+1))
	case m.own:
		return delay
	}
	return max(0, delay+time.Duration(m.draws.NormFloat64()*float64(f.Jitter)))
}

// proveLatency wants a reply that came no sooner than the least delay of a
// canary. A least delay below 2 ms would be met by a clean path on a busy
// machine as well. A delay that grows may outgrow the canary's patience.
func proveLatency(f fault.Fault, m Meeting, _ bool) string {
	least := f.Delay
	if f.Shape == "" {
		least -= f.Jitter
	}
	if f.To > 0 && m.Met == "silence" && m.Wait >= max(least, leastSilence) && m.Wait < f.To+f.Jitter {
		return ""
	}
	return m.sooner(least, "keep delay − jitter")
}

func drawSpikes(f fault.Fault, m moment) time.Duration {
	if m.draws.Float64() < f.Share || m.own {
		return f.Delay
	}
	return 0
}

// proveDelay: a canary is delayed once, by Delay.
func proveDelay(f fault.Fault, m Meeting, _ bool) string { return m.sooner(f.Delay, "keep delay") }

// sooner says that m is no reply, or one that came sooner than least; empty: it
// is neither.
func (m Meeting) sooner(least time.Duration, keep string) string {
	if least < fault.LeastDelay {
		return fmt.Sprintf("a least delay of %v cannot be told from a clean path; %s at %v or more", least, keep, fault.LeastDelay)
	}
	if why := m.unless("reply"); why != "" {
		return why
	}
	if m.Wait < least-slack {
		return fmt.Sprintf("met %v, sooner than the least delay of %v", m, least)
	}
	return ""
}
