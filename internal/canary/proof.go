package canary

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/fault"
)

// A Proof says why a meeting is not what a fault does; empty: it is. old: the
// connection was opened before the fault.
//
// It is strict: what a clean path could also have shown is no proof, and
// neither is an "error", which says nothing about the path.
type Proof func(f fault.Fault, m Meeting, old bool) string

const (
	// leastSilence is how long a silence must last to be told from a slow reply: a
	// clean hop takes 0.1 ms at the median and some milliseconds on a busy machine.
	leastSilence = 10 * time.Millisecond
	// SlowPause is the pause in a canary's reply under the fault slow: longer than a clean path takes
	// on a busy machine, and well below a canary's usual timeout of 100 ms.
	SlowPause = 20 * time.Millisecond
	// slack forgives that a Meeting was rounded when it was kept.
	slack = time.Millisecond
)

// ProveWord wants what the catalogue says that a canary meets; on a clean path that is a reply.
func ProveWord(f fault.Fault, m Meeting, old bool) string {
	k, found := fault.Find(f.Kind)
	switch {
	case !found:
		return m.Unless("reply")
	case old:
		return m.Unless(k.Old.Canary...)
	}
	return m.Unless(k.New.Canary...)
}

// ProveSilence wants one that is longer than a slow reply.
func ProveSilence(_ fault.Fault, m Meeting, _ bool) string {
	if why := m.Unless("silence"); why != "" {
		return why
	}
	if m.Wait < leastSilence {
		return fmt.Sprintf("met %v, too short to tell from a slow reply; give it %v or more", m, leastSilence)
	}
	return ""
}

// ProveLatency wants a reply that came no sooner than the least delay of a
// canary. A least delay below 2 ms would be met by a clean path on a busy
// machine as well. A delay that grows may outgrow the canary's timeout.
func ProveLatency(f fault.Fault, m Meeting, _ bool) string {
	least := f.Delay
	if f.Shape == "" {
		least -= f.Jitter
	}
	if f.To > 0 && m.Met == "silence" && m.Wait >= max(least, leastSilence) && m.Wait < f.To+f.Jitter {
		return ""
	}
	return m.Sooner(least, "keep delay − jitter")
}

// ProveDelay wants a reply that was delayed once, by Delay.
func ProveDelay(f fault.Fault, m Meeting, _ bool) string { return m.Sooner(f.Delay, "keep delay") }

// Unless says that m is none of want; empty: it is.
func (m Meeting) Unless(want ...string) string {
	if slices.Contains(want, m.Met) {
		return ""
	}
	return fmt.Sprintf("met %v, want %s", m, strings.Join(want, " or "))
}

// Sooner says that m is no reply, or one that came sooner than least; empty: it
// is neither.
func (m Meeting) Sooner(least time.Duration, keep string) string {
	if least < fault.LeastDelay {
		return fmt.Sprintf("a least delay of %v cannot be told from a clean path; %s at %v or more", least, keep, fault.LeastDelay)
	}
	if why := m.Unless("reply"); why != "" {
		return why
	}
	if m.Wait < least-slack {
		return fmt.Sprintf("met %v, sooner than the least delay of %v", m, least)
	}
	return ""
}
