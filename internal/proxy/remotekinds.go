package proxy

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A remoteKind is what toxiproxy's own toxics can do of one kind of the catalogue. Where that differs
// from ours, docs/design.md says so.
type remoteKind struct {
	name   string
	can    []string // the arguments of the kind's that it can do
	check  func(f Fault) string
	toxics func(f Fault) []poses
	// refuses: the proxy is disabled.
	refuses bool
	// dose is what a canary must take so that it meets the fault; nil: one short reply will do.
	dose  func(f Fault) dose
	proof func(f Fault, m Meeting, old bool) string
}

const (
	upstream   = "upstream"   // requests
	downstream = "downstream" // replies
)

// remoteKinds is the catalogue for a toxiproxy of somebody else's. Whatever may be done to requests is done to
// them: Redis reads all that comes, while a change that is made to replies can hang behind a client that does not. Measured
// with 16 clients that wait 20 ms for 200 KB, a fault on and off every 60 ms, for 6 s: no call on requests hung, each
// kind on replies did within 4 cycles.
var remoteKinds = []remoteKind{
	{name: "", proof: kinds[0].proof},
	{
		name: "latency", can: []string{"delay", "jitter"},
		check: func(f Fault) string { return wholeMillis("delay", f.Delay) + wholeMillis("jitter", f.Jitter) },
		toxics: func(f Fault) []poses {
			return one("latency", upstream, "latency", f.Delay.Milliseconds(), "jitter", f.Jitter.Milliseconds())
		},
		proof: proveLatency,
	},
	{
		// What is not asked is not answered; only replies that are under way still come.
		name:   "blackhole",
		toxics: func(Fault) []poses { return silence(upstream) },
		proof:  proveBlackhole,
	},
	{
		name: "oneway", can: []string{"direction"},
		toxics: func(f Fault) []poses {
			if f.Direction == up.String() {
				return silence(upstream)
			}
			return silence(downstream)
		},
		proof: proveBlackhole,
	},
	{
		// A connection ends with what comes next on it; with a RST only if it is a new one.
		name:   "reset",
		toxics: func(Fault) []poses { return one("reset_peer", upstream, "timeout", 0) },
		proof: func(_ Fault, m Meeting, old bool) string {
			if old {
				return m.unless("eof", "reset")
			}
			return m.unless("reset")
		},
	},
	{
		// After a millisecond without a request, so that also those end that are idle.
		name:   "close",
		toxics: func(Fault) []poses { return one("timeout", upstream, "timeout", 1) },
		proof:  proveEnded,
	},
	{
		name: "cutoff", can: []string{"after"},
		check:  func(f Fault) string { return provable("after", f.After) },
		toxics: func(f Fault) []poses { return one("limit_data", downstream, "bytes", f.After) },
		dose:   func(f Fault) dose { return doseOf(f.After, remoteExtra) },
		proof:  proveEnded,
	},
	{
		name: "slow", can: []string{"rate"},
		check: func(f Fault) string {
			if f.Rate%1000 != 0 {
				return fmt.Sprintf("rate %d: toxiproxy counts in KB a second, want a multiple of 1000", f.Rate)
			}
			return provable("rate", slowBytes(f))
		},
		toxics: func(f Fault) []poses { return one("bandwidth", downstream, "rate", f.Rate/1000) },
		dose:   func(f Fault) dose { return doseOf(slowBytes(f), remoteExtra) },
		// Half of what it should take: the toxic makes up for a pause in which the machine has stalled.
		proof: func(_ Fault, m Meeting, _ bool) string { return m.sooner(slowCanary/2, "keep the pause") },
	},
	{
		name: "slices", can: []string{"delay", "size"},
		check: func(f Fault) string {
			if f.Delay%time.Microsecond != 0 {
				return fmt.Sprintf("delay %v: toxiproxy counts in µs", f.Delay)
			}
			return provable("size", f.Size)
		},
		toxics: func(f Fault) []poses {
			return one("slicer", downstream, "average_size", f.Size, "size_variation", 0, "delay", f.Delay.Microseconds())
		},
		dose: func(f Fault) dose {
			pieces := 2*longReply*(1+f.Size/shortReply)/f.Size + 2 // toxiproxy cuts in halves
			return doseOf(f.Size, remoteExtra+min(time.Duration(pieces)*f.Delay, mostExtra))
		},
		proof: proveDelay,
	},
	{
		name:    "refused",
		refuses: true,
		// A forwarder before the proxy (docker's) accepts what it cannot pass on, and ends it at once.
		proof: func(_ Fault, m Meeting, old bool) string {
			if old {
				return m.unless("eof", "reset")
			}
			return m.unless("refused", "eof", "reset")
		},
	},
}

func proveEnded(_ Fault, m Meeting, _ bool) string { return m.unless("eof", "reset") }

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
func slowBytes(f Fault) int64 { return int64(float64(f.Rate) * slowCanary.Seconds()) }

// RemoteKinds lists what can be done through a toxiproxy of somebody else's, with the arguments.
func RemoteKinds() string {
	var out []string
	for _, k := range remoteKinds[1:] {
		out = append(out, kind{name: k.name, takes: k.can}.about())
	}
	return strings.Join(out, ", ")
}

// CheckRemote says why f cannot be done through a toxiproxy of somebody else's, and what can.
func (f Fault) CheckRemote() error {
	_, err := f.remote()
	return err
}

func (f Fault) remote() (remoteKind, error) {
	if err := f.Check(); err != nil {
		return remoteKind{}, err
	}
	at := slices.IndexFunc(remoteKinds, func(k remoteKind) bool { return k.name == f.Kind })
	if at < 0 {
		return remoteKind{}, notRemotely(f.Kind, "none of its toxics does that")
	}
	k := remoteKinds[at]
	if why := k.cannot(f); why != "" {
		return remoteKind{}, notRemotely(f.Kind, why)
	}
	return k, nil
}

// CanRemotely is CheckRemote for a kind, whatever its arguments.
func CanRemotely(name string) error {
	if slices.ContainsFunc(remoteKinds, func(k remoteKind) bool { return k.name == name }) {
		return nil
	}
	return notRemotely(name, "none of its toxics does that")
}

func notRemotely(name, why string) error {
	return fmt.Errorf("%s cannot be done through a toxiproxy of somebody else's: %s; what can: %s", name, why, RemoteKinds())
}

func (k remoteKind) cannot(f Fault) string {
	for _, a := range f.given() {
		if !slices.Contains(k.can, a.name) {
			return fmt.Sprintf("no toxic of its takes %s (%s)", a.name, a.value)
		}
	}
	if k.check == nil {
		return ""
	}
	return k.check(f)
}

// DeliveredRemotely is Delivered for a Remote: what its canary met is what toxiproxy's own toxics do.
func DeliveredRemotely(f Fault, m Meeting, old bool) (bool, string) {
	k, err := f.remote()
	if err != nil {
		return false, err.Error()
	}
	if why := k.proof(f, m, old); why != "" {
		return false, why
	}
	return true, ""
}
