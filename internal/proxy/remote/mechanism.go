package remote

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
)

// A mechanism is what toxiproxy's own toxics do for one kind of the catalogue. Where that differs
// from what our own proxy does, docs say so.
type mechanism struct {
	name   string
	check  func(f fault.Fault) string
	toxics func(f fault.Fault) []toxic
	// refuses: the proxy is disabled.
	refuses bool
	// dose is what a canary must take so that it meets the fault; nil: one short reply will do.
	dose  func(f fault.Fault) canary.Dose
	proof func(f fault.Fault, m canary.Meeting, old bool) string
}

const (
	upstream   = "upstream"   // requests
	downstream = "downstream" // replies
)

// mechanisms are for somebody else's toxiproxy. Whatever may be done to requests is done to
// them: Redis reads all that comes, while a change that is made to replies can hang behind a client that does not. Measured
// with 16 clients that wait 20 ms for 200 KB, a fault on and off every 60 ms, for 6 s: no call on requests hung, each
// kind on replies did within 4 cycles.
var mechanisms = []mechanism{
	{
		name:  "latency",
		check: func(f fault.Fault) string { return wholeMillis("delay", f.Delay) + wholeMillis("jitter", f.Jitter) },
		toxics: func(f fault.Fault) []toxic {
			return one("latency", upstream, "latency", f.Delay.Milliseconds(), "jitter", f.Jitter.Milliseconds())
		},
		proof: canary.ProveLatency,
	},
	{
		// What is not asked is not answered; only replies that are under way still come.
		name:   "blackhole",
		toxics: func(fault.Fault) []toxic { return silence(upstream) },
		proof:  canary.ProveSilence,
	},
	{
		name: "oneway",
		toxics: func(f fault.Fault) []toxic {
			if f.Direction == "requests" {
				return silence(upstream)
			}
			return silence(downstream)
		},
		proof: canary.ProveSilence,
	},
	{
		// A connection ends with what comes next on it; with a RST only if it is a new one.
		name:   "reset",
		toxics: func(fault.Fault) []toxic { return one("reset_peer", upstream, "timeout", 0) },
		proof: func(_ fault.Fault, m canary.Meeting, old bool) string {
			if old {
				return m.Unless("eof", "reset")
			}
			return m.Unless("reset")
		},
	},
	{
		// After a millisecond without a request, so that also those end that are idle.
		name:   "close",
		toxics: func(fault.Fault) []toxic { return one("timeout", upstream, "timeout", 1) },
		proof:  proveEnded,
	},
	{
		name:   "cutoff",
		check:  func(f fault.Fault) string { return provable("after", f.After) },
		toxics: func(f fault.Fault) []toxic { return one("limit_data", downstream, "bytes", f.After) },
		dose:   func(f fault.Fault) canary.Dose { return doseOf(f.After, pingsExtra) },
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
		toxics: func(f fault.Fault) []toxic { return one("bandwidth", downstream, "rate", f.Rate/1000) },
		dose:   func(f fault.Fault) canary.Dose { return doseOf(slowBytes(f), pingsExtra) },
		// Half of what it should take: the toxic makes up for a pause in which the machine has stalled.
		proof: func(_ fault.Fault, m canary.Meeting, _ bool) string {
			return m.Sooner(canary.SlowPause/2, "keep the pause")
		},
	},
	{
		name: "slices",
		check: func(f fault.Fault) string {
			if f.Delay%time.Microsecond != 0 {
				return fmt.Sprintf("delay %v: toxiproxy counts in µs", f.Delay)
			}
			return provable("size", f.Size)
		},
		toxics: func(f fault.Fault) []toxic {
			return one("slicer", downstream, "average_size", f.Size, "size_variation", 0, "delay", f.Delay.Microseconds())
		},
		dose: func(f fault.Fault) canary.Dose {
			pieces := 2*longReply*(1+f.Size/shortReply)/f.Size + 2 // toxiproxy cuts in halves
			return doseOf(f.Size, pingsExtra+min(time.Duration(pieces)*f.Delay, mostExtra))
		},
		proof: canary.ProveDelay,
	},
	{
		name:    "refused",
		refuses: true,
		// A forwarder before the proxy (docker's) accepts what it cannot pass on, and ends it at once.
		proof: func(_ fault.Fault, m canary.Meeting, old bool) string {
			if old {
				return m.Unless("eof", "reset")
			}
			return m.Unless("refused", "eof", "reset")
		},
	},
}

func proveEnded(_ fault.Fault, m canary.Meeting, _ bool) string { return m.Unless("eof", "reset") }

// one is a toxic with its attributes: name, value, …
func one(name, stream string, attributes ...any) []toxic {
	t := toxic{Type: name, Stream: stream, Attributes: map[string]any{}}
	for i := 0; i < len(attributes); i += 2 {
		t.Attributes[attributes[i].(string)] = attributes[i+1]
	}
	return []toxic{t}
}

// silence drops what comes, and ends the connection when it is removed.
func silence(stream string) []toxic { return one("timeout", stream, "timeout", 0) }

func wholeMillis(name string, d time.Duration) string {
	if d%time.Millisecond != 0 {
		return fmt.Sprintf("%s %v: toxiproxy counts in whole milliseconds", name, d)
	}
	return ""
}

// slowBytes is how much takes as long as a canary's pause.
func slowBytes(f fault.Fault) int64 { return int64(float64(f.Rate) * canary.SlowPause.Seconds()) }

// Kinds lists the kinds that somebody else's toxiproxy can do.
func Kinds() []string {
	var out []string
	for _, does := range mechanisms {
		out = append(out, does.name)
	}
	return out
}

// Signatures is Kinds with the parameters that each may have there, for people.
func Signatures() string {
	var out []string
	for _, name := range Kinds() {
		k, _ := fault.Find(name)
		out = append(out, k.Signature(k.OwnProxy...))
	}
	return strings.Join(out, ", ")
}

// Check says why somebody else's toxiproxy cannot do f, and what it can do.
func Check(f fault.Fault) error {
	_, err := find(f)
	return err
}

func find(f fault.Fault) (mechanism, error) {
	if f.Kind == "" {
		return mechanism{proof: canary.ProveWord}, nil
	}
	if err := f.Check(); err != nil {
		return mechanism{}, err
	}
	if err := CanDo(f.Kind); err != nil {
		return mechanism{}, err
	}
	does := mechanisms[slices.IndexFunc(mechanisms, func(m mechanism) bool { return m.name == f.Kind })]
	if why := does.cannot(f); why != "" {
		return mechanism{}, unable(f.Kind, why)
	}
	return does, nil
}

// CanDo is Check for a kind, whatever its parameters.
func CanDo(name string) error {
	if slices.Contains(Kinds(), name) {
		return nil
	}
	return unable(name, "none of its toxics does that")
}

func unable(name, why string) error {
	return fmt.Errorf("%s cannot be done through somebody else's toxiproxy: %s; it can do: %s", name, why, Signatures())
}

func (does mechanism) cannot(f fault.Fault) string {
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

// Delivered says whether what a canary met is what toxiproxy's own toxics do for f; if not, why.
// old: the connection was opened before the fault.
func Delivered(f fault.Fault, m canary.Meeting, old bool) (bool, string) {
	does, err := find(f)
	if err != nil {
		return false, err.Error()
	}
	if why := does.proof(f, m, old); why != "" {
		return false, why
	}
	return true, ""
}
