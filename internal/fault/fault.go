// Package fault is the catalogue of faults. For each kind it says once what the
// fault does, which parameters it has, where it acts, what a client and a canary
// meet, how soon it can be proved and what it needs.
//
// A name goes in, a Kind comes out; a Fault goes in, and what is wrong with it
// comes out. Scenarios, proxies, the lab and the prediction read from the
// catalogue or attach their mechanism to a kind by its name. It never does a fault.
package fault

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Fault is one fault: its kind, its target, its time and its parameters. A
// parameter that its kind does not take is zero. The zero Fault is no fault. It
// marshals to JSON as run.json keeps it; the seed is the run's and not kept here.
//
// What a fault leaves to chance, or does to long replies alone, a proxy does to
// every reply of a canary, in a dose that the parameters name: a canary must
// meet the fault at once, with one short reply.
type Fault struct {
	Kind        string        `json:"kind"`                  // one of Names
	On          string        `json:"on"`                    // one of Targets
	Instances   []string      `json:"instances,omitempty"`   // empty: all
	Start       bool          `json:"start,omitempty"`       // on before the instances start, and From is 0; in a phase that begins a segment only
	From        time.Duration `json:"from"`                  // after the phase's start
	For         time.Duration `json:"for"`                   // how long it is on; above 0 where To is given or where it ends by its own time (slowcmd)
	Delay       time.Duration `json:"delay,omitempty"`       // latency: added to every reply; spikes: to some; late: to those of Commands; slices: after every piece; above 0
	Jitter      time.Duration `json:"jitter,omitempty"`      // latency, late: uniform ± around Delay; 0 to Delay
	Shape       string        `json:"shape,omitempty"`       // latency: "normal": Jitter is the standard deviation, cut at 0; empty: uniform. A canary gets the mean
	To          time.Duration `json:"to,omitempty"`          // latency: Delay grows to it, linearly, in For; above Delay; 0: Delay stays
	Share       float64       `json:"share,omitempty"`       // spikes: of replies that are delayed, above 0 to 1. A canary's all are
	After       int64         `json:"after,omitempty"`       // cutoff: bytes of replies that a connection passes; above 0. A canary's passes one
	Size        int64         `json:"size,omitempty"`        // slices: bytes of a piece; above 0. The first of a canary's two has one
	Direction   string        `json:"direction,omitempty"`   // oneway: what is held, one of Directions
	Rate        int64         `json:"rate,omitempty"`        // slow: bytes of replies a second on each connection; above 0. A canary's reply pauses for 20 ms after a byte
	Commands    []string      `json:"commands,omitempty"`    // error, lost, late, mute: what they are done to: names in capitals, or one of Accesses alone; empty: what has the Prefix
	Prefix      string        `json:"prefix,omitempty"`      // error, lost, late, mute: of a key of the command; empty: any
	Answer      string        `json:"answer,omitempty"`      // error: what the command is answered, without the "-"
	Connections string        `json:"connections,omitempty"` // "old": those alone that stood when it began; empty: all
	Ends        string        `json:"ends,omitempty"`        // "never": what it does to old connections stays when it is lifted, until the service closes them; empty: it is lifted there too
	Fsync       string        `json:"fsync,omitempty"`       // crashed, powerlost: when the append-only file is synced, one of Fsyncs
	Seed        uint64        `json:"-"`                     // latency, spikes, late: the same seed gives the nth connection the same draws
}

// A Given is a parameter that a Fault has, and its value for people.
type Given struct{ Name, Value string }

// Given lists the parameters that are not zero.
func (f Fault) Given() []Given {
	var out []Given
	for _, p := range parameters {
		if v := told(p.value(f)); v != "" {
			out = append(out, Given{p.Name, v})
		}
	}
	return out
}

// Arguments lists the parameters of f and the seed of what it draws, for people; empty: it has none.
func (f Fault) Arguments() string {
	var out []string
	for _, g := range f.Given() {
		out = append(out, g.Name+" "+g.Value)
	}
	if k, ok := Find(f.Kind); ok && k.Draws {
		out = append(out, fmt.Sprintf("seed %d", f.Seed))
	}
	return strings.Join(out, ", ")
}

// Check says what is wrong with f's kind or parameters, naming what would be
// right. It does not look at where and when f is done.
func (f Fault) Check() error {
	k, ok := Find(f.Kind)
	if !ok {
		return fmt.Errorf("unknown fault %q; there are: %s", f.Kind, strings.Join(Names(), ", "))
	}
	if why := k.wrong(f); why != "" {
		return fmt.Errorf("%s: %s", f.Kind, why)
	}
	return nil
}

// wrong says which of f's parameters the kind does not take, lacks, or cannot use; empty: none.
func (k Kind) wrong(f Fault) string {
	for _, g := range f.Given() {
		if !k.takes(g.Name) {
			return "takes no " + g.Name
		}
	}
	for _, p := range parameters {
		if p.wrong != nil && k.takes(p.Name) {
			if why := p.wrong(f); why != "" {
				return why
			}
		}
	}
	return ""
}

// Chooses reports that f is done to chosen commands only, so that it may meet none.
func (f Fault) Chooses() bool {
	k, _ := Find(f.Kind)
	return k.Chooses()
}

// OldOnly reports that f is done to no connection that is opened after it began.
func (f Fault) OldOnly() bool { return f.Connections != "" }

// ForGood reports that the connections that f is done to are not whole again when it is lifted.
func (f Fault) ForGood() bool { return f.Ends != "" }

// Meets is what is met under f on connections from before it, and on new ones. The zero Meets: the kind is unknown.
func (f Fault) Meets() (old, fresh Meets) {
	k, _ := Find(f.Kind)
	if f.OldOnly() {
		return k.Old, meets(Answered, "reply")
	}
	return k.Old, k.New
}

// OnPath reports that f is done to the paths to a dependency, and not to a process or to data.
func (f Fault) OnPath() bool {
	k, ok := Find(f.Kind)
	return ok && k.Acts == Path
}

const (
	// PathWait is what a canary waits where a silence proves the fault: a clean path through
	// a proxy answers in 0.1 ms at the median (measured), a thousandth of it.
	PathWait = 100 * time.Millisecond
	// ProcessWait is what a probe of a process waits before it calls that a silence: a PING takes 0.1 ms.
	ProcessWait = 250 * time.Millisecond
	// spare is what a fault lasts beyond that: on a busy machine it begins and is probed a little late.
	spare = 100 * time.Millisecond
	// longest bounds what is added up.
	longest = 24 * time.Hour
)

// Least is the shortest time in which f can be proved. A fault that ends before its canary has met it is never
// proved, and then no claim of the scenario is decided. A canary meets a late reply when it comes, at most
// delay + jitter later; a canary gets the mean of a normal delay, and a delay that grows begins with delay.
// 0: the kind is unknown.
func (f Fault) Least() time.Duration {
	k, ok := Find(f.Kind)
	if !ok {
		return 0
	}
	wait := PathWait
	if k.Acts != Path && slices.Contains(k.New.Canary, "silence") {
		wait = ProcessWait
	}
	late := min(f.Delay, longest) // either may be near the largest duration there is
	if f.Shape == "" {
		late += min(f.Jitter, longest)
	}
	return max(wait, late) + spare
}
