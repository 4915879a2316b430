package witness

import (
	"cmp"
	"fmt"
	"iter"
	"maps"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/source"
	"github.com/trektribe/bench/internal/history"
)

// queries is the counter of the service contract that stands for loads.
const queries = "trips_db_queries_total"

const (
	// mostOpen is the share of answers in a phase that may be unknown where its loads are counted.
	mostOpen = 0.2
	// together is how far apart answers end that shared a load.
	together = 50 * time.Millisecond
)

// Events have, of a service that does not count its queries, the loads of each phase instead: one for each answer that was
// loaded, or the fewest that explain them where answers share loads.
func (f *filled) Events() iter.Seq[history.Event] {
	return func(yield func(history.Event) bool) {
		for e := range f.History.Events() {
			if !yield(e) {
				return
			}
		}
		if f.counts || !f.Speaks() {
			return
		}
		loads := f.loads()
		for _, s := range f.spans {
			for _, in := range slices.Sorted(maps.Keys(loads[s.Name])) {
				e := history.Event{Kind: history.Counter, Name: queries, Instance: in, Phase: s.Name, At: s.At, Until: s.At, Detail: "begin"}
				if !yield(e) {
					return
				}
				e.At, e.Until, e.Detail, e.Value = s.Until, s.Until, "end", float64(loads[s.Name][in])
				if !yield(e) {
					return
				}
			}
		}
	}
}

// loads are those of each phase, by instance, but for phases of which too little is known. Where loads may have been shared
// they are the fewest that explain the answers: of one key on one instance, those answers share one that were under way at
// the same time, and ended together.
func (f *filled) loads() map[string]map[string]int {
	var loaded []*call
	for i := range f.calls {
		if c := &f.calls[i]; c.loads() && c.silent && f.sourceOf(c) == source.Database {
			loaded = append(loaded, c)
		}
	}
	slices.SortStableFunc(loaded, func(a, b *call) int { return cmp.Compare(a.done, b.done) })
	names := map[*instance]string{}
	out := map[string]map[string]int{}
	for phase, s := range f.shown() {
		if !s.enough() {
			continue
		}
		out[phase] = map[string]int{}
		for name, in := range f.instances {
			names[in], out[phase][name] = name, 0
		}
	}
	type spot struct {
		on  *instance
		of  *path
		key string
	}
	ended := map[spot]time.Duration{}
	for _, c := range loaded {
		_, off := f.scope.Uncached[c.phase]
		shared := f.world.Shared == everywhere || f.world.Shared == uncached && off || f.world.Shared == cached && !off
		at := spot{c.on, c.of, c.key}
		if last, is := ended[at]; shared && is && c.sent <= last && c.done-last <= together {
			continue
		}
		ended[at] = c.done
		if out[c.phase] != nil {
			out[c.phase][names[c.on]]++
		}
	}
	return out
}

// loads reports whether the call may need a query.
func (c *call) loads() bool { return c.of != nil && c.on != nil && c.of.loaded == source.Database }

// A share is of the answers of a phase that may need a query, those of which the wire tells whether they did.
type share struct{ told, of int }

func (s share) enough() bool { return float64(s.of-s.told) <= mostOpen*float64(s.of) }

// shown are the shares of phases in which an answer may need a query.
func (w *Witness) shown() map[string]share {
	out := map[string]share{}
	for i := range w.calls {
		c := &w.calls[i]
		if !c.loads() {
			continue
		}
		s := out[c.phase]
		if s.of++; c.silent && !c.open {
			s.told++
		}
		out[c.phase] = s
	}
	return out
}

// Uncounted is why the wire does not count the loads of the phases that are selected; empty: it does, nobody watched it,
// or the service counts them itself.
func (w *Witness) Uncounted(of []expr.Selector) string {
	if w.counts || w.calls == nil {
		return ""
	}
	if !w.Speaks() {
		return w.Why([]string{"all"})
	}
	shown := w.shown()
	for _, span := range w.spans {
		asked := slices.ContainsFunc(of, func(s expr.Selector) bool { return s.Phase(span.Name) })
		if s := shown[span.Name]; asked && !s.enough() {
			return fmt.Sprintf("in phase %s it shows for %d of %d answers where they came from", span.Name, s.told, s.of)
		}
	}
	return ""
}
