package board_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/exact/board"
	"github.com/trektribe/bench/internal/exact/evidence"
)

const ms = time.Millisecond

func booked(id, organizer string, sent, done int, fate evidence.Fate) board.Booking {
	return board.Booking{ID: id, Organizer: organizer, Call: evidence.Call{Sent: time.Duration(sent) * ms, Done: time.Duration(done) * ms, Fate: fate}}
}

// read is a reading of instance 1 that takes 1 ms: "a=2 b=1".
func read(sent int, rows string) board.Read { return readOf("1", sent, rows) }

func readOf(instance string, sent int, rows string) board.Read {
	r := board.Read{Instance: instance, Sent: time.Duration(sent) * ms, Done: time.Duration(sent+1) * ms}
	for _, row := range strings.Fields(rows) {
		var n int64
		name, score, _ := strings.Cut(row, "=")
		fmt.Sscan(score, &n)
		r.Rows = append(r.Rows, board.Row{Organizer: name, Score: n})
	}
	return r
}

const (
	acked   = evidence.Acknowledged
	refused = evidence.Refused
	open    = evidence.Unanswered
)

func TestWhatABoardProves(t *testing.T) {
	for _, tt := range []struct {
		name     string
		bookings []board.Booking
		reads    []board.Read
		places   int
		want     string // the counts that are not zero
	}{
		{"nothing", nil, nil, 10, ""},
		{"all there", []board.Booking{booked("1", "a", 10, 20, acked), booked("2", "a", 10, 20, acked)},
			[]board.Read{read(0, ""), read(30, "a=2")}, 10, ""},
		{"one lost", []board.Booking{booked("1", "a", 10, 20, acked), booked("2", "a", 10, 20, acked)},
			[]board.Read{read(0, ""), read(30, "a=1")}, 10, "lost 1, late 1 for 10ms"},
		{"the reading may be earlier", []board.Booking{booked("1", "a", 10, 20, acked)}, []board.Read{read(0, ""), read(20, "")}, 10, ""},
		{"late and put right", []board.Booking{booked("1", "a", 10, 20, acked)},
			[]board.Read{read(0, ""), read(30, ""), read(45, ""), read(50, "a=1")}, 10, "late 2 for 25ms"},
		{"the first to be acknowledged may be what is shown", []board.Booking{booked("1", "a", 10, 20, acked), booked("2", "a", 10, 35, acked)},
			[]board.Read{read(0, ""), read(40, "a=1"), read(50, "a=2")}, 10, "late 1 for 5ms"},
		{"unanswered may count or not", []board.Booking{booked("1", "a", 10, 20, open), booked("2", "a", 10, 20, acked)},
			[]board.Read{read(0, ""), read(30, "a=1"), read(40, "a=2"), read(50, "a=2")}, 10, ""},
		{"refused does not count", []board.Booking{booked("1", "a", 10, 20, refused), booked("2", "a", 10, 20, acked)},
			[]board.Read{read(0, ""), read(30, "a=2")}, 10, "doubled 1"},
		{"repeated", []board.Booking{booked("1", "a", 10, 20, acked), booked("1", "a", 21, 25, acked), booked("1", "a", 21, 25, open)},
			[]board.Read{read(0, ""), read(30, "a=3")}, 10, "doubled 2"},
		{"an id for two organizers may count for either", []board.Booking{booked("1", "a", 10, 20, acked), booked("1", "b", 10, 20, acked)},
			[]board.Read{read(0, ""), read(30, "a=1"), read(40, "b=1")}, 10, ""},
		{"an id that another has is refused", []board.Booking{booked("1", "a", 10, 20, acked), booked("1", "b", 30, 40, refused)},
			[]board.Read{read(0, ""), read(50, "b=1 a=1")}, 10, ""}, // b is not known: nothing was booked for it
		{"doubled and mended", []board.Booking{booked("1", "a", 10, 20, acked)},
			[]board.Read{read(0, ""), read(30, "a=2"), read(40, "a=1")}, 10, "doubled 1, back 1 for 9ms"},
		{"begun with some", []board.Booking{booked("1", "a", 10, 20, acked)}, []board.Read{read(0, "a=7"), read(30, "a=8")}, 10, ""},
		{"begun with some and lost", []board.Booking{booked("1", "a", 10, 20, acked)}, []board.Read{read(0, "a=7"), read(30, "a=7")}, 10, "lost 1, late 1 for 10ms"},
		{"unknown begin", []board.Booking{booked("1", "a", 10, 20, acked)}, []board.Read{read(10, "a=7"), read(30, "a=8")}, 10, ""},
		{"unknown begin and lost", []board.Booking{booked("1", "a", 10, 20, acked)}, []board.Read{read(30, "")}, 10, "lost 1, late 1 for 10ms"},
		{"out of order", nil, []board.Read{read(0, "a=1 b=2")}, 10, "misordered 1"},
		{"ties in the order of ids", nil, []board.Read{read(0, "a=1 b=1"), read(1, "b=1 a=1"), read(2, "b=1 B=1")}, 10, "misordered 1"},
		{"twice", nil, []board.Read{read(0, "a=2 a=1")}, 10, "misordered 1"},
		{"who is not on a full board may have less", []board.Booking{booked("1", "a", 10, 20, acked), booked("2", "b", 10, 20, acked), booked("3", "b", 10, 20, acked)},
			[]board.Read{read(0, ""), read(30, "b=2")}, 1, ""},
		{"who is ahead is missing", []board.Booking{booked("1", "a", 10, 20, acked), booked("2", "b", 10, 20, acked), booked("3", "b", 10, 20, acked)},
			[]board.Read{read(0, ""), read(30, "a=1")}, 1, "lost 2, late 1 for 10ms, missing 1"}, // as b is not listed, it has none: its id comes before a's
		{"a tie is missing by its id", []board.Booking{booked("1", "a", 10, 20, acked), booked("2", "b", 10, 20, acked)},
			[]board.Read{read(0, ""), read(30, "a=1")}, 1, "lost 1, late 1 for 10ms, missing 1"},
		{"a tie is not missing by its id", []board.Booking{booked("1", "a", 10, 20, acked), booked("2", "b", 10, 20, acked)},
			[]board.Read{read(0, ""), read(30, "b=1")}, 1, ""},
		{"a full board at first leaves open what others had", []board.Booking{booked("1", "a", 10, 20, acked)},
			[]board.Read{read(0, "z=3"), read(30, "a=4")}, 1, ""},
		{"but not more", []board.Booking{booked("1", "a", 10, 20, acked)},
			[]board.Read{read(0, "z=3"), read(30, "a=6")}, 1, "doubled 2"},
		{"apart", nil, []board.Read{readOf("1", 0, "a=2"), readOf("2", 10, "a=1"), readOf("2", 20, "a=2")}, 10, "apart 1 for 9ms"},
		{"at the same time", nil, []board.Read{readOf("1", 0, "a=2"), readOf("2", 1, "a=1")}, 10, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if got := summary(board.Check(tt.bookings, tt.reads, tt.places)); got != tt.want {
				t.Errorf("%q, want %q", got, tt.want)
			}
		})
	}
}

