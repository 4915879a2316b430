package store

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"
)

// A Delay is database time that is injected, not real: uniform in Min..Max.
// The zero Delay is none.
type Delay struct{ Min, Max time.Duration }

// Delayed waits before every query that reaches s; the same seed gives the
// same sequence of waits. A wait ends with its context.
//
// The wait comes before the query, so that an answer is as fresh as it would
// be without it.
func Delayed(s Store, d Delay, seed uint64) Store {
	if d == (Delay{}) {
		return s
	}
	return &delayed{Store: s, d: d, rng: rand.New(rand.NewPCG(seed, 0x64656c6179))} // "delay"
}

type delayed struct {
	Store
	d   Delay
	mu  sync.Mutex
	rng *rand.Rand
}

func (s *delayed) ActiveTrips(ctx context.Context) ([]Trip, error) {
	if err := s.wait(ctx); err != nil {
		return nil, err
	}
	return s.Store.ActiveTrips(ctx)
}

func (s *delayed) Trip(ctx context.Context, id string) (Trip, error) {
	if err := s.wait(ctx); err != nil {
		return Trip{}, err
	}
	return s.Store.Trip(ctx, id)
}

func (s *delayed) UpdateTrip(ctx context.Context, id string, c Change) (Trip, error) {
	if err := s.wait(ctx); err != nil {
		return Trip{}, err
	}
	return s.Store.UpdateTrip(ctx, id, c)
}

func (s *delayed) wait(ctx context.Context) error {
	t := time.NewTimer(s.draw())
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (s *delayed) draw() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.d.Min + time.Duration(s.rng.Int64N(int64(s.d.Max-s.d.Min)+1))
}
