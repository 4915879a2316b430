package limit

import "github.com/trektribe/bench/internal/limit/prove"

// counted holds what is said to remain against what was used, by the reading.
func (y *honesty) counted(t *prove.Track) {
	r, w := y.reading, int64(y.reading.Window)
	if r.Kind == GCRA || r.Kind == SlidingCounter {
		return // each service rounds these its own way
	}
	var sent, ended, opened, before, early prove.Cursor
	start, from, next := int64(-prove.Far), 0, 0 // the silence that last ended: when, and how many were allowed before
	for _, n := range y.answers {
		a := y.at(n)
		for ; r.Kind == FixedFromFirst && next < t.Allowed.Len() && t.Allowed.All[next].Sent <= a.Sent; next++ {
			if v := t.Allowed.All[next]; next == 0 || v.Sent-t.Allowed.Ended[next-1] >= w {
				start, from = v.Sent, next
			}
		}
		h := y.header(a)
		if h.Has&HasRemaining == 0 {
			continue
		}
		open := opened.Begun(&t.Open, a.Done+1)
		most := sent.Begun(&t.Allowed, a.Done+1) - early.Over(&t.Allowed, a.Sent-w+1) + open
		if h.Remaining < r.Limit-most {
			y.tell(RemainingTooFew, a.ID)
		}
		done := ended.Over(&t.Allowed, a.Sent)
		least := 0
		switch {
		case r.Kind == SlidingLog:
			least = done - before.Begun(&t.Allowed, a.Done-w+1)
		case r.Kind == FixedClock && prove.Floor(a.Sent, w, int64(r.Epoch)) == prove.Floor(a.Done, w, int64(r.Epoch)):
			least = done - before.Begun(&t.Allowed, prove.Floor(a.Sent, w, int64(r.Epoch)))
		case r.Kind == FixedFromFirst && a.Done < start+w && open == 0:
			least = done - from
		}
		if least = max(0, least); a.allowed {
			least++
		}
		if h.Remaining > max(0, r.Limit-least) {
			y.tell(RemainingTooMany, a.ID)
		}
	}
}

// promised looks for requests that were refused though an answer had said that
// enough remained, and for more that were admitted than it had said. This needs
// no model: what remains shrinks only by what is admitted.
func (y *honesty) promised(t *prove.Track) {
	next, best := 0, -1
	var by int32
	var ended, sent, opened prove.Cursor
	for _, n := range y.answers {
		a := y.at(n)
		for ; next < len(y.ends) && y.ends[next].at < a.Sent; next++ {
			e := y.at(y.ends[next].answer)
			h := y.header(e)
			if h.Has&HasRemaining == 0 || h.Remaining <= 0 {
				continue
			}
			n := h.Remaining + ended.Over(&t.Allowed, e.Sent)
			if e.allowed {
				n++
			}
			if n > best {
				best, by = n, e.ID
			}
		}
		if !a.allowed && best > sent.Begun(&t.Allowed, a.Done+1)+opened.Begun(&t.Open, a.Done+1) {
			y.tell(RemainingBroken, by, a.ID)
		}
	}
	if !y.reading.Counts() {
		return
	}
	var inTime, after prove.Cursor
	for _, n := range y.answers {
		a := y.at(n)
		h := y.header(a)
		if h.Has&(HasRemaining|HasReset) != HasRemaining|HasReset {
			continue
		}
		lo, _ := y.resets(a)
		if inTime.Over(&t.Allowed, lo)-after.Begun(&t.Allowed, a.Done+1) > max(0, h.Remaining) {
			y.tell(RemainingPassed, a.ID)
		}
	}
}
