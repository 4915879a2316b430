package traffic

import (
	"fmt"
	"slices"
	"strings"
	"time"
)

// A Socket is what becomes of each socket of a stream. The zero Socket stays until the
// stretch of the stream's phases ends, and says goodbye then, as every socket that is open then.
type Socket struct {
	Count int           `json:"count,omitempty"` // sockets in a stretch, at most MostSockets; 0: one for each place of the schedule
	Stay  time.Duration `json:"stay,omitempty"`  // how long a socket is open before it leaves; 0: until the stretch ends
	Leave string        `json:"leave,omitempty"` // how, one of Leaves; empty: Goodbye
	Again time.Duration `json:"again,omitempty"` // pause before a socket that ended, or was not opened, is opened again; 0: never
	Back  string        `json:"back,omitempty"`  // to which instance, one of Backs; empty: ToNext
	Ping  time.Duration `json:"ping,omitempty"`  // pause between pings; 0: none is sent
}

// How a socket leaves.
const (
	Goodbye = "close"  // by the closing handshake
	Drop    = "drop"   // by a reset of its connection
	Vanish  = "vanish" // without a sign: the connection stays open until the stretch ends, and nobody reads it
)

// Leaves are the ways in which a socket leaves.
var Leaves = []string{Goodbye, Drop, Vanish}

// Where a socket comes back.
const (
	ToNext = "next" // to the instance after the one before
	ToSame = "same"
)

// Backs are the instances to which a socket comes back.
var Backs = []string{ToNext, ToSame}

// MostSockets bounds Count.
const MostSockets = 10_000

// Check returns what is wrong with s; nil: nothing.
func (s Socket) Check() error {
	switch {
	case s.Count < 0 || s.Count > MostSockets:
		return fmt.Errorf("%d sockets: want at most %d", s.Count, MostSockets)
	case s.Stay < 0 || s.Again < 0 || s.Ping < 0:
		return fmt.Errorf("stay %v, again %v, ping %v: want none below 0", s.Stay, s.Again, s.Ping)
	case s.Leave != "" && !slices.Contains(Leaves, s.Leave):
		return fmt.Errorf("leave %q: want one of %s", s.Leave, strings.Join(Leaves, ", "))
	case s.Leave != "" && s.Stay == 0:
		return fmt.Errorf("leave needs stay, such as stay: 3s")
	case s.Back != "" && !slices.Contains(Backs, s.Back):
		return fmt.Errorf("back %q: want one of %s", s.Back, strings.Join(Backs, ", "))
	case s.Back != "" && s.Again == 0:
		return fmt.Errorf("back needs again, such as again: 500ms")
	}
	return nil
}
