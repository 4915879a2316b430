// Package storetest is the contract that every store keeps, as a test.
package storetest

import (
	"errors"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/trektribe/bench/fixtures"
	"github.com/trektribe/bench/target/store"
)

// Contract tests a store. open opens the same database each time it is called,
// as several instances of a service would; Contract closes what it opens.
func Contract(t *testing.T, open func(t *testing.T) store.DB) {
	dbs := openAll(t, open)
	db := dbs[0]
	trips := fixtures.Trips(fixtures.Seed)

	t.Run("instances that start together seed once", func(t *testing.T) {
		want := active(trips)
		for i, db := range dbs {
			got, err := db.ActiveTrips(t.Context())
			if err != nil || !reflect.DeepEqual(got, want) {
				t.Fatalf("instance %d lists %d trips, error %v; want the %d active fixtures in order", i, len(got), err, len(want))
			}
		}
	})
	t.Run("every trip is found, whatever its status", func(t *testing.T) {
		for _, want := range []store.Trip{trips[0], trips[499], trips[999]} {
			if got, err := db.Trip(t.Context(), want.ID); err != nil || got != want {
				t.Errorf("Trip(%s) = %+v, %v; want %+v", want.ID, got, err, want)
			}
		}
	})
	t.Run("an unknown id is not found", func(t *testing.T) {
		for _, id := range []string{"", "0", "1001", "x' OR '1'='1"} {
			if _, err := db.Trip(t.Context(), id); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("Trip(%q): error %v, want ErrNotFound", id, err)
			}
			if _, err := db.UpdateTrip(t.Context(), id, store.Change{Title: new("x")}); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("UpdateTrip(%q): error %v, want ErrNotFound", id, err)
			}
		}
	})
	t.Run("every user is found, and no other", func(t *testing.T) {
		users := fixtures.Users(fixtures.Seed)
		for i, want := range []store.User{users[0], users[250], users[499]} {
			if got, err := dbs[i].User(t.Context(), want.ID); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("User(%s) = %+v, %v; want %+v", want.ID, got, err, want)
			}
		}
		for _, id := range []string{"", "0", "501", "x' OR '1'='1"} {
			if _, err := db.User(t.Context(), id); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("User(%q): error %v, want ErrNotFound", id, err)
			}
		}
	})
	t.Run("an update changes what it names, and the version", func(t *testing.T) {
		want := trips[6]
		want.Title, want.Price, want.Version = "O'Neill's \"trek\" ✓", 0, 2
		got, err := db.UpdateTrip(t.Context(), want.ID, store.Change{Title: &want.Title, Price: &want.Price})
		if err != nil || got != want {
			t.Fatalf("UpdateTrip = %+v, %v; want %+v", got, err, want)
		}
		if got, err := dbs[1].Trip(t.Context(), want.ID); err != nil || got != want {
			t.Errorf("another instance finds %+v, %v; want %+v", got, err, want)
		}
	})
	t.Run("an update of every field", func(t *testing.T) {
		want := trips[7]
		want.Title, want.Description, want.Destination, want.Price = "a", "b", "c", 1
		want.StartDate, want.Capacity, want.Status, want.Version = "2026-01-02", 3, fixtures.Active, 2
		got, err := db.UpdateTrip(t.Context(), want.ID, store.Change{Title: &want.Title, Description: &want.Description,
			Destination: &want.Destination, Price: &want.Price, StartDate: &want.StartDate, Capacity: &want.Capacity, Status: &want.Status})
		if err != nil || got != want {
			t.Fatalf("UpdateTrip = %+v, %v; want %+v", got, err, want)
		}
		listed, err := db.ActiveTrips(t.Context())
		if err != nil || !slices.Contains(listed, want) {
			t.Errorf("the trip that became active is not listed; error %v", err)
		}
	})
	t.Run("a booking counts once", func(t *testing.T) { bookings(t, dbs) })
	t.Run("opening again keeps what was changed", func(t *testing.T) {
		again := open(t)
		defer again.Close()
		if got, err := again.Trip(t.Context(), trips[6].ID); err != nil || got.Version != 2 {
			t.Errorf("version %d, %v; want 2", got.Version, err)
		}
		if got, err := again.Scores(t.Context(), 1); err != nil || len(got) != 1 || got[0].Score != 7 {
			t.Errorf("the first of the scores: %v, %v; want 7", got, err)
		}
	})
}

// Atomic tests that no update is lost among instances. It is apart from
// Contract, because a server that only speaks a database's protocol may not
// keep it.
func Atomic(t *testing.T, open func(t *testing.T) store.DB) {
	dbs := openAll(t, open)
	const updates = 40
	var wg sync.WaitGroup
	for i := range updates {
		wg.Go(func() {
			if _, err := dbs[i%len(dbs)].UpdateTrip(t.Context(), "42", store.Change{Title: new("again")}); err != nil {
				t.Errorf("UpdateTrip: %v", err)
			}
		})
	}
	wg.Wait()
	if got, err := dbs[0].Trip(t.Context(), "42"); err != nil || got.Version != 1+updates {
		t.Errorf("after %d updates: version %d, %v; want %d", updates, got.Version, err, 1+updates)
	}
}

// openAll opens the database as several instances that start together.
func openAll(t *testing.T, open func(t *testing.T) store.DB) []store.DB {
	dbs := make([]store.DB, 4)
	var wg sync.WaitGroup
	for i := range dbs {
		wg.Go(func() { dbs[i] = open(t) })
	}
	wg.Wait()
	for _, db := range dbs {
		if db == nil {
			t.Fatal("a store did not open")
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Errorf("close: %v", err)
			}
		})
	}
	return dbs
}

// active is what a fresh store lists.
func active(trips []store.Trip) []store.Trip {
	var listed []store.Trip
	for _, t := range trips {
		if t.Status == fixtures.Active {
			listed = append(listed, t)
		}
	}
	slices.SortFunc(listed, func(a, b store.Trip) int {
		return strings.Compare(a.StartDate+" "+a.ID, b.StartDate+" "+b.ID)
	})
	return listed
}
