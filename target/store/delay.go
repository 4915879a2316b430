package store

import (
	"context"

	"github.com/trektribe/bench/target/delay"
)

// Delayed waits before every query that reaches s; the same seed gives the
// same sequence of waits. A wait ends with its context.
//
// The wait comes before the query, so that an answer is as fresh as it would
// be without it.
func Delayed(s Store, r delay.Range, seed uint64) Store {
	if r == (delay.Range{}) {
		return s
	}
	return delayed{s, delay.New(r, seed, 0x64656c6179)} // "delay"
}

type delayed struct {
	Store
	*delay.Waits
}

func (d delayed) ActiveTrips(ctx context.Context) ([]Trip, error) {
	if err := d.Wait(ctx); err != nil {
		return nil, err
	}
	return d.Store.ActiveTrips(ctx)
}

func (d delayed) Trip(ctx context.Context, id string) (Trip, error) {
	if err := d.Wait(ctx); err != nil {
		return Trip{}, err
	}
	return d.Store.Trip(ctx, id)
}

func (d delayed) UpdateTrip(ctx context.Context, id string, c Change) (Trip, error) {
	if err := d.Wait(ctx); err != nil {
		return Trip{}, err
	}
	return d.Store.UpdateTrip(ctx, id, c)
}

func (d delayed) User(ctx context.Context, id string) (User, error) {
	if err := d.Wait(ctx); err != nil {
		return User{}, err
	}
	return d.Store.User(ctx, id)
}

func (d delayed) Book(ctx context.Context, b Booking) (int64, error) {
	if err := d.Wait(ctx); err != nil {
		return 0, err
	}
	return d.Store.Book(ctx, b)
}

func (d delayed) Scores(ctx context.Context, most int) ([]Score, error) {
	if err := d.Wait(ctx); err != nil {
		return nil, err
	}
	return d.Store.Scores(ctx, most)
}
