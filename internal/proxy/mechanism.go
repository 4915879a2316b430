package proxy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
)

// A direction is the way that bytes go through a link.
type direction int

const (
	up   direction = iota // from the service to the dependency
	down                  // and back: replies
)

func (d direction) String() string {
	if d == up {
		return "requests"
	}
	return "replies"
}

// A mechanism is what a proxy does to traffic for one kind of fault, and what it
// makes of a canary's meeting while it is in effect.
type mechanism struct {
	name string // of the kind; empty: the clean proxy

	// delay draws how long a reply stays; nil: not at all. Requests never stay,
	// so that a request and its reply are delayed once.
	delay func(f fault.Fault, m moment) time.Duration
	// limit is how many bytes of replies a connection passes since the fault
	// began; then it ends. Above 0; nil: any number.
	limit func(f fault.Fault, own bool) int64
	// piece is the most bytes of a reply that leave at once, above 0, and pause
	// how long nothing leaves after n of them; nil: no piece and no pause.
	piece func(f fault.Fault) int64
	pause func(f fault.Fault, n int, own bool) time.Duration
	// holds reports that nothing passes in this direction, nor is lost; nil: never.
	holds func(f fault.Fault, d direction) bool
	// answers, loses, late and mutes are done to the commands that a fault chooses
	// alone, and to what waits behind their replies. They come whole while it is on.
	answers bool                                        // they are not executed, and answered with the fault's answer
	loses   bool                                        // the connection ends where their reply would begin
	late    func(f fault.Fault, m moment) time.Duration // their reply stays as long; nil: not at all
	mutes   bool                                        // their reply stays until the fault is over
	// ends is how connections are ended, new ones once they are accepted; nil: they live.
	ends ending
	// hangs: new connections are accepted and left unread until a fault that does not.
	hangs bool
	// refuses: the listener is closed.
	refuses bool
	// proof says why m is not what f does; empty: it is. old: the connection
	// was opened before the fault. nil: what the catalogue says of canaries is all there is to it.
	proof canary.Proof
}

// A moment is when and where a delay is drawn.
type moment struct {
	since time.Duration // the fault began; negative for bytes that came before it
	own   bool          // on a canary's connection
	draws *rand.Rand
}

// clean is what a proxy does without a fault.
var clean = mechanism{}

// mechanisms are what a proxy does for the kinds of the catalogue that act on a path.
var mechanisms = []mechanism{
	{name: "latency", delay: drawLatency, proof: canary.ProveLatency},
	{name: "spikes", delay: drawSpikes, proof: canary.ProveDelay},
	{name: "blackhole", holds: func(fault.Fault, direction) bool { return true }, proof: canary.ProveSilence},
	{name: "hang", hangs: true, proof: proveHang},
	{name: "reset", ends: reset},
	{name: "close", ends: finish},
	{name: "cutoff", limit: limitCutoff},
	{
		name:  "slow",
		piece: func(f fault.Fault) int64 { return max(1, f.Rate/piecesASecond) },
		pause: pauseSlow,
		proof: func(_ fault.Fault, m canary.Meeting, _ bool) string {
			return m.Sooner(canary.SlowPause, "keep the pause")
		},
	},
	{
		name:  "slices",
		piece: func(f fault.Fault) int64 { return f.Size },
		pause: func(f fault.Fault, _ int, _ bool) time.Duration { return f.Delay },
		proof: canary.ProveDelay,
	},
	{
		name:  "oneway",
		holds: func(f fault.Fault, d direction) bool { return f.Direction == d.String() },
		proof: proveOneway,
	},
	{name: "refused", ends: finish, refuses: true},
	{name: "error", answers: true, proof: proveError},
	{name: "lost", loses: true, proof: proveLost},
	{name: "late", late: drawLatency, proof: proveLate},
	{name: "mute", mutes: true, proof: proveMute},
}

// closing is the plan of a proxy that is closed.
var closing = mechanism{name: "closed", ends: finish, refuses: true}

// Kinds lists the kinds of faults that a proxy can do.
func Kinds() []string {
	var names []string
	for _, m := range mechanisms {
		names = append(names, m.name)
	}
	return names
}

// find is how a proxy does f; its error says what is wrong with f, naming what would be right.
func find(f fault.Fault) (mechanism, error) {
	if f.Kind == "" {
		if given := f.Given(); len(given) > 0 {
			return mechanism{}, fmt.Errorf("%s: takes no %s", clean.label(), given[0].Name)
		}
		return clean, nil
	}
	i := slices.IndexFunc(mechanisms, func(m mechanism) bool { return m.name == f.Kind })
	if i < 0 {
		known := []string{`"" (clean)`}
		for _, m := range mechanisms {
			k, _ := fault.Find(m.name)
			known = append(known, k.Signature())
		}
		return mechanism{}, fmt.Errorf("unknown fault %q; there are: %s", f.Kind, strings.Join(known, ", "))
	}
	return mechanisms[i], f.Check()
}

// label is the mechanism's name for messages.
func (m mechanism) label() string {
	if m.name == "" {
		return "clean"
	}
	return m.name
}
