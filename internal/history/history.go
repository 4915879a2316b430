// Package history is the vocabulary of what was observed: requests, events and
// the one clock they share, and the files they are kept in.
//
// In go records from the load generator, the fault timeline and the sampler;
// out come the same records, in order, from disk. It never judges.
package history

import (
	"iter"
	"slices"
	"time"
)

// A Clock is the one time base of a run. Every instant in a history is a
// time.Duration since the clock's epoch, read from the monotonic clock.
// Safe for concurrent use.
type Clock struct{ epoch time.Time }

// NewClock starts a clock at zero, now.
func NewClock() *Clock { return &Clock{epoch: time.Now()} }

// Now is the time since the epoch.
func (c *Clock) Now() time.Duration { return time.Since(c.epoch) }

// Epoch is the wall-clock time of zero.
func (c *Clock) Epoch() time.Time { return c.epoch }

// A Request is one planned call of the open model and what became of it.
//
// It has three times: Intended (its place in the schedule), Sent (when a worker
// took it; zero if it never was) and Done (answered, failed or given up).
type Request struct {
	Arm      string        // which target of the round: "documented", "hardened", "hardened+no-fallback"
	Stream   string        // the traffic stream's name
	Phase    string        // the phase its Intended falls in
	Instance string        // the instance it was sent to: "1", "2", …
	Seq      uint64        // its number in its stream and round, from 0; of a repetition, and of a socket that comes back, 2³² more than before
	Method   string        // GET, PUT, …
	Key      string        // the {id} or {user} of its path; of a listing, the changed entity that it names as its witness; else empty
	Intended time.Duration // on the run's clock
	Sent     time.Duration // on the run's clock; 0: never sent
	Done     time.Duration // on the run's clock
	Queued   bool          // every worker was busy at Intended: its lag is the service's doing, not the generator's
	Status   int           // HTTP status; 0: no answer. 429 where the service's own contract calls the answer over the limit
	Failure  Failure       // empty: a correct answer
	Source   string        // "redis", "memory", "database", "ai"; "cache" where only the body says it; empty: not said
	Version  int64         // of the entity answered, or of a listing's witness as listed; 0: none said
	Bytes    int           // body length
	Client   string        // name of the client that sent it: its address, as the service sees it; of a socket's opening, the socket's name; empty: neither
	Headers  string        // of the answer, those that the stream keeps: lines "name=value", names in small letters, sorted
	Ref      string        // the identifier that its body names: the bookingId of POST /api/bookings, the id of POST /api/notifications; else empty
	Answer   string        // what a correct answer lists: of GET /api/leaderboard lines "organizerId=score", of GET /api/users/{id}/sessions lines of socketIds, both as answered; NothingListed: an empty list; else empty
}

// NothingListed is the Answer of a request whose answer is an empty list.
const NothingListed = "-"

// Response is what a user of the open model waited: Done − Intended.
func (r Request) Response() time.Duration { return r.Done - r.Intended }

// Lag is how late the request left: Sent − Intended; zero where it never left.
func (r Request) Lag() time.Duration {
	if r.Sent == 0 {
		return 0
	}
	return r.Sent - r.Intended
}

// OK reports a correct answer.
func (r Request) OK() bool { return r.Failure == "" }

// Failure says why a request is not a correct answer.
type Failure string

const (
	Timeout  Failure = "timeout"  // no complete answer within the stream's timeout
	Unsent   Failure = "unsent"   // the timeout passed before a worker was free
	Refused  Failure = "refused"  // connection refused
	Reset    Failure = "reset"    // connection reset by the peer
	EOF      Failure = "eof"      // connection closed before the answer was whole
	Broken   Failure = "broken"   // any other transport error
	Limited  Failure = "limited"  // an answer 429 that says so in its error member: over a limit
	Status   Failure = "status"   // an answer whose status is not the one expected
	Shape    Failure = "shape"    // an answer whose body is not of the contract's shape
	Backward Failure = "backward" // an answer with an older version than one already seen
	Canceled Failure = "canceled" // the harness stopped; says nothing about the service
)

// An Event is anything observed that is not a request. Kind says which fields
// carry what; fields that a kind does not name are empty.
type Event struct {
	Kind     Kind          `json:"kind"`
	Arm      string        `json:"arm,omitempty"`      // empty: the whole machine
	Instance string        `json:"instance,omitempty"` // empty: all of the arm
	Phase    string        `json:"phase,omitempty"`
	Name     string        `json:"name,omitempty"`
	On       string        `json:"on,omitempty"`     // a dependency: "redis"
	Stream   string        `json:"stream,omitempty"` // of traffic
	Client   string        `json:"client,omitempty"` // a socket, by its name: "stream/user/n", unique within an arm and round
	Planned  time.Duration `json:"planned,omitempty"`
	At       time.Duration `json:"at"`              // began
	Until    time.Duration `json:"until,omitempty"` // done
	Value    float64       `json:"value,omitempty"`
	Detail   string        `json:"detail,omitempty"`
}

// Kind is the kind of an Event.
type Kind string

