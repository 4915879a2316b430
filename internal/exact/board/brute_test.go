package board_test

import (
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/exact/board"
	"github.com/trektribe/bench/internal/exact/evidence"
)

// fewest tries every way in which bookings can have counted, none to three times each, beside what the organizer began
// with, and answers the fewest that are lost and the fewest counts that are too many, where that shows a score.
func fewest(bookings []board.Booking, r board.Read, organizer string, base, score int64) (lost, doubled int) {
	type kind struct{ must, may bool }
	ids := map[string]kind{}
	elsewhere := map[string]bool{}
	for _, b := range bookings {
		if b.Fate != evidence.Refused && b.Organizer != organizer {
			elsewhere[b.ID] = true
		}
	}
	for _, b := range bookings {
		if b.Fate == evidence.Refused || b.Organizer != organizer {
			continue
		}
		k := ids[b.ID]
		k.may = k.may || b.Sent <= r.Done
		k.must = k.must || b.Fate == evidence.Acknowledged && b.Done < r.Sent && !elsewhere[b.ID]
		ids[b.ID] = k
	}
	var kinds []kind
	for _, k := range ids {
		kinds = append(kinds, k)
	}
	lost, doubled = 1<<30, 1<<30
	var try func(i int, sum int64, l, d int)
	try = func(i int, sum int64, l, d int) {
		if i == len(kinds) {
			if sum == score && l+d < lost+doubled {
				lost, doubled = l, d
			}
			return
		}
		for n := range 4 {
			l, d := l, d
			switch k := kinds[i]; {
			case k.must && n == 0:
				l++
			case k.may && n > 1:
				d += n - 1
			case !k.may:
				d += n
			}
			try(i+1, sum+int64(n), l, d)
		}
	}
	for gone := range base + 1 { // of what it began with
		try(0, base-gone, int(gone), 0)
	}
	return lost, doubled
}

// TestSmallHistoriesAgreeWithEveryExplanation has one organizer on a board that is not full, and one reading at the end.
func TestSmallHistoriesAgreeWithEveryExplanation(t *testing.T) {
	for seed := range uint64(5000) {
		rng := rand.New(rand.NewPCG(seed, 1))
		base := rng.Int64N(3)
		var bookings []board.Booking
		for range 1 + rng.IntN(4) {
			at := time.Duration(1 + rng.IntN(8))
			bookings = append(bookings, board.Booking{ID: string(rune('a' + rng.IntN(4))), Organizer: []string{"x", "x", "x", "y"}[rng.IntN(4)],
				Call: evidence.Call{Sent: at, Done: at + time.Duration(rng.IntN(4)), Fate: evidence.Fate(rng.IntN(3))}})
		}
		at := time.Duration(1 + rng.IntN(10))
		last := board.Read{Sent: at, Done: at + time.Duration(rng.IntN(3))}
		score := rng.Int64N(base + 4) // one id can count three times
		if score > 0 || rng.IntN(2) == 0 {
			last.Rows = []board.Row{{Organizer: "x", Score: score}}
		}
		reads := []board.Read{{Rows: []board.Row{{Organizer: "x", Score: base}}}, last} // the first is at 0
		got := board.Check(bookings, reads, 10)
		lost, doubled := 0, 0
		for organizer, shown := range map[string][2]int64{"x": {base, score}, "y": {0, 0}} {
			if slices.ContainsFunc(bookings, func(b board.Booking) bool { // else the reading says what it began with
				return b.Organizer == organizer && b.Fate != evidence.Refused && b.Sent <= last.Done
			}) {
				l, d := fewest(bookings, last, organizer, shown[0], shown[1])
				lost, doubled = lost+l, doubled+d
			}
		}
		if got.Lost.Count != lost || got.Doubled.Count != doubled {
			t.Fatalf("seed %d: lost %d and doubled %d, want %d and %d: %+v, then %+v", seed, got.Lost.Count, got.Doubled.Count, lost, doubled, bookings, reads)
		}
	}
}
