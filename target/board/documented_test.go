package board_test

import (
	"testing"

	"github.com/trektribe/bench/target/redistest"
	"github.com/trektribe/bench/target/store"
)

// The document's flaws are what the harness is to find: they must not be mended by accident.

func TestDocumentedCountsARepeatedBookingAgain(t *testing.T) {
	b := documented(t, redistest.Start(t).Addr())
	for range 3 {
		book(t, b, "a", 0, 1)
	}
	shows(t, b, store.Score{OrganizerID: "a", Score: 3})
}

// TestDocumentedRepeatsAnIncrementWhoseReplyIsLost, as its client does by default.
func TestDocumentedRepeatsAnIncrementWhoseReplyIsLost(t *testing.T) {
	r := redistest.Before(t, redistest.Start(t).Addr())
	b := documented(t, r.Addr)
	book(t, b, "a", 0, 1)
	r.Lose(1)
	book(t, b, "a", 1, 1)
	shows(t, b, store.Score{OrganizerID: "a", Score: 3})
}

func TestDocumentedHasNoFallback(t *testing.T) {
	m := redistest.Start(t)
	b := documented(t, m.Addr())
	book(t, b, "a", 0, 2)
	m.SetError("LOADING")
	if err := b.Book(t.Context(), store.Booking{ID: "x", OrganizerID: "a"}); err == nil {
		t.Error("a booking without Redis succeeded")
	}
	if _, _, err := b.Top(t.Context()); err == nil {
		t.Error("the leaderboard without Redis was shown")
	}
	m.SetError("")
	shows(t, b, store.Score{OrganizerID: "a", Score: 2})
	m.FlushAll()
	shows(t, b)
}
