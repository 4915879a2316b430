package proxy

import (
	"fmt"
	"strings"
	"time"
)

// A Fault is what a proxy does to traffic. The zero Fault is a clean proxy. An
// argument that its kind does not take is zero, but for Seed and For.
//
// What a fault leaves to chance, or does to long replies alone, it does to
// every reply of a canary, in a dose that the kinds name: a canary must meet
// the fault at once, with one short reply.
type Fault struct {
	Kind      string        // one of Kinds; empty: clean
	Delay     time.Duration // latency: added to every reply; spikes: to some; late: to those of the chosen commands; slices: after every piece; above 0
	Jitter    time.Duration // latency, late: uniform ± around Delay; 0 to Delay
	Shape     string        // latency: "normal": Jitter is the standard deviation, cut at 0; empty: uniform. A canary gets the mean
	To        time.Duration // latency: Delay grows to it, linearly, in For; above Delay; 0: Delay stays
	Share     float64       // spikes: of replies that are delayed, above 0 to 1. A canary's all are
	After     int64         // cutoff: bytes of replies that a connection passes; above 0. A canary's passes one
	Rate      int64         // slow: bytes of replies a second on each connection; above 0. A canary's reply pauses for 20 ms after a byte
	Size      int64         // slices: bytes of a piece; above 0. The first of a canary's two has one
	Direction string        // oneway: what is held, "requests" or "replies"
	Commands  string        // error, lost, late, mute: what is hit: names between commas, "reads" or "writes"; empty: any that have the Prefix
	Prefix    string        // error, lost, late, mute: of a key of what is hit; empty: any
	Answer    string        // error: what is answered, without the "-"
	Seed      uint64        // latency, spikes, late: the same seed gives the nth connection the same draws
	For       time.Duration // how long the fault is meant to be on; above 0 where To is given
}

// An argument is one of a Fault's, as its kind may take it.
type argument struct{ name, value string }

// given lists the arguments that are not zero.
func (f Fault) given() []argument {
	var out []argument
	add := func(given bool, name string, value any) {
		if given {
			out = append(out, argument{name, fmt.Sprint(value)})
		}
	}
	add(f.Delay != 0, "delay", f.Delay)
	add(f.Jitter != 0, "jitter", f.Jitter)
	add(f.Shape != "", "shape", f.Shape)
	add(f.To != 0, "to", f.To)
	add(f.Share != 0, "share", f.Share)
	add(f.After != 0, "after", f.After)
	add(f.Rate != 0, "rate", f.Rate)
	add(f.Size != 0, "size", f.Size)
	add(f.Direction != "", "direction", f.Direction)
	add(f.Commands != "", "commands", f.Commands)
	add(f.Prefix != "", "prefix", fmt.Sprintf("%q", f.Prefix))
	add(f.Answer != "", "answer", fmt.Sprintf("%q", f.Answer))
	return out
}

// Arguments is what f's kind is given, for people; empty: nothing.
func (f Fault) Arguments() string {
	var out []string
	for _, a := range f.given() {
		out = append(out, a.name+" "+a.value)
	}
	if k, err := f.check(); err == nil && k.draws() {
		out = append(out, fmt.Sprintf("seed %d", f.Seed))
	}
	return strings.Join(out, ", ")
}
