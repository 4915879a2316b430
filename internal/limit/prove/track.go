package prove

import (
	"cmp"
	"math"
	"slices"
)

// Far is later than anything: about nine years. Sums of a few stay in range.
const Far = math.MaxInt64 / 32

// A Track holds the decisions that one counter should have made, by what became
// of them. Times are nanoseconds, widened by the slack.
type Track struct {
	Allowed, Refused, Open Spans // Open: without an answer, so without an end
	Steps                  int   // for each request, to look for windows that explain the track
}

// Thorough is how many steps are many.
const Thorough = 50

// Empty takes all requests out, and keeps the room that they took.
func (t *Track) Empty() { t.Allowed.Empty(); t.Refused.Empty(); t.Open.Empty() }

// Sort has to follow on the last Add.
func (t *Track) Sort() { t.Allowed.Sort(); t.Refused.Sort(); t.Open.Sort() }

// last is when the last of the track was sent or done.
func (t *Track) last() int64 {
	return max(t.Allowed.last(), t.Refused.last(), t.Open.last())
}

// First is when the first of the track was sent.
func (t *Track) First() int64 {
	first := int64(Far)
	for _, s := range []*Spans{&t.Allowed, &t.Refused, &t.Open} {
		first = min(first, s.First())
	}
	return first
}

// Spans are requests by the time they were sent. What the limiter did happened
// between the ends of each, both included.
type Spans struct {
	All     []Span
	Ended   []int64 // all ends, rising
	Soonest []int64 // the first end among this and those sent later
}

// A Span is a request: from its sending to its answer, or to Far.
type Span struct {
	Sent, Done int64
	ID         int32 // of the decision
}

// Empty is as of Track.
func (s *Spans) Empty() { s.All = s.All[:0] }

// Len is how many there are.
func (s *Spans) Len() int { return len(s.All) }

// Add adds a request. Sort has to follow before anything else.
func (s *Spans) Add(v Span) { s.All = append(s.All, v) }

// Sort brings the requests in order once all are there.
func (s *Spans) Sort() {
	bySent := func(a, b Span) int { return cmp.Compare(a.Sent, b.Sent) }
	if !slices.IsSortedFunc(s.All, bySent) {
		slices.SortFunc(s.All, func(a, b Span) int {
			if a.Sent != b.Sent {
				return cmp.Compare(a.Sent, b.Sent)
			}
			return cmp.Or(cmp.Compare(a.Done, b.Done), cmp.Compare(a.ID, b.ID))
		})
	}
	s.Ended, s.Soonest = slices.Grow(s.Ended[:0], len(s.All)), slices.Grow(s.Soonest[:0], len(s.All))[:len(s.All)]
	soonest := int64(Far)
	for i := len(s.All) - 1; i >= 0; i-- {
		soonest = min(soonest, s.All[i].Done)
		s.Soonest[i] = soonest
	}
	for _, v := range s.All {
		s.Ended = append(s.Ended, v.Done)
	}
	slices.Sort(s.Ended)
}

// First is when the first was sent.
func (s *Spans) First() int64 {
	if len(s.All) == 0 {
		return Far
	}
	return s.All[0].Sent
}

// Begun is how many were sent before t.
func (s *Spans) Begun(t int64) int {
	i, j := 0, len(s.All)
	for i < j {
		if m := (i + j) / 2; s.All[m].Sent < t {
			i = m + 1
		} else {
			j = m
		}
	}
	return i
}

// Over is how many were done before t.
func (s *Spans) Over(t int64) int {
	i, j := 0, len(s.Ended)
	for i < j {
		if m := (i + j) / 2; s.Ended[m] < t {
			i = m + 1
		} else {
			j = m
		}
	}
	return i
}

// last is when the last was done, or sent where nothing has an end.
func (s *Spans) last() int64 {
	last := int64(-Far)
	for i := len(s.Ended) - 1; i >= 0 && last == -Far; i-- {
		if s.Ended[i] < Far {
			last = s.Ended[i]
		}
	}
	if n := len(s.All); n > 0 {
		last = max(last, s.All[n-1].Sent)
	}
	return last
}

// within is how many were surely sent and done in [from, to): at least, where
// more than a few were sent, for those that outlast the stretch are allowed for
// as if they had ended in it.
func (s *Spans) within(from, to int64) int {
	if to <= from {
		return 0
	}
	i, j := s.Begun(from), s.Begun(to)
	if j-i > 64 {
		return max(0, s.Over(to)-i)
	}
	n := 0
	for _, v := range s.All[i:j] {
		if v.Done < to {
			n++
		}
	}
	return n
}
