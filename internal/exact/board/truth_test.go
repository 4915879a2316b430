package board_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/exact/board"
	"github.com/trektribe/bench/internal/exact/evidence"
)

// A model is a service with known errors. Things happen at instants of their own, in order; nobody else sees these.
type model struct {
	rng             *rand.Rand
	scores          map[string]int64
	known           map[string]bool // bookings that came
	silent          bool            // some get no answer
	lose, twice     float64         // the shares of bookings that are lost, and count twice
	swap            float64         // the share of readings with two rows in the wrong order
	lost, doubled   int             // acknowledged bookings that do not count, and counts too many
	swapped, places int
}

func newModel(rng *rand.Rand, places int) *model {
	return &model{rng: rng, scores: map[string]int64{}, known: map[string]bool{}, places: places}
}

// play books and reads at random, one after the other or overlapping, and answers what a client saw.
func (m *model) play(n int, overlap time.Duration) (bookings []board.Booking, reads []board.Read) {
	at := time.Duration(0)
	reads = append(reads, m.read(at, 0))
	for i := range n {
		at += 10
		switch m.rng.IntN(3) {
		case 0:
			reads = append(reads, m.read(at, overlap))
		default:
			bookings = append(bookings, m.book(i, at, overlap))
		}
	}
	return bookings, append(reads, m.read(at+overlap+10, 0))
}

func (m *model) span(at, overlap time.Duration) evidence.Call {
	return evidence.Call{Sent: at - time.Duration(m.rng.Int64N(int64(overlap)+1)), Done: at + time.Duration(m.rng.Int64N(int64(overlap)+1)), Fate: evidence.Acknowledged}
}

func (m *model) book(i int, at, overlap time.Duration) board.Booking {
	b := board.Booking{ID: fmt.Sprint(i), Organizer: fmt.Sprint("o", m.rng.IntN(14)), Call: m.span(at, overlap)}
	if i > 5 && m.rng.IntN(8) == 0 {
		b.ID, b.Organizer = "again", "o1"
	}
	comes := true
	switch m.rng.IntN(8) {
	case 0:
		b.Fate, comes = evidence.Refused, false
	case 1:
		if m.silent {
			b.Fate, comes = evidence.Unanswered, m.rng.IntN(2) == 0
		}
	}
	if !comes || m.known[b.ID] {
		return b
	}
	m.known[b.ID] = true
	switch {
	case m.rng.Float64() < m.lose:
		if b.Fate == evidence.Acknowledged || b.ID == "again" { // which may be acknowledged later
			m.lost++
		}
	case m.rng.Float64() < m.twice:
		m.doubled++
		m.scores[b.Organizer] += 2
	default:
		m.scores[b.Organizer]++
	}
	return b
}

func (m *model) read(at, overlap time.Duration) board.Read {
	s := m.span(at, overlap)
	r := board.Read{Instance: fmt.Sprint(1 + m.rng.IntN(2)), Sent: s.Sent, Done: s.Done}
	for name, n := range m.scores {
		if n > 0 {
			r.Rows = append(r.Rows, board.Row{Organizer: name, Score: n})
		}
	}
	slices.SortFunc(r.Rows, func(a, b board.Row) int {
		return cmp.Or(cmp.Compare(b.Score, a.Score), cmp.Compare(b.Organizer, a.Organizer))
	})
	r.Rows = r.Rows[:min(m.places, len(r.Rows))]
	if n := len(r.Rows); n > 1 && m.rng.Float64() < m.swap {
		i := m.rng.IntN(n - 1)
		r.Rows[i], r.Rows[i+1] = r.Rows[i+1], r.Rows[i]
		m.swapped++
	}
	return r
}

// TestAReportNeverExceedsTheTruth plays services with errors and without, on boards of all organizers and of ten, one call
// after the other and many at once. In the first case the truth is known from outside, but for what was not answered.
func TestAReportNeverExceedsTheTruth(t *testing.T) {
	found := 0
	for seed := range uint64(1000) {
		rng := rand.New(rand.NewPCG(seed, 2))
		m := newModel(rng, 10+10*rng.IntN(2))
		m.silent = true
		if rng.IntN(3) > 0 {
			m.lose, m.twice, m.swap = 0.1*float64(rng.IntN(2)), 0.1*float64(rng.IntN(2)), 0.1*float64(rng.IntN(2))
		}
		bookings, reads := m.play(120, []time.Duration{0, 5, 40}[rng.IntN(3)])
		r := board.Check(bookings, reads, m.places)
		found += r.Lost.Count + r.Doubled.Count
		if r.Lost.Count > m.lost || r.Doubled.Count > m.doubled || r.Misordered.Count != m.swapped || r.Back.Count > 0 || r.Apart.Count > 0 {
			t.Fatalf("seed %d: %s; the truth: lost %d, doubled %d, misordered %d", seed, summary(r), m.lost, m.doubled, m.swapped)
		}
		if m.lost == 0 && r.Late.Count+r.Missing.Count > 0 {
			t.Fatalf("seed %d: %s, and nothing is lost", seed, summary(r))
		}
	}
	if found < 1000 {
		t.Errorf("only %d errors were found in all", found)
	}
}

// TestAReportEqualsTheTruth where every organizer is listed, nothing overlaps, every call is answered, and one kind of
// error is planted: two kinds hide one another.
func TestAReportEqualsTheTruth(t *testing.T) {
	for seed := range uint64(500) {
		m := newModel(rand.New(rand.NewPCG(seed, 3)), 20)
		if seed%2 == 0 {
			m.lose = 0.2
		} else {
			m.twice = 0.2
		}
		bookings, reads := m.play(150, 0)
		r := board.Check(bookings, reads, m.places)
		if r.Lost.Count != m.lost || r.Doubled.Count != m.doubled {
			t.Fatalf("seed %d: %s; the truth: lost %d, doubled %d", seed, summary(r), m.lost, m.doubled)
		}
	}
}
