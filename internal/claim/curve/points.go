package curve

import (
	"cmp"
	"fmt"
	"maps"
	"math"
	"slices"

	"github.com/trektribe/bench/internal/stats"
)

const (
	// step is the factor between the bounds of neighbouring points. Keys from a
	// zipf distribution over 500 differ a thousandfold: eight points show the bend,
	// and each still has keys enough to tell.
	step = 2.5
	// leastRequests are what a point needs: below, a single burst would place it.
	leastRequests = 30
)

// Judge makes the curve of the rounds seen, in the order in which they were
// played. Scenario and Arm of the Curve are left to the caller.
func (c *Spec) Judge(rounds []Round) (out Curve) {
	blank := Curve{ID: c.Text.ID, Says: c.Text.Says, TTL: c.Text.TTL.Seconds(), Points: []Point{}, Falls: []Fall{}}
	defer func() {
		if e := recover(); e != nil {
			out = blank
			out.Why = fmt.Sprintf("panic: %v", e)
		}
	}()
	out = blank
	var seen []Round
	for _, r := range rounds {
		switch {
		case r.why == "" && len(r.keys) > 0:
			seen = append(seen, r)
		case out.Why == "":
			out.Why = cmp.Or(r.why, "the round was not observed")
		}
	}
	if len(seen) == 0 {
		out.Why = cmp.Or(out.Why, "no round was played")
		return out
	}
	out.Why = ""
	if slices.ContainsFunc(seen, func(r Round) bool { return !r.counted }) {
		out.Says += " (the service does not count its queries: each answer from the database is taken for one)"
	}
	var all keyload
	for _, r := range seen {
		for _, k := range r.keys {
			all.add(k)
		}
	}
	if all.loads == 0 {
		out.Why = "no answer came from the database: there is nothing to compare with"
		return out
	}
	out.Load = all.loadWait.Seconds() / float64(all.loads)
	out.Hit = all.hitWait.Seconds() / float64(max(1, all.hits))
	for _, b := range binned(seen, out.TTL) {
		if b.all.requests >= leastRequests {
			out.Points = append(out.Points, b.point(out))
		}
	}
	if len(out.Points) == 0 {
		out.Why = fmt.Sprintf("fewer than %d answers at any load", leastRequests)
		return out
	}
	for _, share := range []float64{0.8, 0.9} {
		out.Falls = append(out.Falls, Fall{Share: share, From: from(out.Points, 1-share),
			Alone: reached(alone, 1-share, out.Load, out.TTL), Shared: reached(shared, 1-share, out.Load, out.TTL)})
	}
	return out
}

func (k *keyload) add(o *keyload) {
	k.requests, k.hits, k.loads = k.requests+o.requests, k.hits+o.hits, k.loads+o.loads
	k.queries += o.queries
	k.wait, k.hitWait, k.loadWait = k.wait+o.wait, k.hitWait+o.hitWait, k.loadWait+o.loadWait
}

// A bin is the keys whose requests per TTL lie between two powers of step.
type bin struct {
	all    keyload
	rates  map[string]float64 // of its keys, requests per second
	counts map[string]int     // of its keys, requests
	k, n   []int              // queries and requests, round by round
}

// binned are the bins that have a key, in the order of their load. How often a key
// is asked for is known from all rounds together: in one alone chance would put
// the same key here and there.
func binned(rounds []Round, ttl float64) []*bin {
	span, counts := 0.0, map[string]int{}
	for _, r := range rounds {
		span += r.span.Seconds()
		for key, k := range r.keys {
			counts[key] += k.requests
		}
	}
	bins := map[int]*bin{}
	of := map[string]*bin{}
	for key, n := range counts {
		rate := float64(n) / span
		place := int(math.Floor(math.Log(rate*ttl) / math.Log(step)))
		if bins[place] == nil {
			bins[place] = &bin{rates: map[string]float64{}, counts: map[string]int{}}
		}
		of[key] = bins[place]
		of[key].rates[key], of[key].counts[key] = rate, n
	}
	for _, r := range rounds {
		queries, requests := map[*bin]float64{}, map[*bin]int{}
		for _, key := range slices.Sorted(maps.Keys(r.keys)) { // sums in a fixed order: the same bytes out
			k, b := r.keys[key], of[key]
			b.all.add(k)
			queries[b] += k.queries
			requests[b] += k.requests
		}
		for b, n := range requests {
			b.k, b.n = append(b.k, min(n, int(math.Round(queries[b])))), append(b.n, n)
		}
	}
	var out []*bin
	for _, place := range slices.Sorted(maps.Keys(bins)) {
		out = append(out, bins[place])
	}
	return out
}

// point sums the bin up. Where it holds keys of many rates, its arithmetic is that
// of each, weighted by its requests.
func (b *bin) point(c Curve) Point {
	n := float64(b.all.requests)
	p := Point{Keys: len(b.counts), Requests: b.all.requests, Queries: b.all.queries / n, Hits: float64(b.all.hits) / n}
	for _, key := range slices.Sorted(maps.Keys(b.counts)) {
		weight, rate := float64(b.counts[key])/n, b.rates[key]
		p.X += weight * rate * c.TTL
		p.Alone += weight * alone(rate, c.Load, c.TTL)
		p.Shared += weight * shared(rate, c.Load, c.TTL)
	}
	_, iv := stats.Binomial(b.k, b.n, stats.Alpha)
	p.Lo, p.Hi = min(p.Queries, max(0, iv.Lo)), max(p.Queries, min(1, iv.Hi))
	p.Speedup = ratioOf(c.Load, b.all.wait.Seconds()/n)
	p.Arithmetic = ratioOf(c.Load, (1-p.Hits)*c.Load+p.Hits*c.Hit)
	return p
}

// ratioOf is a / b; 0 where b is.
func ratioOf(a, b float64) float64 {
	if b == 0 {
		return 0
	}
	return a / b
}

// from is the load from which on, at every point, there are at most most queries
// per request; between the last point that has more and the next it is read off a
// straight line over the logarithm of the load. Where all comply, it is the first's.
func from(points []Point, most float64) float64 {
	i := len(points)
	for i > 0 && points[i-1].Queries <= most {
		i--
	}
	switch {
	case i == len(points):
		return 0
	case i == 0:
		return points[0].X
	}
	a, b := points[i-1], points[i]
	share := (a.Queries - most) / (a.Queries - b.Queries)
	return math.Exp(math.Log(a.X) + share*(math.Log(b.X)-math.Log(a.X)))
}
