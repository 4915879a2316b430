package storetest

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"testing"

	"github.com/trektribe/bench/target/store"
)

// bookings books at several instances, everything twice and at once, and leaves an organizer with 7.
func bookings(t *testing.T, dbs []store.DB) {
	if got, err := dbs[0].Scores(t.Context(), 10); err != nil || len(got) != 0 {
		t.Fatalf("at first: %v, %v; want none", got, err)
	}
	want := []store.Score{{OrganizerID: "o'1", Score: 7}, {OrganizerID: "é", Score: 2}, {OrganizerID: "b", Score: 2}, {OrganizerID: "B", Score: 2}, {OrganizerID: "a", Score: 1}}
	var wg sync.WaitGroup
	for _, w := range want {
		for n := range w.Score {
			for i := range 2 {
				wg.Go(func() {
					b := store.Booking{ID: fmt.Sprint(w.OrganizerID, " ", n), OrganizerID: w.OrganizerID}
					if score, err := dbs[i].Book(t.Context(), b); err != nil || score < 1 || score > w.Score {
						t.Errorf("Book(%+v) = %d, %v; want 1 to %d", b, score, err, w.Score)
					}
				})
			}
		}
	}
	wg.Wait()
	for i, most := range []int{0, 10, 5, 3} {
		first := want[:min(len(want), max(most, 3))]
		if most == 0 {
			first = want
		}
		if got, err := dbs[i].Scores(t.Context(), most); err != nil || !slices.Equal(got, first) {
			t.Errorf("Scores(%d) = %v, %v; want %v", most, got, err, first)
		}
	}
	if score, err := dbs[3].Book(t.Context(), store.Booking{ID: "o'1 0", OrganizerID: "o'1"}); err != nil || score != 7 {
		t.Errorf("again: %d, %v; want 7", score, err)
	}
	if _, err := dbs[3].Book(t.Context(), store.Booking{ID: "o'1 0", OrganizerID: "a"}); !errors.Is(err, store.ErrTaken) {
		t.Errorf("of another organizer: %v, want ErrTaken", err)
	}
}
