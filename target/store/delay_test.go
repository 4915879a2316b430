package store_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trektribe/bench/target/store"
)

// instant is a store that answers at once.
type instant struct{}

func (instant) ActiveTrips(context.Context) ([]store.Trip, error) { return nil, nil }
func (instant) Trip(context.Context, string) (store.Trip, error)  { return store.Trip{}, nil }
func (instant) UpdateTrip(context.Context, string, store.Change) (store.Trip, error) {
	return store.Trip{}, nil
}

func TestDelayedWaitsWithinItsRangeAndRepeatsItself(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := store.Delay{Min: 180 * time.Millisecond, Max: 250 * time.Millisecond}
		draw := func(seed uint64) (waits []time.Duration) {
			s := store.Delayed(instant{}, d, seed)
			for i := range 60 {
				began := time.Now()
				switch i % 3 {
				case 0:
					s.ActiveTrips(t.Context())
				case 1:
					s.Trip(t.Context(), "1")
				case 2:
					s.UpdateTrip(t.Context(), "1", store.Change{})
				}
				waits = append(waits, time.Since(began))
			}
			return waits
		}
		first, again, other := draw(1), draw(1), draw(2)
		same := true
		for i, w := range first {
			if w < d.Min || w > d.Max {
				t.Errorf("wait %d is %v, want within %v..%v", i, w, d.Min, d.Max)
			}
			if w != again[i] {
				t.Errorf("wait %d: %v, then %v with the same seed", i, w, again[i])
			}
			same = same && w == other[i]
		}
		if same {
			t.Error("another seed gives the same waits")
		}
	})
}

func TestDelayedEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := store.Delayed(instant{}, store.Delay{Min: time.Hour, Max: time.Hour}, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := s.Trip(ctx, "1")
		if waited := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || waited != time.Second {
			t.Errorf("after %v: %v, want the context's error after 1s", waited, err)
		}
	})
}

func TestCountedCountsEveryQuery(t *testing.T) {
	n := 0
	s := store.Counted(instant{}, func() { n++ })
	s.ActiveTrips(t.Context())
	s.Trip(t.Context(), "1")
	s.UpdateTrip(t.Context(), "1", store.Change{})
	if n != 3 {
		t.Errorf("counted %d of 3 queries", n)
	}
}
