package probe

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/source"
	"github.com/trektribe/bench/internal/history"
)

// A Book keeps every request of a history for the measures of caches, which compare
// requests with one another. Requests come only about in the order in which they
// ended. It costs 48 bytes a request, and 4 for each measure that selects it: some
// 50 MB for a million, twice that while the slices grow.
type Book struct {
	paths  map[string]string // of streams; a stream that is not in it is an entity of its own
	Visits []Visit           // in the order in which they came
	names  map[string]int32  // of groups and items
	Ready  []history.Event   // instances that got ready, in the order recorded
	undone Fates             // changes that were not acknowledged
}

// A Visit is one request of the book.
type Visit struct {
	Sent, Done time.Duration
	Version    int64
	Group      int32 // answers that a cache would keep under one key
	Item       int32 // the entity whose version it says; −1: none
	parent     int32 // a change: the group of listings that it may change; −1: none
	Instance   int32
	Outcome    Outcome
	Older      bool // Failed only because it is older than an answer before
}

// An Outcome is what became of a request.
type Outcome int8

const (
	Failed  Outcome = iota // refused, or answered wrongly; the service may have done its work all the same
	Lost                   // no whole answer: the service may be at work on it still
	Unsaid                 // a correct answer that does not say where it came from
	Cached                 // from a cache
	Loaded                 // from what lies behind the cache
	Changed                // an acknowledged change
	Maybe                  // a change that was not acknowledged, and may have been made
	keyless                // its path has a key, and the history does not say which
)

// newBook is an empty book; paths are those of streams.
func newBook(paths map[string]string) *Book { return &Book{paths: paths, names: map[string]int32{}} }

// Event notes when instances got ready.
func (b *Book) Event(e *history.Event) {
	if e.Kind == history.Process && e.Name == "ready" {
		b.Ready = append(b.Ready, *e)
	}
}

// Start is when the last instance that began by t did so: what was cached, or written,
// before may be gone. 0: no start was seen.
func (b *Book) Start(t time.Duration) (at time.Duration) {
	for _, e := range b.Ready {
		if e.At <= t {
			at = max(at, e.At)
		}
	}
	return at
}

// Filled is the latest instant at which an instance that began by t may have filled
// the cache by itself: when it got ready. 0: no start was seen.
func (b *Book) Filled(t time.Duration) (at time.Duration) {
	for _, e := range b.Ready {
		if e.At <= t {
			at = max(at, e.At, e.Until)
		}
	}
	return at
}

// Request enters r, unless it says nothing about the service.
func (b *Book) Request(r *history.Request) {
	if r.Failure == history.Canceled || r.Sent == 0 {
		return
	}
	path, known := b.paths[r.Stream]
	if !known {
		path = r.Stream + "/{}"
	}
	path, _, _ = strings.Cut(path, "?")
	keyed := strings.Contains(path, "{")
	v := Visit{Sent: r.Sent, Done: r.Done, Version: r.Version, Item: -1, parent: -1, Instance: b.Instance(r.Instance), Older: r.Failure == history.Backward}
	switch change := r.Method != "" && r.Method != "GET"; {
	case change && r.OK():
		v.Outcome = Changed
	case change:
		b.undone.Add(r)
		if v.Outcome = Maybe; r.Failure == history.Refused || r.Failure == history.Limited || r.Failure == history.Status && r.Status >= 400 && r.Status <= 499 {
			v.Outcome = Failed // the service did not get it, or said that it would not make it
		}
	case slices.Contains([]history.Failure{history.Refused, history.Limited, history.Status, history.Shape, history.Backward}, r.Failure):
		v.Outcome = Failed
	case !r.OK():
		v.Outcome = Lost
	case r.Source == "":
		v.Outcome = Unsaid
	case source.Is(r.Source, source.Cache):
		v.Outcome = Cached
	default:
		v.Outcome = Loaded
	}
	switch {
	case known && keyed && r.Key == "":
		v.Outcome, v.Group = keyless, -1
	case keyed:
		entity, _, _ := strings.Cut(path, "/{")
		v.Group = b.name(entity + "/" + r.Key)
		v.Item = v.Group
		if v.Outcome == Changed || v.Outcome == Maybe {
			v.parent = b.name(entity)
		}
	default:
		v.Group = b.name(path)
		if r.Key != "" { // a listing's witness
			v.Item = b.name(path + "/" + r.Key)
		}
	}
	b.Visits = append(b.Visits, v)
}

// Instance is the number of an instance.
func (b *Book) Instance(name string) int32 { return b.name("instance " + name) }

// name numbers groups, items and instances.
func (b *Book) name(s string) int32 {
	n, ok := b.names[s]
	if !ok {
		n = int32(len(b.names))
		b.names[s] = n
	}
	return n
}

// Of lists the visits with one of the outcomes by group, in the order of by. A change
// is listed with the listings that it may change too.
func (b *Book) Of(by func(v *Visit) time.Duration, outcomes ...Outcome) map[int32][]*Visit {
	out := map[int32][]*Visit{}
	for i := range b.Visits {
		if v := &b.Visits[i]; slices.Contains(outcomes, v.Outcome) {
			out[v.Group] = append(out[v.Group], v)
			if v.parent >= 0 {
				out[v.parent] = append(out[v.parent], v)
			}
		}
	}
	for _, vs := range out {
		slices.SortStableFunc(vs, func(a, c *Visit) int { return cmp.Compare(by(a), by(c)) })
	}
	return out
}

// Touched reports whether one of the changes may have been made between from and to.
func Touched(changes []*Visit, from, to time.Duration) bool {
	return slices.ContainsFunc(changes, func(w *Visit) bool {
		return w.Sent <= to && (w.Outcome == Maybe || w.Done >= from)
	})
}

// SentOf and DoneOf are the ends of a visit, to sort by.
func SentOf(v *Visit) time.Duration { return v.Sent }
func DoneOf(v *Visit) time.Duration { return v.Done }

// Times are both.
func (v *Visit) Times() (sent, done time.Duration) { return v.Sent, v.Done }

// UpTo is how many of vs, sorted by by, lie at or before t.
func UpTo(vs []*Visit, by func(v *Visit) time.Duration, t time.Duration) int {
	n, _ := slices.BinarySearchFunc(vs, t, func(v *Visit, t time.Duration) int {
		if by(v) <= t {
			return -1
		}
		return 1
	})
	return n
}

// Refusals lists the changes that were not acknowledged, in brackets, to follow a
// sentence; empty: there is none.
func (b *Book) Refusals() string {
	if len(b.undone) == 0 {
		return ""
	}
	return " (PUT: " + b.undone.String() + ")"
}
