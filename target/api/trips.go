package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/trektribe/bench/fixtures"
	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/store"
)

func (a *api) listing() cache.Key {
	return cache.Key{Kind: "trips", Name: "trips:all", TTL: a.TTLTrips}
}

func (a *api) single(id string) cache.Key {
	return cache.Key{Kind: "trip", Name: "trip:" + id, TTL: a.TTLTrips}
}

func (a *api) list(ctx context.Context) (cache.Answer, error) {
	return a.look(ctx, a.listing(), cache.Load{
		From: func(ctx context.Context) (any, error) { return a.Store.ActiveTrips(ctx) },
		New:  func() any { return new([]store.Trip) },
	})
}

// Warm asks for the listing as a request would, so that d.Cache holds it
// afterwards. It answers where the listing came from. Its errors are the
// load's, or ctx's.
func Warm(ctx context.Context, d Deps) (cache.Source, error) {
	a := &api{d}
	got, err := a.list(ctx)
	return got.Source, err
}

func (a *api) trips(w http.ResponseWriter, r *http.Request) {
	got, err := a.list(r.Context())
	if err != nil {
		a.fail(w, r, "trip", err)
		return
	}
	wrap(w, `{"trips":`, got)
}

func (a *api) trip(w http.ResponseWriter, r *http.Request) {
	id := r.PathValue("id")
	got, err := a.look(r.Context(), a.single(id), cache.Load{
		From: func(ctx context.Context) (any, error) { return a.Store.Trip(ctx, id) },
		New:  func() any { return new(store.Trip) },
	})
	if err != nil {
		a.fail(w, r, "trip", err)
		return
	}
	wrap(w, `{"trip":`, got)
}

// updateBound keeps an update that its client no longer waits for from going on for ever.
const updateBound = 30 * time.Second

func (a *api) updateTrip(w http.ResponseWriter, r *http.Request) {
	change, status, err := readChange(w, r)
	if err != nil {
		refuse(w, status, err.Error())
		return
	}
	// A client that leaves must not part the change from what follows of it.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(r.Context()), updateBound)
	defer cancel()
	trip, err := a.Store.UpdateTrip(ctx, r.PathValue("id"), change)
	if errors.Is(err, store.ErrNotFound) {
		a.fail(w, r, "trip", err)
		return
	}
	// After an error too: the change may have been made.
	if a.TTLTrips > 0 {
		a.Cache.Changed(ctx, a.changed(r.PathValue("id"), trip, change, err)...)
	}
	if err != nil {
		a.fail(w, r, "trip", err)
		return
	}
	w.Header().Set("X-Source", string(cache.FromDatabase))
	answer(w, http.StatusOK, struct {
		Trip   store.Trip `json:"trip"`
		Source string     `json:"source"`
	}{trip, "database"})
}

// changed lists what a change of a trip may have changed: the listing only
// where the trip is, or may have been, in it.
func (a *api) changed(id string, trip store.Trip, change store.Change, err error) []cache.Key {
	keys := []cache.Key{a.single(id)}
	if err != nil || trip.Status == fixtures.Active || change.Status != nil {
		keys = append(keys, a.listing())
	}
	return keys
}
