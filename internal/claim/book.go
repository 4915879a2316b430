package claim

import (
	"cmp"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/source"
	"github.com/trektribe/bench/internal/history"
)

// A book keeps what measures of caches need of every request of a history: they
// compare requests with one another, and requests come only about in the order
// in which they ended. It costs 48 bytes a request once for all measures, and 4 for
// each that selects it: some 50 MB for a million, twice that while the slices grow.
type book struct {
	paths  map[string]string // of streams; a stream that is not in it is an entity of its own
	visits []visit
	names  map[string]int32 // of groups and items
	ready  []history.Event  // instances that got ready, in the order recorded
	undone fates            // changes that were not acknowledged
}

// A visit is one request of the book.
type visit struct {
	sent, done time.Duration
	version    int64
	group      int32 // answers that a cache would keep under one key
	item       int32 // the entity whose version it says; −1: none
	parent     int32 // a change: the group of listings that it may change; −1: none
	instance   int32
	what       what
}

// what became of a request.
type what int8

const (
	failed  what = iota // refused, or answered wrongly; the service may have done its work all the same
	lost                // no whole answer: the service may be at work on it still
	unsaid              // a correct answer that does not say where it came from
	cached              // from a cache
	loaded              // from what lies behind the cache
	changed             // an acknowledged change
	maybe               // a change that was not acknowledged, and may have been made
	keyless             // its path has a key, and the history does not say which
)

func newBook(paths map[string]string) *book { return &book{paths: paths, names: map[string]int32{}} }

func (b *book) Event(e *history.Event) {
	if e.Kind == history.Process && e.Name == "ready" {
		b.ready = append(b.ready, *e)
	}
}

// start is when the last instance began at or before t: what was cached, or
// written, before it may be gone. 0: none was seen to.
func (b *book) start(t time.Duration) (at time.Duration) {
	for _, e := range b.ready {
		if e.At <= t {
			at = max(at, e.At)
		}
	}
	return at
}

// filled is the latest instant at which an instance that began before t may have
// filled the cache by itself: when it got ready. 0: none was seen to.
func (b *book) filled(t time.Duration) (at time.Duration) {
	for _, e := range b.ready {
		if e.At <= t {
			at = max(at, e.At, e.Until)
		}
	}
	return at
}

// request enters r, unless it says nothing.
func (b *book) Request(r *history.Request) {
	if r.Failure == history.Canceled || r.Sent == 0 {
		return
	}
	path, known := b.paths[r.Stream]
	if !known {
		path = r.Stream + "/{}"
	}
	path, _, _ = strings.Cut(path, "?")
	keyed := strings.Contains(path, "{")
	v := visit{sent: r.Sent, done: r.Done, version: r.Version, item: -1, parent: -1, instance: b.name("instance " + r.Instance)}
	switch change := r.Method != "" && r.Method != "GET"; {
	case change && r.OK():
		v.what = changed
	case change:
		b.undone.add(r)
		if v.what = maybe; r.Failure == history.Refused || r.Failure == history.Status && r.Status >= 400 && r.Status <= 499 {
			v.what = failed // the service did not get it, or said that it would not make it
		}
	case slices.Contains([]history.Failure{history.Refused, history.Status, history.Shape, history.Backward}, r.Failure):
		v.what = failed
	case !r.OK():
		v.what = lost
	case r.Source == "":
		v.what = unsaid
	case source.Is(r.Source, source.Cache):
		v.what = cached
	default:
		v.what = loaded
	}
	switch {
	case known && keyed && r.Key == "":
		v.what, v.group = keyless, -1
	case keyed:
		entity, _, _ := strings.Cut(path, "/{")
		v.group = b.name(entity + "/" + r.Key)
		v.item = v.group
		if v.what == changed || v.what == maybe {
			v.parent = b.name(entity)
		}
	default:
		v.group = b.name(path)
		if r.Key != "" { // a listing's witness
			v.item = b.name(path + "/" + r.Key)
		}
	}
	b.visits = append(b.visits, v)
}

func (b *book) name(s string) int32 {
	n, ok := b.names[s]
	if !ok {
		n = int32(len(b.names))
		b.names[s] = n
	}
	return n
}

