package measure

import (
	"strconv"
	"strings"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/ledger"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/exact/board"
	"github.com/trektribe/bench/internal/exact/evidence"
	"github.com/trektribe/bench/internal/history"
)

// places is how many organizers a leaderboard shows, by the service contract.
const places = 10

// boardRows are the measures of the leaderboard.
func boardRows() []Measure {
	row := func(name, label, noun, doc string, form expr.Form, value func(*boards) figure.Value) Measure {
		return exactRow(name, label, noun, doc, form, func(w *probe.Walk, args []expr.Arg) probe.Probe {
			return &boards{Tally: probe.Tally{Sel: args[0].Selector}, ledger: ledgerOf(w), checker: sharedBy[board.Report](w, "board"), value: value}
		})
	}
	return []Measure{
		row("lost_bookings", "lost bookings", "bookings", "Number of acknowledged bookings that the last selected reading of the leaderboard lacks. A booking "+
			"is one bookingId. A booking that got no answer may have counted or not. Of an organizer that is not among the ten, a full board says only "+
			"that it has no more than the tenth.", expr.Counted, (*boards).lost),
		row("doubled_bookings", "doubled bookings", "readings", "Number of counts beyond all bookings that were sent, refused ones left out: of each organizer the "+
			"most that one selected reading shows. A bookingId that is posted again is no further booking. An organizer counts from what was read "+
			"before its first booking was sent; without such a reading it proves nothing.", expr.Counted, (*boards).doubled),
		row("late_boards", "boards without a confirmed booking", "readings", "Number of selected readings that lack a booking which was acknowledged before they were "+
			"sent.", expr.Counted, (*boards).late),
		row("board_lag", "longest lag of the leaderboard", "readings", "Longest time from the acknowledgement of a booking to the sending of a selected reading that "+
			"lacks it. Zero when no reading lacks any. What a reading does show may be any of the bookings: the first ones are assumed.", expr.Proved, (*boards).lag),
		row("board_divergence", "longest divergence of the leaderboard", "readings", "Longest time from a reading of any instance to the sending of a selected "+
			"reading that shows a lower score of the same organizer. Zero when there is none.", expr.Proved, (*boards).divergence),
		row("misordered_boards", "boards out of order", "readings", "Number of selected readings whose rows are not in the order of the contract, or that list an "+
			"organizer twice.", expr.Counted, (*boards).misordered),
		row("missing_organizers", "boards without an organizer of the ten", "readings", "Number of selected readings of a full leaderboard that lack an organizer "+
			"whose acknowledged bookings put it before the tenth.", expr.Counted, (*boards).missing),
	}
}

// boards holds the selected readings of the leaderboard against all bookings.
type boards struct {
	probe.Deaf
	probe.Tally
	ledger  *ledger.Ledger
	checker *shared[board.Report]
	value   func(*boards) figure.Value
	reads   byState[board.Read]
	unsaid  int // readings whose answer says no rows
	full    int // readings of ten
	several int // readings of two or more
}

func (b *boards) Request(r *history.Request) {
	if !b.See(r) || !r.OK() || r.Sent == 0 {
		return
	}
	rows, ok := rowsOf(r.Answer)
	if !ok {
		b.unsaid++
		return
	}
	if len(rows) >= 2 {
		b.several++
	}
	if len(rows) >= places {
		b.full++
	}
	if b.reads == nil {
		b.reads = byState[board.Read]{}
	}
	state := b.ledger.State(r.Sent)
	b.reads[state] = append(b.reads[state], board.Read{Instance: r.Instance, Sent: r.Sent, Done: r.Done, Rows: rows})
}

// rowsOf reads the lines "organizer=score" of an answer.
func rowsOf(answer string) (rows []board.Row, ok bool) {
	if answer == history.NothingListed {
		return nil, true
	}
	for line := range strings.SplitSeq(answer, "\n") {
		at := strings.LastIndexByte(line, '=')
		if at < 0 {
			return nil, false
		}
		n, err := strconv.ParseInt(line[at+1:], 10, 64)
		if err != nil {
			return nil, false
		}
		rows = append(rows, board.Row{Organizer: line[:at], Score: n})
	}
	return rows, true
}

