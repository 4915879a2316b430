package store_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trektribe/bench/target/delay"
	"github.com/trektribe/bench/target/store"
)

// instant is a store that answers at once.
type instant struct{}

func (instant) ActiveTrips(context.Context) ([]store.Trip, error) { return nil, nil }
func (instant) Trip(context.Context, string) (store.Trip, error)  { return store.Trip{}, nil }
func (instant) User(context.Context, string) (store.User, error)  { return store.User{}, nil }
func (instant) UpdateTrip(context.Context, string, store.Change) (store.Trip, error) {
	return store.Trip{}, nil
}
func (instant) Book(context.Context, store.Booking) (int64, error) { return 0, nil }
func (instant) Scores(context.Context, int) ([]store.Score, error) { return nil, nil }

// queries are every call of a store.
var queries = []func(context.Context, store.Store) error{
	func(ctx context.Context, s store.Store) error { _, err := s.ActiveTrips(ctx); return err },
	func(ctx context.Context, s store.Store) error { _, err := s.Trip(ctx, "1"); return err },
	func(ctx context.Context, s store.Store) error { _, err := s.User(ctx, "1"); return err },
	func(ctx context.Context, s store.Store) error {
		_, err := s.UpdateTrip(ctx, "1", store.Change{})
		return err
	},
	func(ctx context.Context, s store.Store) error { _, err := s.Book(ctx, store.Booking{}); return err },
	func(ctx context.Context, s store.Store) error { _, err := s.Scores(ctx, 10); return err },
}

func TestDelayedWaitsBeforeEveryQuery(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := store.Delayed(instant{}, delay.Range{Min: time.Second, Max: time.Second}, 1)
		ended, end := context.WithCancel(t.Context())
		end()
		for i, query := range queries {
			began := time.Now()
			if err := query(t.Context(), s); err != nil || time.Since(began) != time.Second {
				t.Errorf("query %d: %v after %v, want no error after 1s", i, err, time.Since(began))
			}
			if err := query(ended, s); !errors.Is(err, context.Canceled) {
				t.Errorf("query %d with a context that ended: %v, want its error", i, err)
			}
		}
	})
}

func TestCountedCountsEveryQuery(t *testing.T) {
	n := 0
	s := store.Counted(instant{}, func() { n++ })
	for _, query := range queries {
		query(t.Context(), s)
	}
	if n != len(queries) {
		t.Errorf("counted %d of %d queries", n, len(queries))
	}
}