const (
	PhaseSpan Kind = "phase"    // Name: the phase; At..Until: when it really ran
	FaultOn   Kind = "fault"    // Name: the fault kind; On; Planned; At: switch begun; Until: switch done; Detail: parameters
	FaultOff  Kind = "heal"     // Name: the fault kind; On; Planned; At; Until
	Canary    Kind = "canary"   // Name: the fault kind it tests ("" before and after); On; Value: seconds waited; Detail: "old|new met", e.g. "old eof", "new refused"
	Delivery  Kind = "deliver"  // Name: the fault kind; On; Value: 1 delivered, 0 not; Detail: why not
	Counter   Kind = "counter"  // Name: metric name with its labels, e.g. trips_db_queries_total, or a gauge; Value; Phase: of the boundary; Detail: "begin" or "end" of the phase
	Usage     Kind = "usage"    // Name: a gauge that was read from the processes of an instance; Value; Phase: within which; only what is above all before in that phase
	Health    Kind = "health"   // On; At..Until: a question for /health; Detail: what it said of On: "up", "down", "unconfigured", "unsaid", "no answer"; only the first, the last, and where it differs from the one before
	Hiccup    Kind = "hiccup"   // At..Until: the machine stalled; Value: seconds
	Process   Kind = "process"  // Name: "ready"; "exit" and "not ready": the service failed; "ended": the harness ended it; "no metrics", "no metric"; Detail
	Problem   Kind = "problem"  // Detail: something that keeps this round from counting; Phase: only for claims about that phase
	Socket    Kind = "socket"   // Client of Stream. Name: "session": the service told its session, Detail: the socketId; "message": a notification arrived, Detail: its id; "close": it ended, At..Until: a goodbye and its answer; Detail: "left", "dropped", "vanished" (by the client), "closed 1001" (by the service), "eof", "reset", "no pong", "broken", "wrong message: …", "canceled"
	Stopped   Kind = "stopped"  // a condition of the scenario ended it here. Name: "steady" or "abort"; Arm and Phase in which; At..Until: until everything was put back; Detail: what was met
	Wall      Kind = "wall"     // At: an instant by the wall clock; Detail: its date and time there (RFC 3339, UTC)
	Wire      Kind = "wire"     // On: a dependency. Name: WireWatched: from At on, the commands of this path are recorded; WireDropped: Value of them, of all paths, are not
	Stranger  Kind = "stranger" // On: a dependency was asked for a read on a new connection that does not have its password, At..Until. Name: StrangerBare or StrangerWrong; Detail: what it met, as a canary: "NOAUTH", "reply"
	Written   Kind = "written"  // On: a dependency acknowledged a write of the harness's own, At..Until. Name: how it syncs its log; Value: the write's number in the segment
	Missing   Kind = "missing"  // On: an acknowledged write that was not there any more. Name, Value: as of Written; At: when it was acknowledged; Until: when it was missed
	Log       Kind = "log"      // a line that the service logged, seen at At. Name: its level, "error", "warn", "info", "debug", or LogPlain, or LogSecret beside its own event; On: "redis" where it speaks of that; Detail: its message, without secrets
	Primary   Kind = "primary"  // On: a dependency of several servers. Name: who takes writes from At on, by the word of most that decide it; the first one of a round, and each that differs from the one before
	Alert     Kind = "alert"    // Name: a rule of a Prometheus; Detail: AlertInactive, AlertPending, AlertFiring, or why its state is not known; it came to that after At, the question before, and by Until; Planned: since when its condition is true, by the clock of Prometheus; only the first, the last (At is Until), and where it differs from the one before. Without a Name: none was there
	Image     Kind = "image"    // an instance runs from a container image. Name: the image; Value: its size in bytes, unpacked
	RoundEnd  Kind = "end"      // the round is whole; Detail empty
)

// The Names of Wire events.
const (
	WireWatched = "watched"
	WireDropped = "dropped"
)

// Names of Log events.
const (
	LogPlain  = "plain"  // it has no level: it is not structured
	LogSecret = "secret" // it shows one
)

// States of Alert events.
const (
	AlertInactive = "inactive"
	AlertPending  = "pending"
	AlertFiring   = "firing"
)

// The Names of Stranger events.
const (
	StrangerBare  = "without a password"
	StrangerWrong = "with a wrong password"
)

// A History is what claims are functions of: one arm's part of one round,
// whole-machine events included. The iterators may be walked many times.
type History interface {
	Requests() iter.Seq[Request]
	Events() iter.Seq[Event]
	Commands() iter.Seq[Command] // of the paths that Wire events say are watched; none where no event says so
}

// Slice is a History in memory, for tests and small rounds.
type Slice struct {
	R []Request
	E []Event
	C []Command
}

// Requests yields s.R.
func (s Slice) Requests() iter.Seq[Request] {
	return func(yield func(Request) bool) {
		for _, r := range s.R {
			if !yield(r) {
				return
			}
		}
	}
}

// Commands yields s.C.
func (s Slice) Commands() iter.Seq[Command] { return slices.Values(s.C) }

// Events yields s.E.
func (s Slice) Events() iter.Seq[Event] {
	return func(yield func(Event) bool) {
		for _, e := range s.E {
			if !yield(e) {
				return
			}
		}
	}
}