// summary lists the findings that are not empty.
func summary(r board.Report) string {
	var parts []string
	for _, f := range []struct {
		name string
		evidence.Finding
	}{{"lost", r.Lost}, {"late", r.Late}, {"doubled", r.Doubled}, {"misordered", r.Misordered}, {"missing", r.Missing}, {"back", r.Back}, {"apart", r.Apart}} {
		if f.Count == 0 {
			continue
		}
		text := fmt.Sprint(f.name, " ", f.Count)
		if f.Longest > 0 {
			text += fmt.Sprint(" for ", f.Longest)
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, ", ")
}

func TestAFindingShowsItsWorstReadings(t *testing.T) {
	bookings := []board.Booking{booked("1", "a", 1, 2, acked)}
	reads := []board.Read{read(0, "")}
	for i := range 30 {
		reads = append(reads, read(10+(i*7)%30, ""))
	}
	late := board.Check(bookings, reads, 10).Late
	if late.Count != 30 || len(late.Witnesses) != evidence.Most || late.Witnesses[0].At != 39*ms || late.Witnesses[9].At != 30*ms {
		t.Errorf("%d readings, of which are shown %+v", late.Count, late.Witnesses)
	}
	want := "the leaderboard of instance 1 shows at most 0 for a, which has at least 1: of its 1 bookings one more than shown was acknowledged 37ms before, and all 37ms before"
	if got := late.Witnesses[0].Text; got != want {
		t.Errorf("%q, want %q", got, want)
	}
}

func TestWhatCouldBeCompared(t *testing.T) {
	r := board.Check([]board.Booking{booked("1", "a", 10, 20, acked), booked("1", "a", 22, 24, acked), booked("2", "b", 10, 20, acked)},
		[]board.Read{read(15, "b=1"), read(30, "b=1 a=1")}, 10)
	if r.Reads != 2 || r.Compared != 1 || r.Acked != 2 || r.Repeats != 1 || r.Based != 0 || r.Organizers != 2 {
		t.Errorf("%+v", r)
	}
}
