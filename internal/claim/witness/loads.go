package witness

import (
	"cmp"
	"iter"
	"maps"
	"slices"
	"time"

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
	all, open := map[string]int{}, map[string]int{}
	for i := range f.calls {
		c := &f.calls[i]
		if c.of == nil || c.on == nil || c.of.loaded != source.Database {
			continue
		}
		if all[c.phase]++; !c.silent || c.open {
			open[c.phase]++
		}
		if c.silent && f.sourceOf(c) == source.Database {
			loaded = append(loaded, c)
		}
	}
	slices.SortStableFunc(loaded, func(a, b *call) int { return cmp.Compare(a.done, b.done) })
	names := map[*instance]string{}
	out := map[string]map[string]int{}
	for phase, n := range all {
		if float64(open[phase]) > mostOpen*float64(n) {
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
