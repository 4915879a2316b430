package ai_test

import (
	"context"
	"errors"
	"reflect"
	"strconv"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trektribe/bench/fixtures"
	"github.com/trektribe/bench/target/ai"
	"github.com/trektribe/bench/target/delay"
)

func TestModelRecommendsByUser(t *testing.T) {
	trips := map[string]fixtures.Trip{}
	for _, tr := range fixtures.Trips(fixtures.Seed) {
		trips[tr.ID] = tr
	}
	m, again := ai.New(fixtures.Seed), ai.New(fixtures.Seed)
	seen := map[string]bool{}
	for id := range fixtures.UserCount {
		user := strconv.Itoa(id + 1)
		got, err := m.Recommend(t.Context(), user)
		if err != nil || len(got) != ai.Picks {
			t.Fatalf("user %s: %d recommendations, %v; want %d", user, len(got), err, ai.Picks)
		}
		if same, _ := again.Recommend(t.Context(), user); !reflect.DeepEqual(got, same) {
			t.Errorf("user %s: %v, then %v", user, got, same)
		}
		picked, last := map[string]bool{}, 1.0
		for _, r := range got {
			if tr := trips[r.TripID]; tr.Status != fixtures.Active || tr.Title != r.Title || picked[r.TripID] {
				t.Errorf("user %s: %+v is no active trip, or comes twice", user, r)
			}
			if r.Score < 0 || r.Score > last {
				t.Errorf("user %s: score %v after %v, want 0..1 and falling", user, r.Score, last)
			}
			picked[r.TripID], last = true, r.Score
		}
		seen[got[0].TripID] = true
	}
	if len(seen) < fixtures.ActiveCount/2 {
		t.Errorf("all users together get %d first trips of %d", len(seen), fixtures.ActiveCount)
	}
}

func TestDecoratorsCountAndWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		calls := 0
		m := ai.Delayed(ai.Counted(ai.New(1), func() { calls++ }), delay.Range{Min: time.Second, Max: time.Second}, 1)
		began := time.Now()
		if _, err := m.Recommend(t.Context(), "1"); err != nil || time.Since(began) != time.Second || calls != 1 {
			t.Errorf("%v after %v with %d calls; want 1s and 1 call", err, time.Since(began), calls)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := m.Recommend(ctx, "1"); !errors.Is(err, context.Canceled) || calls != 1 {
			t.Errorf("with a context that ended: %v, %d calls; want its error and no further call", err, calls)
		}
	})
}
