package witness

import (
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/source"
)

const (
	// fewLoads that the wire shows tell how long loads take at least, and manyLoads that they take as long as the
	// environment asks for.
	fewLoads, manyLoads = 2, 5
	// leastLoad is the shortest load that is not mistaken for a busy machine.
	leastLoad = 20 * time.Millisecond
	// nearly is the part of the shortest time that a load takes which rounding and clocks leave of it.
	nearly = 0.9
)

// shortest is the shortest load that the wire shows; 0: it shows too few.
func (p *path) shortest() time.Duration {
	if len(p.loads) < fewLoads {
		return 0
	}
	return p.loads[0]
}

// usual is the median of the loads that the wire shows.
func (p *path) usual() time.Duration {
	if len(p.loads) == 0 {
		return 0
	}
	return p.loads[len(p.loads)/2]
}

// time proves by their times where the answers of a cluster came from that read nothing.
//
//   - Where the environment switches the cache off, or names no Redis, an answer was loaded that found nothing in Redis and
//     took as long as the loads that the wire shows. What is kept in memory is not as slow.
//   - Where the environment has each load take some time, and all that the wire shows take it, an answer that took less
//     than half of it was not loaded, unless it joined the load of another request. It was in memory.
func (w *Witness) time(c cluster) {
	of := c.calls[0].of
	for _, q := range c.calls {
		if q.shown != "" || !q.right || q.done == never || slices.ContainsFunc(c.within(q.sent, q.done), func(s said) bool { return s.class == found && !s.writes }) {
			continue
		}
		took := q.done - q.sent
		if load := of.shortest(); load >= leastLoad && float64(took) >= nearly*float64(load) && w.bare(q) {
			q.shown = source.Database
		}
		if asked := w.delay(q); len(c.calls) == 1 && asked > 0 && took < asked/2 {
			q.shown = source.Memory
		}
	}
}

// bare reports whether the environment switches the request's cache off, or names no Redis to wait for.
func (w *Witness) bare(q *call) bool {
	return slices.Contains(w.scope.NoRedis, q.phase) || slices.ContainsFunc(w.scope.Uncached[q.phase], func(s string) bool { return w.scope.Paths[s] == q.of.text })
}

// delay is how long each load takes at least, by the environment and by the wire; 0: it is not known.
func (w *Witness) delay(q *call) time.Duration {
	name := "DB_DELAY"
	if q.of.loaded == source.AI {
		name = "AI_DELAY"
	}
	least, _, _ := strings.Cut(w.scope.Env[name], "-")
	asked, err := time.ParseDuration(least)
	if err != nil || len(q.of.loads) < manyLoads || slices.Contains(w.scope.OwnDelays, q.phase) ||
		float64(q.of.shortest()) < nearly*float64(asked) {
		return 0
	}
	return asked
}
