package proxy

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"time"
)

// A direction is the way that bytes go through a link.
type direction int

const (
	up   direction = iota // from the service to the dependency
	down                  // and back: replies
)

// A kind is one entry of the catalogue of faults: what it asks of a Fault, what
// it does to traffic, and what a canary meets while it is in effect.
type kind struct {
	name  string
	about string // the arguments it takes, for error messages

	// check says what is wrong with a Fault of this kind; nil: it takes no arguments.
	check func(f Fault) string
	// delay draws how long bytes that arrive now stay; nil: not at all.
	delay func(f Fault, d direction, r *rand.Rand) time.Duration
	// holds reports that nothing passes in this direction, nor is lost; nil: never.
	holds func(d direction) bool
	// ends is how connections are ended, new ones once they are accepted; nil: they live.
	ends ending
	// refuses: the listener is closed.
	refuses bool
	// proof says why m is not what f does; empty: it is. old: the connection
	// was opened before the fault.
	proof func(f Fault, m Meeting, old bool) string
}

// kinds is the catalogue. The first is the clean proxy.
var kinds = []kind{
	{
		name:  "",
		about: `"" (clean)`,
		proof: func(_ Fault, m Meeting, _ bool) string { return m.unless("reply") },
	},
	{
		name:  "latency",
		about: "latency (delay, jitter)",
		check: checkLatency,
		delay: drawLatency,
		proof: proveLatency,
	},
	{
		name:  "blackhole",
		about: "blackhole",
		holds: func(direction) bool { return true },
		proof: proveBlackhole,
	},
	{
		name:    "refused",
		about:   "refused",
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
		known[i] = k.about
	}
	return kind{}, fmt.Errorf("unknown fault %q; there are: %s", f.Kind, strings.Join(known, ", "))
}

func (k kind) wrong(f Fault) string {
	if k.check != nil {
		return k.check(f)
	}
	if f.Delay != 0 || f.Jitter != 0 {
		return "takes no delay and no jitter"
	}
	return ""
}

// label is the kind's name for messages.
func (k kind) label() string {
	if k.name == "" {
		return "clean"
	}
	return k.name
}

func checkLatency(f Fault) string {
	switch {
	case f.Delay <= 0:
		return fmt.Sprintf("delay %v: want more than 0", f.Delay)
	case f.Jitter < 0 || f.Jitter > f.Delay:
		return fmt.Sprintf("jitter %v: want 0 to the delay, %v", f.Jitter, f.Delay)
	}
	return ""
}

// drawLatency delays replies only: one delay for a request and its reply.
func drawLatency(f Fault, d direction, r *rand.Rand) time.Duration {
	if d == up {
		return 0
	}
	return f.Delay - f.Jitter + time.Duration(r.Int64N(int64(2*f.Jitter)+1))
}
