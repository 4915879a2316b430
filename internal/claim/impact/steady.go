package impact

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
)

// What is compared, and how much is left to chance.
const (
	steadyBefore = 3 * time.Second        // the time before the fault that is compared with; its later half at most, because the first warms up
	SteadyStep   = 100 * time.Millisecond // the resolution
	steadySpan   = 500 * time.Millisecond // the span that is compared, sliding by a step
	steadyCount  = 50                     // the span is longer where it takes longer to ask this often
	LeastBefore  = 20                     // requests before the fault that are needed
	steadyNoise  = 3                      // standard deviations that a span may be short of what is due
)

// TimeToSteady is from the end of the last heal until the instance answers as it did
// before the fault; rs is sorted.
func TimeToSteady(w Window, rs []Request, bound time.Duration) (figure.Element, *figure.Absence) {
	if !w.Healed {
		return figure.Element{}, figure.Absent("the fault did not end before the round did", "a phase after the fault")
	}
	before, after := Before(w, rs), Since(w.Lifted, rs)
	h := standardOf(before, bound)
	switch {
	case len(before) < LeastBefore:
		return figure.Element{}, figure.Absent(fmt.Sprintf("%s before the fault, and %d are needed to know the steady state", figure.Count(len(before), "requests"), LeastBefore),
			"a longer phase before the fault")
	case h.good < 0.5:
		return figure.Element{}, figure.Absent("fewer than half of the requests before the fault were answered within the bound", "a service that is healthy before the fault")
	case len(after) == 0:
		return figure.Element{}, figure.Absent("no request came after the fault", "a phase with traffic after the fault")
	}
	at, watched, found := h.again(after, w.Lifted, bound)
	if !found {
		at = watched
	}
	return figure.Element{X: at.Seconds(), Cut: !found}, nil
}

// Before are the requests that show how the instance answered before the fault; rs is
// sorted. It ends with the first request that the fault met under way: of those sent
// after that one, only the fast ones, from a cache, were done before the fault.
func Before(w Window, rs []Request) []Request {
	until := w.Began
	for _, r := range rs {
		if r.At < until && r.At+r.Took > w.Began {
			until = r.At
			break
		}
	}
	before := rs[:len(rs)-len(Since(until, rs))]
	return Since(max(until-steadyBefore, (rs[0].At+until)/2), before)
}

// A standard is how the service answered before the fault.
type standard struct {
	good float64          // share of the requests
	hit  float64          // least share of the answers that say a source; −1: none does
	fast [3]time.Duration // by class: twice the p95 of correct answers, and 5 ms; 0: there were none to compare with
}

func standardOf(rs []Request, bound time.Duration) standard {
	h := standard{hit: -1}
	var good, said, hits int
	var took [3][]time.Duration
	for _, r := range rs {
		if r.Good(bound) {
			good++
		}
		if r.Said {
			said++
		}
		if r.Hit {
			hits++
		}
		if r.OK {
			took[r.class()] = append(took[r.class()], r.Took)
		}
	}
	h.good = float64(good) / float64(max(1, len(rs)))
	if said > 0 {
		// Five points less than it was, and three standard deviations: it is known from so many answers only.
		p := float64(hits) / float64(said)
		h.hit = max(0, p-0.05-steadyNoise*math.Sqrt(p*(1-p)/float64(said)))
	}
	// By class: of hits and misses together the p95 would be one or the other by chance.
	for i, ts := range took {
		if len(ts) > 0 {
			h.fast[i] = 2*ranked(ts, 0.95) + Slack
		}
	}
	return h
}

// due is the least that each share must be: good answers, hits, fast answers.
func (h *standard) due() [3]float64 { return [3]float64{0.99 * h.good, h.hit, 0.95} }

// ratios are how many of how many requests are good, from a cache, and fast.
type ratios [3]struct{ k, n int }

func (s *ratios) add(h *standard, r Request, bound time.Duration) {
	one := func(i int, in, is bool) {
		if in {
			s[i].n++
			if is {
				s[i].k++
			}
		}
	}
	one(0, true, r.Good(bound))
	one(1, r.Said && h.hit >= 0, r.Hit)
	limit := h.fast[r.class()]
	one(2, r.OK && limit > 0, r.Took <= limit)
}

// plus is s and so many times o.
func (s ratios) plus(o ratios, times int) ratios {
	for i := range s {
		s[i].k, s[i].n = s[i].k+times*o[i].k, s[i].n+times*o[i].n
	}
	return s
}

// reach reports whether every share is at least what is due, less so many standard
// deviations of a share of as many requests.
func (s *ratios) reach(h *standard, deviations float64) bool {
	for i, due := range h.due() {
		k, n := float64(s[i].k), float64(s[i].n)
		p := (due*n + 1) / (n + 2) // never without noise
		if n > 0 && k < n*due-deviations*math.Sqrt(n*p*(1-p)) {
			return false
		}
	}
	return true
}

// again is the first step since the heal from which on the service is as it was. Two
// conditions must hold. All that follows the step must reach the standard taken
// together, and each span of it but for chance. And the step is where the surplus over
// the standard, summed from the end, no longer grows: further back, what was not yet
// steady takes from it (the cumulative sum test of Page, Biometrika 1954). Spans alone
// would not tell where within them that was. A state that is not seen for a whole
// span is not found. Watched is the time since the heal.
func (h standard) again(after []Request, lifted time.Duration, bound time.Duration) (at, watched time.Duration, found bool) {
	watched = after[len(after)-1].At - lifted
	span := max(steadySpan, steadyCount*watched/time.Duration(len(after)))
	bins := int(watched/SteadyStep) + 1
	own := make([]ratios, bins)
	for _, r := range after {
		own[(r.At-lifted)/SteadyStep].add(&h, r, bound)
	}
	wide := int((span + SteadyStep - 1) / SteadyStep)
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
			return time.Duration(begin) * SteadyStep, watched, true
		}
	}
	return 0, watched, false
}

// turn is the first of sums at which the surplus of share i is the largest, but for two requests.
func (h *standard) turn(sums []ratios, i int) int {
	surplus := func(s ratios) float64 { return float64(s[i].k) - h.due()[i]*float64(s[i].n) }
	most := math.Inf(-1)
	for _, s := range sums {
		most = max(most, surplus(s))
	}
	return slices.IndexFunc(sums, func(s ratios) bool { return surplus(s) >= most-2 })
}
