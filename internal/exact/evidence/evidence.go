// Package evidence is the vocabulary of the checkers beside it: operations as their
// client saw them, and what is found wrong, with the requests that prove it.
//
// Each checker is a function. In go operations with their times, in any order; out
// comes a report of what these times prove, and no more: whoever was not seen to do
// wrong is not accused. Times are since the begin of a clock that all operations
// share. A checker reads nothing, and knows no clock and no chance.
package evidence

import (
	"cmp"
	"slices"
	"time"
)

// A Fate is what became of an operation that changes something.
type Fate uint8

const (
	Unanswered   Fate = iota // it may have happened at any time after it was sent, or never
	Acknowledged             // it happened between sent and done
	Refused                  // it did not happen
)

// A Call is when an operation was sent and done, and its fate. Done of an
// unanswered call is when its client gave up, which proves nothing.
type Call struct {
	Sent, Done time.Duration
	Fate       Fate
}

// A Witness is what proves a finding: what was answered between two times.
type Witness struct {
	At, Until time.Duration
	Text      string
}

// A Finding is one kind of error.
type Finding struct {
	Code      string        // names the kind, for programs
	Says      string        // names it for people, without a number
	Count     int           // at least so many
	Longest   time.Duration // at least so long; 0 where the kind has no length
	Witnesses []Witness     // of the gravest, at most Most, the gravest first

	weights []int64 // of the witnesses
}

// Most is how many witnesses a finding has at most.
const Most = 10

// Add counts n errors more. A witness of a greater weight replaces one of a lesser.
// It is asked for only where it is kept.
func (f *Finding) Add(n int, weight int64, witness func() Witness) {
	f.Count += n
	at, _ := slices.BinarySearchFunc(f.weights, weight, func(have, w int64) int {
		if have >= w {
			return -1 // of the same weight, the first stays first
		}
		return 1
	})
	if at == Most {
		return
	}
	f.weights = slices.Insert(f.weights, at, weight)
	f.Witnesses = slices.Insert(f.Witnesses, at, witness())
	if len(f.weights) > Most {
		f.weights, f.Witnesses = f.weights[:Most], f.Witnesses[:Most]
	}
}

// AddFor counts one error that lasted. The longest are the gravest.
func (f *Finding) AddFor(d time.Duration, witness func() Witness) {
	f.Longest = max(f.Longest, d)
	f.Add(1, int64(d), witness)
}

// Span is a duration as witnesses tell it, to a tenth of a millisecond.
func Span(d time.Duration) string { return d.Round(100 * time.Microsecond).String() }

// Before is how many of times, which are sorted, are earlier than t.
func Before(times []time.Duration, t time.Duration) int {
	n, _ := slices.BinarySearch(times, t)
	return n
}

// UpTo is how many of times, which are sorted, are not later than t.
func UpTo(times []time.Duration, t time.Duration) int {
	n, _ := slices.BinarySearchFunc(times, t, func(have, t time.Duration) int {
		if have <= t {
			return -1
		}
		return 1
	})
	return n
}

// BySent sorts a copy of calls of any kind.
func BySent[T any](all []T, sent func(*T) time.Duration) []T {
	sorted := slices.Clone(all)
	slices.SortStableFunc(sorted, func(a, b T) int { return cmp.Compare(sent(&a), sent(&b)) })
	return sorted
}
