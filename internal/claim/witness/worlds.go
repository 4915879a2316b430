package witness

import (
	"iter"
	"maps"
	"slices"

	"github.com/trektribe/bench/internal/claim/source"
	"github.com/trektribe/bench/internal/history"
)

// Open is how many answers are left unknown, of streams of which others are known.
func (w *Witness) Open() (n int) {
	for i := range w.calls {
		if w.calls[i].open {
			n++
		}
	}
	return n
}

// Certain reports whether nothing is left unknown: no answer, and no load that answers may have shared.
func (w *Witness) Certain() bool { return w.counts && w.Open() == 0 }

// A World is what the unknown answers may be: a source for those up to half of the shortest load, and one for the others.
// And it is where answers shared loads: in phases without a cache, in the others, nowhere, or everywhere.
type World struct {
	Fast, Slow string
	Shared     sharing
}

type sharing int8

const (
	apart sharing = iota
	uncached
	cached
	everywhere
)

// Known leaves them unknown, and has no more loads than there must have been. Worlds are the extremes of what they may be.
var (
	Known  = World{Shared: everywhere}
	Worlds = []World{
		{source.Redis, source.Redis, cached}, {source.Memory, source.Memory, apart}, {source.Database, source.Database, uncached},
		{source.Redis, source.Database, apart}, {source.Database, source.Redis, apart},
	}
)

// As is the history in a world.
func (w *Witness) As(world World) history.History { return &filled{w, world} }

type filled struct {
	*Witness
	world World
}

// Requests have sources.
func (f *filled) Requests() iter.Seq[history.Request] {
	return func(yield func(history.Request) bool) {
		i := 0
		for r := range f.History.Requests() {
			if i < len(f.calls) {
				if c := &f.calls[i]; c.silent {
					r.Source = f.sourceOf(c)
				}
			}
			i++
			if !yield(r) {
				return
			}
		}
	}
}

func (f *filled) sourceOf(c *call) string {
	s := c.shown
	if c.open {
		if s = f.world.Slow; c.done-c.sent < c.of.shortest()/2 {
			s = f.world.Fast
		}
	}
	if s == source.Database {
		return c.of.loaded
	}
	return s
}

// Why is why the wire does not show where answers of streams come from that do not say so; empty: nobody watched it.
func (w *Witness) Why(streams []string) string {
	if w.calls == nil {
		return ""
	}
	for _, name := range slices.Sorted(maps.Keys(w.instances)) {
		if blind := w.instances[name].blind; blind != "" {
			return blind
		}
	}
	of := map[*path]bool{}
	for name, s := range w.streams {
		of[s.path] = of[s.path] || slices.Contains(streams, name) || slices.Contains(streams, "all")
	}
	why := ""
	for _, c := range w.calls {
		switch {
		case !of[c.of]:
		case c.silent && c.of.why != "":
			return c.of.text + ": " + c.of.why
		case c.open && c.on != nil && c.on.hurt(c.sent, c.done):
			why = "while a fault is on, it shows what Redis answered, and not whether the service took it"
		case c.open && why == "":
			why = "it shows nothing of answers without a read of their key"
		}
	}
	return why
}
