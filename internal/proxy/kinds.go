package proxy

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"
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

// A kind is one entry of the catalogue of faults: what it asks of a Fault, what
// it does to traffic, and what a canary meets while it is in effect.
type kind struct {
	name  string
	takes []string // the arguments it takes

	// check says what is wrong with the arguments of a Fault of this kind; nil: nothing can be.
	check func(f Fault) string
	// delay draws how long a reply stays; nil: not at all. Requests never stay,
	// so that a request and its reply are delayed once.
	delay func(f Fault, m moment) time.Duration
	// limit is how many bytes of replies a connection passes since the fault
	// began; then it ends. Above 0; nil: any number.
	limit func(f Fault, own bool) int64
	// piece is the most bytes of a reply that leave at once, above 0, and pause
	// how long nothing leaves after n of them; nil: no piece and no pause.
	piece func(f Fault) int64
	pause func(f Fault, n int, own bool) time.Duration
	// holds reports that nothing passes in this direction, nor is lost; nil: never.
	holds func(f Fault, d direction) bool
	// answers, loses, late and mutes are done to the commands that a fault chooses
	// alone, and to what waits behind their replies. They come whole while it is on.
	answers bool                                  // they are not executed, and answered with the fault's answer
	loses   bool                                  // the connection ends where their reply would begin
	late    func(f Fault, m moment) time.Duration // their reply stays as long; nil: not at all
	mutes   bool                                  // their reply stays until the fault is over
	// ends is how connections are ended, new ones once they are accepted; nil: they live.
	ends ending
	// hangs: new connections are accepted and left unread until a fault that does not.
	hangs bool
	// refuses: the listener is closed.
	refuses bool
	// proof says why m is not what f does; empty: it is. old: the connection
	// was opened before the fault.
	proof func(f Fault, m Meeting, old bool) string
}

// A moment is when and where a delay is drawn.
type moment struct {
	since time.Duration // the fault began; negative for bytes that came before it
	own   bool          // on a canary's connection
	draws *rand.Rand
}

// kinds is the catalogue. The first is the clean proxy.
var kinds = []kind{
	{
		name:  "",
		proof: func(_ Fault, m Meeting, _ bool) string { return m.unless("reply") },
	},
	{
		name:  "latency",
		takes: []string{"delay", "jitter", "shape", "to"},
		check: checkLatency,
		delay: drawLatency,
		proof: proveLatency,
	},
	{
		name:  "spikes",
		takes: []string{"delay", "share"},
		check: checkSpikes,
		delay: drawSpikes,
		proof: proveDelay,
	},
	{
		name:  "blackhole",
		holds: func(Fault, direction) bool { return true },
		proof: proveBlackhole,
	},
	{
		name:  "hang",
		hangs: true,
		proof: proveHang,
	},
	{
		name:  "reset",
		ends:  reset,
		proof: func(_ Fault, m Meeting, _ bool) string { return m.unless("reset") },
	},
	{
		name:  "close",
		ends:  finish,
		proof: func(_ Fault, m Meeting, _ bool) string { return m.unless("eof") },
	},
	{
		name:  "cutoff",
		takes: []string{"after"},
		check: func(f Fault) string { return checkAbove("after", f.After) },
		limit: limitCutoff,
		proof: func(_ Fault, m Meeting, _ bool) string { return m.unless("eof") },
	},
	{
		name:  "slow",
		takes: []string{"rate"},
		check: func(f Fault) string { return checkAbove("rate", f.Rate) },
		piece: func(f Fault) int64 { return max(1, f.Rate/piecesASecond) },
		pause: pauseSlow,
		proof: func(_ Fault, m Meeting, _ bool) string { return m.sooner(slowCanary, "keep the pause") },
	},
	{
		name:  "slices",
		takes: []string{"delay", "size"},
		check: checkSlices,
		piece: func(f Fault) int64 { return f.Size },
		pause: func(f Fault, _ int, _ bool) time.Duration { return f.Delay },
		proof: proveDelay,
	},
	{
		name:  "oneway",
		takes: []string{"direction"},
		check: checkOneway,
		holds: func(f Fault, d direction) bool { return f.Direction == d.String() },
		proof: proveOneway,
	},
	{
		name:    "error",
		takes:   []string{"commands", "prefix", "answer"},
		check:   checkError,
		answers: true,
		proof:   proveError,
	},
	{
		name:  "lost",
		takes: []string{"commands", "prefix"},
		check: checkChoice,
		loses: true,
		proof: proveLost,
	},
	{
		name:  "late",
		takes: []string{"delay", "jitter", "commands", "prefix"},
		check: checkLate,
		late:  drawLatency,
		proof: proveLate,
	},
	{
		name:  "mute",
		takes: []string{"commands", "prefix"},
		check: checkChoice,
		mutes: true,
		proof: proveMute,
	},
	{
		name:    "refused",
		ends:    finish,
		refuses: true,
		proof:   proveRefused,
	},
}

// closing is the plan of a proxy that is closed.
var closing = kind{name: "closed", ends: finish, refuses: true}

// leastSilence is how long a silence must last to be told from a slow reply: a
// clean hop takes 0.1 ms at the median and some milliseconds on a busy machine.
const leastSilence = 10 * time.Millisecond

// leastDelay is the least Delay − Jitter that a reply proves; see proveLatency.
const leastDelay = 2 * time.Millisecond

// slack forgives the rounding of whoever kept a Meeting.
const slack = time.Millisecond

// Kinds lists the kinds of Fault there are, the clean proxy ("") first.
func Kinds() []string {
	names := make([]string, len(kinds))
	for i, k := range kinds {
		names[i] = k.name
	}
	return names
}

// Check says what is wrong with f, naming what would be right.
func (f Fault) Check() error {
	_, err := f.check()
	return err
}

func (f Fault) check() (kind, error) {
	for _, k := range kinds {
		if k.name != f.Kind {
			continue
		}
		if wrong := k.wrong(f); wrong != "" {
			return kind{}, fmt.Errorf("%s: %s", k.label(), wrong)
		}
		return k, nil
	}
	known := make([]string, len(kinds))
	for i, k := range kinds {
		known[i] = k.about()
	}
	return kind{}, fmt.Errorf("unknown fault %q; there are: %s", f.Kind, strings.Join(known, ", "))
}

func (k kind) wrong(f Fault) string {
	for _, a := range f.given() {
		if !slices.Contains(k.takes, a.name) {
			return "takes no " + a.name
		}
	}
	if k.check == nil {
		return ""
	}
	return k.check(f)
}

// about is the kind and its arguments for messages.
func (k kind) about() string {
	switch {
	case k.name == "":
		return `"" (clean)`
	case len(k.takes) == 0:
		return k.name
	}
	return k.name + " (" + strings.Join(k.takes, ", ") + ")"
}

func checkOneway(f Fault) string {
	if f.Direction == up.String() || f.Direction == down.String() {
		return ""
	}
	return fmt.Sprintf("direction %q: want %v or %v", f.Direction, up, down)
}

// draws reports that the kind leaves something to chance.
func (k kind) draws() bool { return k.delay != nil || k.late != nil }

// label is the kind's name for messages.
func (k kind) label() string {
	if k.name == "" {
		return "clean"
	}
	return k.name
}
