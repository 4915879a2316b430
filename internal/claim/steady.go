package claim

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
)

// What steady is compared over, and with how much patience for chance.
const (
	steadyBefore = 3 * time.Second        // the healthy time that is compared with: this long before the fault, but its later half at most: the first warms up
	steadyBin    = 100 * time.Millisecond // the resolution
	steadySpan   = 500 * time.Millisecond // what is compared: half a second, sliding by a bin
	steadyCount  = 50                     // or as long as it takes to ask this often
	steadyLeast  = 20                     // healthy requests that are needed
	steadyNoise  = 3                      // standard deviations that a span may be short of what is due
)

// steadyAgain is time_to_steady.
type steadyAgain struct{ askings }

func startSteady(_ *walk, args []expr.Arg) probe { return &steadyAgain{newAskings(args)} }

func (s *steadyAgain) Value() figure.Value {
	return s.each(func(o ordeal, rs []asking) (figure.Element, *figure.Absence) { return steadyAfter(o, rs, s.bound) })
}

// steadyAfter is from the end of the last heal until an instance is as it was; rs is in order.
func steadyAfter(o ordeal, rs []asking, bound time.Duration) (figure.Element, *figure.Absence) {
	if !o.healed {
		return figure.Element{}, figure.Absent("nothing was healed before the history ended", "a phase after the fault")
	}
	before, after := healthy(o, rs), since(o.lifted, rs)
	h := healthOf(before, bound)
	switch {
	case len(before) < steadyLeast:
		return figure.Element{}, figure.Absent(fmt.Sprintf("%s before the fault, and %d are needed to know what steady is", figure.Count(len(before), "requests"), steadyLeast),
			"a longer phase before the fault")

	case h.good < 0.5:
		return figure.Element{}, figure.Absent("fewer than half of the requests before the fault were answered within the bound", "a service that is well before the fault")
	case len(after) == 0:
		return figure.Element{}, figure.Absent("nothing was asked after the heal", "a phase with traffic after the fault")
	}
	at, watched, found := h.again(after, o.lifted, bound)
	if !found {
		at = watched
	}
	return figure.Element{X: at.Seconds(), Cut: !found}, nil
}

// healthy are the requests that tell how the service was before the fault; rs is in order. None is
// taken that was asked for after one which the fault met under way: of those that were done by then
// too many are fast ones, from a cache.
func healthy(o ordeal, rs []asking) []asking {
	until := o.began
	for _, r := range rs {
		if r.at < until && r.at+r.took > o.began {
			until = r.at
			break
		}
	}
	before := rs[:len(rs)-len(since(until, rs))]
	return since(max(until-steadyBefore, (rs[0].at+until)/2), before)
}

// since are the requests from an instant on.
func since(at time.Duration, rs []asking) []asking {
	return rs[sort.Search(len(rs), func(i int) bool { return rs[i].at >= at }):]
}

// A health is how a service was before a fault.
type health struct {
	good float64          // share of the requests
	hit  float64          // least share of the answers that say a source; −1: none does
	fast [3]time.Duration // by class: twice the p95 of correct answers, and 5 ms; 0: there were none to compare with
}

func healthOf(rs []asking, bound time.Duration) health {
	h := health{hit: -1}
	var good, said, hits int
	var took [3][]time.Duration
	for _, r := range rs {
		if r.good(bound) {
			good++
		}
		if r.said {
			said++
		}
		if r.hit {
			hits++
		}
		if r.ok {
			took[r.class()] = append(took[r.class()], r.took)
		}
	}
	h.good = float64(good) / float64(max(1, len(rs)))
	if said > 0 {
		// Five points less than it was; and it is known from so many answers only: three standard deviations.
		p := float64(hits) / float64(said)
		h.hit = max(0, p-0.05-steadyNoise*math.Sqrt(p*(1-p)/float64(said)))
	}
	// A class alone: of hits and misses together the p95 is one or the other by chance.
	for i, ts := range took {
		if len(ts) > 0 {
			h.fast[i] = 2*ranked(ts, 0.95) + slack
		}
	}
	return h
}

// due is the least that each share must be: good, from a cache, fast.
func (h *health) due() [3]float64 { return [3]float64{0.99 * h.good, h.hit, 0.95} }

// ratios are how many of how many requests are good, from a cache, and fast.
type ratios [3]struct{ k, n int }

func (s *ratios) add(h *health, r asking, bound time.Duration) {
	one := func(i int, in, is bool) {
		if in {
			s[i].n++
			if is {
				s[i].k++
			}
		}
	}
	one(0, true, r.good(bound))
	one(1, r.said && h.hit >= 0, r.hit)
	limit := h.fast[r.class()]
	one(2, r.ok && limit > 0, r.took <= limit)
}

// plus is s and so many times o.
func (s ratios) plus(o ratios, times int) ratios {
	for i := range s {
		s[i].k, s[i].n = s[i].k+times*o[i].k, s[i].n+times*o[i].n
	}
	return s
}

// reach reports whether every share is what is due, less so many standard deviations of
// what chance makes of as many requests.
func (s *ratios) reach(h *health, deviations float64) bool {
	for i, due := range h.due() {
		k, n := float64(s[i].k), float64(s[i].n)
		p := (due*n + 1) / (n + 2) // never without noise
		if n > 0 && k < n*due-deviations*math.Sqrt(n*p*(1-p)) {
			return false
		}
	}
	return true
}

// again is the begin of the bin since the heal from which on the service is as it was. First it must
// be so at the end: all that follows a bin taken together, and each span of it but for chance. Then
// that bin is where the surplus over what is due, summed from the end, no longer grows: going back in time, what was
// not yet steady takes from it (the cumulative sum test of Page, Biometrika 1954). Spans alone would not tell
// where within them it was. What is not seen for a whole span is not found. Watched is since the heal.
func (h health) again(after []asking, lifted time.Duration, bound time.Duration) (at, watched time.Duration, found bool) {
	watched = after[len(after)-1].at - lifted
	span := max(steadySpan, steadyCount*watched/time.Duration(len(after)))
	bins := int(watched/steadyBin) + 1
	own := make([]ratios, bins)
	for _, r := range after {
		own[(r.at-lifted)/steadyBin].add(&h, r, bound)
	}
	wide := int((span + steadyBin - 1) / steadyBin)
	sums := make([]ratios, bins+1) // of all bins from here on
	first := bins                  // the first bin from which on all spans are within chance
	for b := bins - 1; b >= 0; b-- {
		sums[b] = own[b].plus(sums[b+1], 1)
		if b+wide > bins {
			continue
		}
		spanned := sums[b].plus(sums[b+wide], -1)
		if !spanned.reach(&h, steadyNoise) {
			break
		}
		first = b
	}
	if first == bins {
		return 0, watched, false
	}
	begin := first
	for i := range sums[0] {
		begin = max(begin, h.turn(sums[first:bins], i)+first)
	}
	for ; begin+wide <= bins; begin++ {
		if sums[begin].reach(&h, 0) {
			return time.Duration(begin) * steadyBin, watched, true
		}
	}
	return 0, watched, false
}

// turn is the first of sums at which the surplus of share i is the largest, but for two requests.
func (h *health) turn(sums []ratios, i int) int {
	surplus := func(s ratios) float64 { return float64(s[i].k) - h.due()[i]*float64(s[i].n) }
	most := math.Inf(-1)
	for _, s := range sums {
		most = max(most, surplus(s))
	}
	return slices.IndexFunc(sums, func(s ratios) bool { return surplus(s) >= most-2 })
}
