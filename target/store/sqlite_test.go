package store_test

import (
	"context"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/trektribe/bench/fixtures"
	"github.com/trektribe/bench/target/store"
	"github.com/trektribe/bench/target/store/storetest"
)

func TestSQLiteKeepsTheContract(t *testing.T) {
	path := filepath.Join(t.TempDir(), "odd name?&#%.db")
	storetest.Contract(t, func(t *testing.T) store.DB {
		db, err := store.OpenSQLite(t.Context(), path, fixtures.Seed)
		if err != nil {
			t.Error(err)
			return nil
		}
		return db
	})
	if found, err := filepath.Glob(path + "*"); err != nil || len(found) == 0 {
		t.Errorf("no file of that name: %v, %v", found, err)
	}
}

func TestSQLiteLosesNoUpdate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "trips.db")
	storetest.Atomic(t, func(t *testing.T) store.DB {
		db, err := store.OpenSQLite(t.Context(), path, fixtures.Seed)
		if err != nil {
			t.Error(err)
			return nil
		}
		return db
	})
}

func TestSQLiteInMemoryIsPrivate(t *testing.T) {
	open := func() store.DB {
		db, err := store.OpenSQLite(t.Context(), "", fixtures.Seed)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		})
		return db
	}
	a, b := open(), open()
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for range 20 {
				if _, err := a.ActiveTrips(t.Context()); err != nil {
					t.Error(err)
				}
				if _, err := a.UpdateTrip(t.Context(), "5", store.Change{Title: new("mine")}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if got, err := a.Trip(t.Context(), "5"); err != nil || got.Version != 161 {
		t.Errorf("version %d, %v; want 161 after 160 concurrent updates", got.Version, err)
	}
	if got, err := b.Trip(t.Context(), "5"); err != nil || got.Version != 1 {
		t.Errorf("another private database: version %d, %v; want 1", got.Version, err)
	}
}

func TestSQLiteSurvivesCancelledQueries(t *testing.T) {
	db, err := store.OpenSQLite(t.Context(), "", fixtures.Seed)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for range 20 {
		if _, err := db.ActiveTrips(ctx); err == nil {
			t.Fatal("a cancelled query answered")
		}
	}
	if got, err := db.ActiveTrips(t.Context()); err != nil || len(got) != fixtures.ActiveCount {
		t.Errorf("afterwards: %d trips, %v; want %d", len(got), err, fixtures.ActiveCount)
	}
}

func TestSQLiteSaysWhereItCouldNotOpen(t *testing.T) {
	path := filepath.Join(t.TempDir(), "missing", "trips.db")
	_, err := store.OpenSQLite(t.Context(), path, fixtures.Seed)
	if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "SQLITE_PATH") {
		t.Errorf("error %v, want one that names %s and SQLITE_PATH", err, path)
	}
}

func TestMongoErrorsHideThePassword(t *testing.T) {
	for _, uri := range []string{
		"mongodb://user:s3cret@127.0.0.1:1/x?bogus=1&serverSelectionTimeoutMS=oops",
		"mongodb://user:s3cret@:%zz/",
	} {
		_, err := store.OpenMongo(t.Context(), uri, fixtures.Seed)
		if err == nil || strings.Contains(err.Error(), "s3cret") || !strings.Contains(err.Error(), "MONGODB_URI") {
			t.Errorf("error %v, want one that names MONGODB_URI and hides the password", err)
		}
	}
}
