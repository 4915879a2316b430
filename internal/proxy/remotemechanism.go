package proxy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/fault"
)

// A remoteMechanism is what toxiproxy's own toxics do for one kind of the catalogue. Where that differs
// from ours, docs say so.
type remoteMechanism struct {
	name   string
	check  func(f fault.Fault) string
	toxics func(f fault.Fault) []poses
	// refuses: the proxy is disabled.
	refuses bool
	// dose is what a canary must take so that it meets the fault; nil: one short reply will do.
	dose  func(f fault.Fault) dose
	proof func(f fault.Fault, m Meeting, old bool) string
}

const (
	upstream   = "upstream"   // requests
	downstream = "downstream" // replies
)

// remoteMechanisms are for a toxiproxy of somebody else's. Whatever may be done to requests is done to
// them: Redis reads all that comes, while a change that is made to replies can hang behind a client that does not. Measured
// with 16 clients that wait 20 ms for 200 KB, a fault on and off every 60 ms, for 6 s: no call on requests hung, each
// kind on replies did within 4 cycles.
var remoteMechanisms = []remoteMechanism{
	{
		name:  "latency",
		check: func(f fault.Fault) string { return wholeMillis("delay", f.Delay) + wholeMillis("jitter", f.Jitter) },
		toxics: func(f fault.Fault) []poses {
			return one("latency", upstream, "latency", f.Delay.Milliseconds(), "jitter", f.Jitter.Milliseconds())
		},
		proof: proveLatency,
	},
	{
		// What is not asked is not answered; only replies that are under way still come.
		name:   "blackhole",
		toxics: func(fault.Fault) []poses { return silence(upstream) },
		proof:  proveSilence,
	},
	{
		name: "oneway",
		toxics: func(f fault.Fault) []poses {
			if f.Direction == up.String() {
				return silence(upstream)
			}
			return silence(downstream)
		},
		proof: proveSilence,
	},
	{
		// A connection ends with what comes next on it; with a RST only if it is a new one.
		name:   "reset",
		toxics: func(fault.Fault) []poses { return one("reset_peer", upstream, "timeout", 0) },
		proof: func(_ fault.Fault, m Meeting, old bool) string {
			if old {
				return m.unless("eof", "reset")
			}
			return m.unless("reset")
		},
	},
	{
		// After a millisecond without a request, so that also those end that are idle.
		name:   "close",
		toxics: func(fault.Fault) []poses { return one("timeout", upstream, "timeout", 1) },
		proof:  proveEnded,
	},
	{
		name:   "cutoff",
		check:  func(f fault.Fault) string { return provable("after", f.After) },
		toxics: func(f fault.Fault) []poses { return one("limit_data", downstream, "bytes", f.After) },
		dose:   func(f fault.Fault) dose { return doseOf(f.After, remoteExtra) },
		proof:  proveEnded,
	},
	{
		name: "slow",
		check: func(f fault.Fault) string {
			if f.Rate%1000 != 0 {
				return fmt.Sprintf("rate %d: toxiproxy counts in KB a second, want a multiple of 1000", f.Rate)
			}
			return provable("rate", slowBytes(f))
		},
		toxics: func(f fault.Fault) []poses { return one("bandwidth", downstream, "rate", f.Rate/1000) },
		dose:   func(f fault.Fault) dose { return doseOf(slowBytes(f), remoteExtra) },
		// Half of what it should take: the toxic makes up for a pause in which the machine has stalled.
		proof: func(_ fault.Fault, m Meeting, _ bool) string { return m.sooner(slowCanary/2, "keep the pause") },
	},
	{
		name: "slices",
		check: func(f fault.Fault) string {
			if f.Delay%time.Microsecond != 0 {
				return fmt.Sprintf("delay %v: toxiproxy counts in µs", f.Delay)
			}
			return provable("size", f.Size)
		},
		toxics: func(f fault.Fault) []poses {
			return one("slicer", downstream, "average_size", f.Size, "size_variation", 0, "delay", f.Delay.Microseconds())
		},
		dose: func(f fault.Fault) dose {
			pieces := 2*longReply*(1+f.Size/shortReply)/f.Size + 2 // toxiproxy cuts in halves
			return doseOf(f.Size, remoteExtra+min(time.Duration(pieces)*f.Delay, mostExtra))
		},
		proof: proveDelay,
	},
	{
		name:    "refused",
		refuses: true,
		// A forwarder before the proxy (docker's) accepts what it cannot pass on, and ends it at once.
		proof: func(_ fault.Fault, m Meeting, old bool) string {
			if old {
				return m.unless("eof", "reset")
			}
			return m.unless("refused", "eof", "reset")
		},
	},
}

