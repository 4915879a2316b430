package impact

import (
	"math"
	"slices"
	"sort"
	"time"

	"github.com/trektribe/bench/internal/claim/source"
	"github.com/trektribe/bench/internal/history"
)

// A Request is what the impact is read from, in 32 bytes.
type Request struct {
	At, Took  time.Duration // when it was due; response time from then on
	Late      time.Duration // part of Took: how late the generator sent it
	OK        bool          // answered correctly
	Said, Hit bool          // the answer says its source; that is a cache
}

// RequestOf keeps of r what the impact is read from.
func RequestOf(r *history.Request) Request {
	a := Request{At: r.Intended, Took: r.Response(), OK: r.OK(), Said: r.OK() && r.Source != "", Hit: r.OK() && source.Is(r.Source, source.Cache)}
	if !r.Queued && r.Sent > 0 {
		a.Late = r.Lag()
	}
	return a
}

// Good reports a correct answer within the bound.
func (a Request) Good(bound time.Duration) bool { return a.OK && a.Took <= bound }

// Sort sorts requests by the time at which they were due.
func Sort(rs []Request) {
	slices.SortStableFunc(rs, func(a, b Request) int { return int(a.At - b.At) })
}

// Since are the requests that were due from an instant on; rs is sorted.
func Since(at time.Duration, rs []Request) []Request {
	return rs[sort.Search(len(rs), func(i int) bool { return rs[i].At >= at }):]
}

// class groups answers that can be compared with one another: hits, loads, and
// answers that do not say their source.
func (a Request) class() int {
	switch {
	case a.Hit:
		return 0
	case a.Said:
		return 1
	}
	return 2
}

// ranked is the nearest-rank quantile; it sorts ts. 0 where there is none.
func ranked(ts []time.Duration, q float64) time.Duration {
	if slices.Sort(ts); len(ts) == 0 {
		return 0
	}
	return ts[max(1, int(math.Ceil(q*float64(len(ts))-1e-9)))-1]
}