// A read is the selection of one measure in the book.
type read struct {
	tally
	book  *book
	picks []int32 // places in the book's visits
}

func (s *read) Event(*history.Event) {}

func (s *read) Request(r *history.Request) {
	if s.see(r) && r.Sent != 0 {
		s.picks = append(s.picks, int32(len(s.book.visits)-1)) // the walk has just entered it
	}
}

// each calls f for every selected visit of a kind.
func (s *read) each(kinds []what, f func(v *visit)) {
	for _, i := range s.picks {
		if v := &s.book.visits[i]; slices.Contains(kinds, v.what) {
			f(v)
		}
	}
}

// missing is why nothing can be said about the selection; nil: something can.
func (s *read) missing() *figure.Absence {
	if a := s.tally.missing(); a != nil {
		return a
	}
	// That nothing wrong was seen proves something only where most was seen.
	if s.mostlyFailed() {
		return figure.Absent("half of the requests of "+s.sel.Text+", or more, got no correct answer"+s.failures(), "correct answers of "+s.sel.Text)
	}
	for _, i := range s.picks {
		if s.book.visits[i].what == keyless {
			return figure.Absent("requests of "+s.sel.Text+" do not say what they asked for", "the key of every request")
		}
	}
	return nil
}

// silent is why nothing can be said of caches; nil: something can.
func (s *read) silent() *figure.Absence {
	if a := s.missing(); a != nil {
		return a
	}
	said := 0
	s.each([]what{cached, loaded}, func(*visit) { said++ })
	if said == 0 {
		return figure.Absent("the service does not say where its answers come from", "X-Source on its answers")
	}
	return nil
}

// of lists the visits of the given kinds by group, in the order of by. A change
// is listed with its listings too.
func (b *book) of(by func(v *visit) time.Duration, kinds ...what) map[int32][]*visit {
	out := map[int32][]*visit{}
	for i := range b.visits {
		if v := &b.visits[i]; slices.Contains(kinds, v.what) {
			out[v.group] = append(out[v.group], v)
			if v.parent >= 0 {
				out[v.parent] = append(out[v.parent], v)
			}
		}
	}
	for _, vs := range out {
		slices.SortStableFunc(vs, func(a, c *visit) int { return cmp.Compare(by(a), by(c)) })
	}
	return out
}

// touched reports whether one of the changes may have been made between from and to.
func touched(changes []*visit, from, to time.Duration) bool {
	return slices.ContainsFunc(changes, func(w *visit) bool {
		return w.sent <= to && (w.what == maybe || w.done >= from)
	})
}

func sentOf(v *visit) time.Duration { return v.sent }
func doneOf(v *visit) time.Duration { return v.done }

func (v *visit) times() (sent, done time.Duration) { return v.sent, v.done }

// before is how many of vs, sorted by by, lie at or before t.
func before(vs []*visit, by func(v *visit) time.Duration, t time.Duration) int {
	n, _ := slices.BinarySearchFunc(vs, t, func(v *visit, t time.Duration) int {
		if by(v) <= t {
			return -1
		}
		return 1
	})
	return n
}

// bursts groups what overlaps: as many groups as the smallest number of instants of
// which every element's time, from sent to done, holds one. It sorts vs, and the
// groups are stretches of it.
func bursts[T any](vs []T, times func(T) (sent, done time.Duration)) [][]T {
	slices.SortFunc(vs, func(a, b T) int {
		_, x := times(a)
		_, y := times(b)
		return cmp.Compare(x, y)
	})
	var out [][]T
	from, last := 0, time.Duration(-1)
	for i, v := range vs {
		if sent, done := times(v); sent > last {
			if i > from {
				out = append(out, vs[from:i])
			}
			from, last = i, done
		}
	}
	if len(vs) > 0 {
		out = append(out, vs[from:])
	}
	return out
}

// refusals lists the changes that were not acknowledged, in brackets; empty: there is none.
func (b *book) refusals() string {
	if len(b.undone) == 0 {
		return ""
	}
	return " (PUT: " + b.undone.String() + ")"
}