func proveEnded(_ fault.Fault, m Meeting, _ bool) string { return m.unless("eof", "reset") }

// one is a toxic with its attributes: name, value, …
func one(name, stream string, attributes ...any) []poses {
	t := poses{Type: name, Stream: stream, Attributes: map[string]any{}}
	for i := 0; i < len(attributes); i += 2 {
		t.Attributes[attributes[i].(string)] = attributes[i+1]
	}
	return []poses{t}
}

// silence drops what comes, and ends the connection when it is removed.
func silence(stream string) []poses { return one("timeout", stream, "timeout", 0) }

func wholeMillis(name string, d time.Duration) string {
	if d%time.Millisecond != 0 {
		return fmt.Sprintf("%s %v: toxiproxy counts in whole milliseconds", name, d)
	}
	return ""
}

// slowBytes is how much takes as long as a canary's pause.
func slowBytes(f fault.Fault) int64 { return int64(float64(f.Rate) * slowCanary.Seconds()) }

// RemoteKinds lists the kinds that can be done through a toxiproxy of somebody else's.
func RemoteKinds() []string {
	var out []string
	for _, does := range remoteMechanisms {
		out = append(out, does.name)
	}
	return out
}

// RemoteSignatures is RemoteKinds with the parameters that each may have there, for people.
func RemoteSignatures() string {
	var out []string
	for _, name := range RemoteKinds() {
		k, _ := fault.Find(name)
		out = append(out, k.Signature(k.OwnProxy...))
	}
	return strings.Join(out, ", ")
}

// CheckRemote says why f cannot be done through a toxiproxy of somebody else's, and what can.
func CheckRemote(f fault.Fault) error {
	_, err := findRemote(f)
	return err
}

func findRemote(f fault.Fault) (remoteMechanism, error) {
	if _, err := find(f); err != nil || f.Kind == "" {
		return remoteMechanism{proof: proveWord}, err
	}
	if err := CanRemotely(f.Kind); err != nil {
		return remoteMechanism{}, err
	}
	does := remoteMechanisms[slices.IndexFunc(remoteMechanisms, func(m remoteMechanism) bool { return m.name == f.Kind })]
	if why := does.cannot(f); why != "" {
		return remoteMechanism{}, notRemotely(f.Kind, why)
	}
	return does, nil
}

// CanRemotely is CheckRemote for a kind, whatever its parameters.
func CanRemotely(name string) error {
	if slices.Contains(RemoteKinds(), name) {
		return nil
	}
	return notRemotely(name, "none of its toxics does that")
}

func notRemotely(name, why string) error {
	return fmt.Errorf("%s cannot be done through a toxiproxy of somebody else's: %s; what can: %s", name, why, RemoteSignatures())
}

func (does remoteMechanism) cannot(f fault.Fault) string {
	k, _ := fault.Find(f.Kind)
	for _, g := range f.Given() {
		if slices.Contains(k.OwnProxy, g.Name) {
			return fmt.Sprintf("no toxic of its takes %s (%s)", g.Name, g.Value)
		}
	}
	if does.check == nil {
		return ""
	}
	return does.check(f)
}

// DeliveredRemotely is Delivered for a Remote: what its canary met is what toxiproxy's own toxics do.
func DeliveredRemotely(f fault.Fault, m Meeting, old bool) (bool, string) {
	does, err := findRemote(f)
	if err != nil {
		return false, err.Error()
	}
	if why := does.proof(f, m, old); why != "" {
		return false, why
	}
	return true, ""
}