// Value is no data where nothing was read or booked.
func (b *boards) Value() figure.Value {
	if a := b.Tally.Missing(); a != nil {
		return figure.Value{None: a}
	}
	if len(b.reads) == 0 && b.unsaid > 0 {
		return figure.NoData("a stream of GET /api/leaderboard", "the answers of %s list no organizers", b.Sel.Text)
	}
	v := b.value(b)
	// To have seen nothing wrong proves something only where most was seen.
	if v.None == nil && len(v.Findings) == 0 && b.MostlyFailed() {
		return figure.NoData("correct answers of "+b.Sel.Text, "half of the readings, or more, got no correct answer%s", b.Failures())
	}
	return v
}

// reports are what the checker says of each state.
func (b *boards) reports() ([]board.Report, *figure.Absence) {
	return b.checker.ask(b.Sel.Text, b.check)
}

func (b *boards) check() (all []board.Report, none *figure.Absence) {
	acked, strange := 0, 0
	for _, state := range b.reads.states() {
		bookings := b.ledger.Bookings(state)
		r := board.Check(bookings, b.reads[state], places)
		acked += r.Acked
		strange += r.Strangers
		if r.Acked > 0 {
			all = append(all, r)
		}
	}
	switch {
	case acked == 0:
		return nil, figure.Absent("no booking was acknowledged"+undone(b.ledger.Undone(), func(r history.Request) bool { return b.ledger.Books(r.Stream) }),
			"bookings (POST /api/bookings with a bookingId) that the service answers with 201")
	case len(b.reads) == 0:
		return nil, figure.Absent("no reading of "+b.Sel.Text+" got a correct answer"+b.Failures(), "correct answers of "+b.Sel.Text)
	case strange > 0:
		return nil, figure.Absent("the leaderboard lists organizers, and none of those that were booked",
			"bookings whose organizerId is {id} alone, and a leaderboard that lists it as organizerId")
	}
	return all, nil
}

// judged is what a finding of each report comes to, over the readings that could have shown it.
func (b *boards) judged(of func(*board.Report) evidence.Finding, samples func(*board.Report) int, make func(int, ...evidence.Finding) figure.Value) figure.Value {
	reports, none := b.reports()
	if none != nil {
		return figure.Value{None: none}
	}
	n, found := gathered(reports, of, samples)
	if n == 0 {
		return figure.NoData("readings after bookings", "no reading of %s was sent after a booking was acknowledged", b.Sel.Text)
	}
	return make(n, found...)
}

func compared(r *board.Report) int { return r.Compared }

func (b *boards) lost() figure.Value {
	return b.judged(func(r *board.Report) evidence.Finding { return r.Lost }, func(r *board.Report) int {
		if r.Compared == 0 {
			return 0
		}
		return r.Acked
	}, countOf)
}

func (b *boards) late() figure.Value {
	return b.judged(func(r *board.Report) evidence.Finding { return r.Late }, compared, countOf)
}

func (b *boards) lag() figure.Value {
	return b.judged(func(r *board.Report) evidence.Finding { return r.Late }, compared, longestOf)
}

func (b *boards) doubled() figure.Value {
	reports, none := b.reports()
	if none != nil {
		return figure.Value{None: none}
	}
	based := 0
	for _, r := range reports {
		based += r.Based
	}
	if based == 0 {
		return figure.NoData("readings before the first booking", "nobody read the leaderboard before the first booking was sent: what it began with is not known")
	}
	return b.judged(func(r *board.Report) evidence.Finding { return r.Doubled }, compared, countOf)
}

func (b *boards) divergence() figure.Value {
	v := b.judged(func(r *board.Report) evidence.Finding {
		f := r.Apart
		if r.Back.Longest > f.Longest {
			f = r.Back
		}
		return f
	}, func(r *board.Report) int { return r.Reads }, longestOf)
	return v
}

func (b *boards) misordered() figure.Value {
	if b.several == 0 && len(b.reads) > 0 {
		return figure.NoData("bookings for two organizers or more", "no reading of %s lists two organizers", b.Sel.Text)
	}
	return b.judged(func(r *board.Report) evidence.Finding { return r.Misordered }, func(*board.Report) int { return b.several }, countOf)
}

func (b *boards) missing() figure.Value {
	if b.full == 0 && len(b.reads) > 0 {
		return figure.NoData("bookings for more than ten organizers", "no reading of %s lists ten organizers: the leaderboard was never full", b.Sel.Text)
	}
	return b.judged(func(r *board.Report) evidence.Finding { return r.Missing }, func(*board.Report) int { return b.full }, countOf)
}
