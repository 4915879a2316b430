package proxy

import (
	"fmt"
	"time"
)

func checkDelay(f Fault) string {
	if f.Delay <= 0 {
		return fmt.Sprintf("delay %v: want more than 0", f.Delay)
	}
	return ""
}

func checkLatency(f Fault) string {
	switch {
	case f.Delay <= 0:
		return checkDelay(f)
	case f.Jitter < 0 || f.Jitter > f.Delay:
		return fmt.Sprintf("jitter %v: want 0 to the delay, %v", f.Jitter, f.Delay)
	case f.Shape != "" && f.Shape != "normal":
		return fmt.Sprintf("shape %q: want normal, or none for uniform", f.Shape)
	case f.Shape != "" && f.Jitter == 0:
		return "shape normal: want a jitter, its standard deviation"
	case f.To != 0 && f.To <= f.Delay:
		return fmt.Sprintf("to %v: want more than the delay, %v", f.To, f.Delay)
	case f.To != 0 && f.For <= 0:
		return fmt.Sprintf("for %v: want more than 0, the time in which the delay grows to %v", f.For, f.To)
	}
	return ""
}

func drawLatency(f Fault, m moment) time.Duration {
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
func proveLatency(f Fault, m Meeting, _ bool) string {
	least := f.Delay
	if f.Shape == "" {
		least -= f.Jitter
	}
	if f.To > 0 && m.Met == "silence" && m.Wait >= max(least, leastSilence) && m.Wait < f.To+f.Jitter {
		return ""
	}
	return m.sooner(least, "keep delay − jitter")
}

func checkSpikes(f Fault) string {
	if why := checkDelay(f); why != "" {
		return why
	}
	if !(f.Share > 0 && f.Share <= 1) {
		return fmt.Sprintf("share %v: want more than 0, and 1 at most", f.Share)
	}
	return ""
}

func drawSpikes(f Fault, m moment) time.Duration {
	if m.draws.Float64() < f.Share || m.own {
		return f.Delay
	}
	return 0
}

// proveDelay: a canary is delayed once, by Delay.
func proveDelay(f Fault, m Meeting, _ bool) string { return m.sooner(f.Delay, "keep delay") }

// sooner says that m is no reply, or one that came sooner than least; empty: it
// is neither.
func (m Meeting) sooner(least time.Duration, keep string) string {
	if least < leastDelay {
		return fmt.Sprintf("a least delay of %v cannot be told from a clean path; %s at %v or more", least, keep, leastDelay)
	}
	if why := m.unless("reply"); why != "" {
		return why
	}
	if m.Wait < least-slack {
		return fmt.Sprintf("met %v, sooner than the least delay of %v", m, least)
	}
	return ""
}
