// Package board checks a leaderboard: which bookings it has lost or counted twice,
// for how long it lacked them, and whether its rows are those that must be there.
//
// In go bookings and readings; out comes a Report. A booking counts once by its id.
// At each reading an organizer has at least the bookings that were acknowledged
// before the reading was sent, and at most those that were sent before it was
// answered and were not refused, beyond what it began with. Of an organizer that is
// not listed a full board says that it has no more than the last that is.
package board

import (
	"time"

	"github.com/trektribe/bench/internal/exact/evidence"
)

// A Booking is one request to count one. Requests of the same ID are repeats. An ID that was
// sent for two organizers may count for either.
type Booking struct {
	ID, Organizer string
	evidence.Call
}

// A Read is one answer of the leaderboard.
type Read struct {
	Instance   string
	Sent, Done time.Duration
	Rows       []Row // in the order answered
}

// A Row is one organizer of a board.
type Row struct {
	Organizer string
	Score     int64
}

// A Report is what the readings prove.
type Report struct {
	Reads    int // that were checked
	Acked    int // bookings that were acknowledged, by id
	Compared int // readings after an acknowledged booking, which could have lacked it
	Repeats  int // requests of an id that was sent before, and not refused

	// Lost are acknowledged bookings that the last reading lacks.
	Lost evidence.Finding
	// Late are readings that lack acknowledged bookings. Longest is the time from an
	// acknowledgement to the sending of a reading that lacks it.
	Late evidence.Finding
	// Doubled are counts beyond all bookings that were sent: of each organizer, the most
	// that one reading shows.
	Doubled evidence.Finding
	// Based is how many organizers have a known begin: one that was read before their
	// first booking was sent. Of others no doubled count can be proved.
	Based, Organizers int
	// Strangers are readings that list somebody, and nobody who was booked; 0 where any reading lists one who was.
	Strangers int
	// Misordered are readings whose rows are not in order, or name somebody twice.
	Misordered evidence.Finding
	// Missing are readings of a full board without an organizer that is ahead of the last one listed.
	Missing evidence.Finding
	// Back are readings with a lower score than the same instance had answered before.
	Back evidence.Finding
	// Apart are readings with a lower score than another instance had answered before.
	// Longest is the time between the two.
	Apart evidence.Finding
}

// Check finds what the readings prove. places is how many rows a full board has. It takes time in
// proportion to bookings and readings, but for sorting and for what it finds.
func Check(bookings []Booking, reads []Read, places int) Report {
	c := &checker{
		places: places,
		by:     map[string]*organizer{},
		reads:  evidence.BySent(reads, func(r *Read) time.Duration { return r.Sent }),
		report: Report{
			Reads:      len(reads),
			Lost:       evidence.Finding{Code: "lost-bookings", Says: "confirmed bookings are not counted"},
			Late:       evidence.Finding{Code: "late-bookings", Says: "the leaderboard lacks confirmed bookings"},
			Doubled:    evidence.Finding{Code: "doubled-bookings", Says: "bookings count more than once"},
			Misordered: evidence.Finding{Code: "misordered-board", Says: "the rows are out of order"},
			Missing:    evidence.Finding{Code: "missing-organizer", Says: "an organizer is missing that is ahead of the last one listed"},
			Back:       evidence.Finding{Code: "board-went-back", Says: "a score is lower than the same instance said before"},
			Apart:      evidence.Finding{Code: "boards-apart", Says: "a score is lower than another instance said before"},
		},
	}
	c.book(bookings)
	c.strangers()
	c.begin()
	c.walk()
	c.monotonic()
	return c.report
}

// full reports whether a reading has all its rows, so that who is not listed may have some bookings too.
func (c *checker) full(r *Read) bool { return c.places > 0 && len(r.Rows) >= c.places }

// An organizer is what is known of one.
type organizer struct {
	name        string
	acked, sent []time.Duration // when its bookings were first acknowledged, and first sent; sorted
	lo, hi      int64           // what it began with, at least and at most
	based       bool            // hi is known
	n           int64           // what it has at least, at the reading that the walk has reached
	most        int64           // the most that one reading shows beyond all bookings
	excess      func() evidence.Witness
}

// ahead reports whether a score of an organizer ranks before another's.
func ahead(score int64, name string, than int64, of string) bool {
	return score > than || score == than && name > of
}
