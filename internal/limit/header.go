package limit

import (
	"cmp"
	"slices"

	"github.com/trektribe/bench/internal/limit/prove"
)

// A Lie is a kind of header that what happened contradicts.
type Lie struct {
	What     Lying
	Count    int   // answers that told it
	Examples []int // some of these: the decisions that contradict each other, in pairs where it takes two
}

// Lying is what is wrong with a header.
type Lying string

const (
	WrongLimit       Lying = "limit-differs"           // it names another limit
	RemainingTooMany Lying = "remaining-too-many"      // fewer were left by the reading
	RemainingTooFew  Lying = "remaining-too-few"       // more were left by the reading
	RemainingPassed  Lying = "admitted-past-remaining" // more were admitted before the reset
	RemainingBroken  Lying = "remaining-not-granted"   // a request was refused that it had promised
	RetryTooEarly    Lying = "refused-after-retry"     // Retry-After was over, and the next was refused
	RetryTooLate     Lying = "admitted-before-retry"   // a request got in long before Retry-After was over
	ResetMoves       Lying = "reset-moves"             // the window that was to end by then ends later
	ResetTooFar      Lying = "reset-beyond-one-window" // no window lasts so long
)

// examples is how many decisions are kept of each kind.
const examples = 10

// honesty holds the headers of answers against what happened.
type honesty struct {
	ds      []Decision
	reading Reading
	grain   int64
	lies    map[Lying]*Lie
	t       *prove.Track
	answers []int32 // of one client, by sending: the n-th allowed as n, the n-th refused as ^n
	ends    []end   // of these
}

type answer struct {
	prove.Span
	allowed bool
}

type end struct {
	at     int64
	answer int32 // as in answers
}

// at is an answer out of answers or ends.
func (y *honesty) at(n int32) answer {
	if n < 0 {
		return answer{y.t.Refused.All[^n], false}
	}
	return answer{y.t.Allowed.All[n], true}
}

func (y *honesty) header(a answer) *Header { return &y.ds[a.ID].Header }

func newHonesty(ds []Decision, r Reading, c Context) *honesty {
	return &honesty{ds: ds, reading: r, grain: int64(c.Grain), lies: map[Lying]*Lie{}}
}

func (y *honesty) tell(what Lying, ids ...int32) {
	l := y.lies[what]
	if l == nil {
		l = &Lie{What: what}
		y.lies[what] = l
	}
	l.Count++
	if len(l.Examples)+len(ids) <= examples {
		for _, id := range ids {
			l.Examples = append(l.Examples, int(id))
		}
	}
}

func (y *honesty) found() (ls []Lie) {
	for _, l := range y.lies {
		ls = append(ls, *l)
	}
	slices.SortFunc(ls, func(a, b Lie) int { return cmp.Or(cmp.Compare(b.Count, a.Count), cmp.Compare(a.What, b.What)) })
	return ls
}

// look examines one client's headers.
func (y *honesty) look(ids []int32, t *prove.Track) {
	told := Fields(0)
	for _, id := range ids {
		told |= y.ds[id].Header.Has
	}
	if told == 0 {
		return
	}
	a, r := t.Allowed.All, t.Refused.All
	y.t, y.answers, y.ends = t, slices.Grow(y.answers[:0], len(a)+len(r)), y.ends[:0]
	for i, k := 0, 0; i < len(a) || k < len(r); {
		if k == len(r) || i < len(a) && a[i].Sent <= r[k].Sent {
			y.answers = append(y.answers, int32(i))
			i++
		} else {
			y.answers = append(y.answers, ^int32(k))
			k++
		}
	}
	for _, n := range y.answers {
		if a := y.at(n); y.header(a).Has&HasLimit != 0 && y.header(a).Limit != y.reading.Limit {
			y.tell(WrongLimit, a.ID)
		}
	}
	if told&HasRemaining != 0 {
		y.ends = slices.Grow(y.ends, len(y.answers))
		for _, n := range y.answers {
			y.ends = append(y.ends, end{y.at(n).Done, n})
		}
		slices.SortFunc(y.ends, func(a, b end) int {
			if a.at != b.at {
				return cmp.Compare(a.at, b.at)
			}
			return cmp.Compare(a.answer, b.answer)
		})
		y.counted(t)
		y.promised(t)
	}
	if told&HasReset != 0 {
		y.reset()
	}
	if told&HasRetryAfter != 0 {
		y.retry(t)
	}
}

// resets gives the instants between which the answer puts the end of its window.
func (y *honesty) resets(a answer) (lo, hi int64) {
	h := y.header(a)
	at := int64(min(max(h.Reset, -prove.Far), prove.Far))
	if h.Has&ResetIsWait != 0 {
		return a.Sent + at - y.grain, a.Done + at + y.grain
	}
	return at - y.grain, at + y.grain
}

// reset looks at when windows are said to end; sliding readings may say what they like.
func (y *honesty) reset() {
	first := answer{Span: prove.Span{ID: -1}} // of the window that is said to be open
	for _, n := range y.answers {
		a := y.at(n)
		if y.header(a).Has&HasReset == 0 {
			continue
		}
		lo, hi := y.resets(a)
		if lo > a.Done+int64(y.reading.Window) {
			y.tell(ResetTooFar, a.ID)
		}
		if !y.reading.Counts() {
			continue
		}
		if first.ID < 0 {
			first = a
			continue
		}
		end, most := y.resets(first)
		switch {
		case a.Done >= end || hi < end:
			first = a
		case first.Done < a.Sent && lo > most:
			y.tell(ResetMoves, first.ID, a.ID)
		}
	}
}

// retry looks at what became of those that were told when to come back.
func (y *honesty) retry(t *prove.Track) {
	type due struct {
		from, to int64 // when the promise holds, at the latest and at the earliest
		asked    int64
		id       int32
	}
	dues := make([]due, 0, t.Refused.Len())
	var later, asked, opened prove.Cursor
	for _, n := range y.answers {
		a := y.at(n)
		h := y.header(a)
		if a.allowed || h.Has&HasRetryAfter == 0 {
			continue
		}
		wait := int64(min(max(h.RetryAfter, 0), prove.Far))
		dues = append(dues, due{a.Done + wait, a.Sent + wait, a.Sent, a.ID})
		if i := later.Begun(&t.Allowed, a.Done+1); i < t.Allowed.Len() && t.Allowed.Soonest[i] < a.Sent+wait-y.grain {
			y.tell(RetryTooLate, a.ID)
		}
	}
	slices.SortFunc(dues, func(a, b due) int {
		if a.from != b.from {
			return cmp.Compare(a.from, b.from)
		}
		return cmp.Compare(a.id, b.id)
	})
	next, latest := 0, due{to: -prove.Far}
	for _, n := range y.answers {
		a := y.at(n)
		for ; next < len(dues) && dues[next].from <= a.Sent; next++ {
			if dues[next].to > latest.to {
				latest = dues[next]
			}
		}
		if a.allowed || latest.to == -prove.Far {
			continue
		}
		// Has anything been admitted since that may have used up what was promised? Also
		// before it was due: who did not wait has asked for less to be left.
		since := asked.Begun(&t.Allowed, a.Done+1) + opened.Begun(&t.Open, a.Done+1) - t.Allowed.Over(latest.asked)
		if since <= 0 {
			y.tell(RetryTooEarly, latest.id, a.ID)
		}
	}
}
