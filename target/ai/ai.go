// Package ai recommends trips to users. It stands for a service that is slow
// and costs money with every call; the model here is local, and the same user
// gets the same recommendations every time.
package ai

import (
	"context"
	"hash/fnv"
	"math"
	"math/rand/v2"

	"github.com/trektribe/bench/fixtures"
	"github.com/trektribe/bench/target/delay"
)

// Picks is how many trips a recommendation holds.
const Picks = 5

// A Recommendation is a trip that a user may like.
type Recommendation struct {
	TripID string  `json:"tripId"`
	Title  string  `json:"title"`
	Score  float64 `json:"score"` // in 0..1, to two places; more is better
}

// A Model recommends. Safe for concurrent use.
type Model interface {
	// Recommend picks trips for a user, the best first. Its errors are ctx's,
	// or say why the model cannot be asked.
	Recommend(ctx context.Context, userID string) ([]Recommendation, error)
}

// New is a local model: Picks active trips of fixtures.Trips(seed), chosen by
// the user's id alone. It answers at once, and any id.
func New(seed uint64) Model {
	m := local{seed: seed}
	for _, t := range fixtures.Trips(seed) {
		if t.Status == fixtures.Active {
			m.trips = append(m.trips, t)
		}
	}
	return m
}

type local struct {
	seed  uint64
	trips []fixtures.Trip
}

func (m local) Recommend(ctx context.Context, userID string) ([]Recommendation, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	h := fnv.New64a()
	h.Write([]byte(userID))
	rng := rand.New(rand.NewPCG(m.seed, h.Sum64()))
	picks := make([]Recommendation, Picks)
	score := 1.0
	for i, at := range rng.Perm(len(m.trips))[:Picks] {
		score *= 0.8 + 0.2*rng.Float64()
		picks[i] = Recommendation{m.trips[at].ID, m.trips[at].Title, math.Round(100*score) / 100}
	}
	return picks, nil
}

// Counted calls count before every call that reaches m.
func Counted(m Model, count func()) Model { return counted{m, count} }

type counted struct {
	Model
	count func()
}

func (c counted) Recommend(ctx context.Context, userID string) ([]Recommendation, error) {
	c.count()
	return c.Model.Recommend(ctx, userID)
}

// Delayed waits before every call that reaches m; the same seed gives the same
// sequence of waits. A wait ends with its context.
func Delayed(m Model, r delay.Range, seed uint64) Model {
	if r == (delay.Range{}) {
		return m
	}
	return delayed{m, delay.New(r, seed, 0x6169)} // "ai"
}

type delayed struct {
	Model
	*delay.Waits
}

func (d delayed) Recommend(ctx context.Context, userID string) ([]Recommendation, error) {
	if err := d.Wait(ctx); err != nil {
		return nil, err
	}
	return d.Model.Recommend(ctx, userID)
}
