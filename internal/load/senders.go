package load

import (
	"context"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/traffic"
)

// senders are the types of streams, by the Type of a Stream. To add one: a file here
// with its sender, a row, and what a scenario says of it (scenarios/streamtypes.go).
var senders = map[string]struct {
	check func(s Stream, complain func(format string, args ...any)) // every mistake in what s sends
	open  func(s Stream, in *shared) sender                         // of a stream without any
}{
	traffic.Calls:     {checkCall, newCaller},
	traffic.Sequences: {checkSequence, newSequence},
	traffic.Sockets:   {checkSockets, newCrowd},
}

// A sender sends what one stream sends. All workers of the stream share it, so it is
// safe for concurrent use.
type sender interface {
	// send plays one turn, and returns when all of it is over. It records every request,
	// also one that failed.
	send(ctx context.Context, t turn, record func(history.Request))
	// wait returns when whatever turns began is over and recorded: soon once ctx ends. No turn follows.
	wait(ctx context.Context)
}

// A turn is a place in a stream's schedule that a worker has taken.
type turn struct {
	place    uint64 // its number, from the stream's First
	intended time.Duration
	queued   bool
}

// shared is what all senders of one Run share.
type shared struct {
	clock       *history.Clock
	connections *connections
	versions    versions            // answered, by arm and instance
	changes     map[string]*changes // acknowledged, by arm; nil: the arm has none
	event       func(history.Event)
}
