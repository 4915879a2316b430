// Package store keeps trips, users and bookings in a database: SQLite by default, MongoDB where a
// URI is given. Both seed themselves with the fixtures, once, however many
// instances start at the same time. There are no bookings at first.
package store

import (
	"context"
	"errors"

	"github.com/trektribe/bench/fixtures"
)

// Trip and User are what the store keeps.
type (
	Trip = fixtures.Trip
	User = fixtures.User
)

var (
	// ErrNotFound says that there is nothing of that id.
	ErrNotFound = errors.New("not found")
	// ErrTaken says that the id is that of something else.
	ErrTaken = errors.New("the id is taken")
)

// A Booking is confirmed, and counts once for its organizer.
type Booking struct {
	ID          string `json:"bookingId"`
	OrganizerID string `json:"organizerId"`
}

// A Score is how many bookings an organizer has.
type Score struct {
	OrganizerID string `json:"organizerId" bson:"_id"`
	Score       int64  `json:"score" bson:"score"`
}

// A Store answers from the database. Safe for concurrent use. Every call counts
// as one query.
type Store interface {
	// ActiveTrips lists the active trips by start date, then id.
	ActiveTrips(ctx context.Context) ([]Trip, error)
	// Trip finds one trip, whatever its status, or ErrNotFound.
	Trip(ctx context.Context, id string) (Trip, error)
	// UpdateTrip makes c's changes, adds one to the version and answers the
	// new trip, atomically; or ErrNotFound.
	UpdateTrip(ctx context.Context, id string, c Change) (Trip, error)
	// User finds one user, or ErrNotFound.
	User(ctx context.Context, id string) (User, error)
	// Book keeps a booking, once, and answers how many its organizer has then, this one
	// included; or ErrTaken where the id is another organizer's booking.
	Book(ctx context.Context, b Booking) (score int64, err error)
	// Scores lists organizers by their number of bookings, then by id, both descending, as
	// Redis orders a sorted set: as many as most, or all where most is 0.
	Scores(ctx context.Context, most int) ([]Score, error)
}

// A DB is an open Store.
type DB interface {
	Store
	Close() error
}

// A Change is a partial update: nil fields stay as they are.
type Change struct {
	Title       *string `json:"title"`
	Description *string `json:"description"`
	Destination *string `json:"destination"`
	Price       *int64  `json:"price"`
	StartDate   *string `json:"startDate"`
	Capacity    *int64  `json:"capacity"`
	Status      *string `json:"status"`
}

// Empty reports that c changes nothing.
func (c Change) Empty() bool { return c == Change{} }

// Counted calls count before every query that reaches s.
func Counted(s Store, count func()) Store { return counted{s, count} }

type counted struct {
	Store
	count func()
}

func (c counted) ActiveTrips(ctx context.Context) ([]Trip, error) {
	c.count()
	return c.Store.ActiveTrips(ctx)
}

func (c counted) Trip(ctx context.Context, id string) (Trip, error) {
	c.count()
	return c.Store.Trip(ctx, id)
}

func (c counted) UpdateTrip(ctx context.Context, id string, ch Change) (Trip, error) {
	c.count()
	return c.Store.UpdateTrip(ctx, id, ch)
}

func (c counted) User(ctx context.Context, id string) (User, error) {
	c.count()
	return c.Store.User(ctx, id)
}

func (c counted) Book(ctx context.Context, b Booking) (int64, error) {
	c.count()
	return c.Store.Book(ctx, b)
}

func (c counted) Scores(ctx context.Context, most int) ([]Score, error) {
	c.count()
	return c.Store.Scores(ctx, most)
}
