package board_test

import (
	"testing"
	"time"

	"github.com/trektribe/bench/internal/exact/board"
	"github.com/trektribe/bench/internal/exact/evidence"
)

// FuzzCheck has any bookings and readings, sense or not. No report may depend on the order in which they are given, nor
// find what cannot be.
func FuzzCheck(f *testing.F) {
	f.Add([]byte("booking and reading and booking again"))
	f.Add([]byte{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 255, 254, 253})
	f.Fuzz(func(t *testing.T, data []byte) {
		var bookings []board.Booking
		var reads []board.Read
		for ; len(data) >= 4; data = data[4:] {
			at, took := time.Duration(data[0]), time.Duration(data[1]%32)
			if data[2]%2 == 0 {
				bookings = append(bookings, board.Booking{ID: string(rune('a' + data[3]%16)), Organizer: string(rune('A' + data[2]/2%4)),
					Call: evidence.Call{Sent: at, Done: at + took, Fate: evidence.Fate(data[3] / 16 % 3)}})
				continue
			}
			r := board.Read{Instance: string(rune('1' + data[2]/2%2)), Sent: at, Done: at + took}
			for i := range int(data[3] % 4) {
				r.Rows = append(r.Rows, board.Row{Organizer: string(rune('A' + (int(data[3]/4)+i)%5)), Score: int64(data[3]/16) - int64(i)})
			}
			reads = append(reads, r)
		}
		places := len(data)
		r := board.Check(bookings, reads, places)
		if r.Lost.Count > r.Acked && r.Based == 0 || r.Late.Count > len(reads) || r.Misordered.Count > len(reads) || r.Missing.Count > len(reads) ||
			r.Lost.Count > 0 && r.Late.Count == 0 || len(r.Late.Witnesses) > evidence.Most {
			t.Errorf("impossible: %+v", r)
		}
		for i := range bookings {
			bookings[i], bookings[0] = bookings[0], bookings[i]
		}
		if again := board.Check(bookings, reads, places); summary(again) != summary(r) {
			t.Errorf("in another order %q, want %q", summary(again), summary(r))
		}
	})
}
