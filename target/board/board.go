// Package board counts confirmed bookings and shows the organizers that have most.
//
// In go bookings; out come the ten organizers of the highest scores. Two policies do it: Documented is the
// document's code, flaws included; Hardened is what it takes to count each booking
// once. Read the two files side by side. Neither knows HTTP.
package board

import (
	"context"
	"log/slog"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/store"
)

// Places is how many organizers the leaderboard shows.
const Places = 10

// A Board is a policy. Safe for concurrent use.
type Board interface {
	// Book counts a confirmed booking. After an error it may have been counted.
	Book(ctx context.Context, b store.Booking) error
	// Top lists the organizers of the highest scores, Places of them at most, and says where that
	// is from. Equal scores are in reverse order of the organizers' ids.
	Top(ctx context.Context) ([]store.Score, cache.Source, error)
}

// A Policy is a board that can be closed: it waits for what it started.
type Policy interface {
	Board
	Close() error
}

// Bookings is the database, which keeps them.
type Bookings interface {
	Book(ctx context.Context, b store.Booking) (score int64, err error)
	Scores(ctx context.Context, most int) ([]store.Score, error)
}

// Hooks are what the hardened policy reports to.
type Hooks struct {
	Log *slog.Logger
	// Reconciled is called each time that Redis was told all scores anew.
	Reconciled func()
}
