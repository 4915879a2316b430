package claim

import (
	"math"
	"slices"
	"time"
)

// What steady is compared over, and with how much patience for chance.
const (
	steadyBefore = 3 * time.Second        // the healthy time that is compared with: the last before the fault
	steadyBin    = 100 * time.Millisecond // the resolution
	steadySpan   = time.Second            // what is compared: a second, sliding by a bin
	steadyCount  = 50                     // or as long as it takes to ask this often
	steadyLeast  = 20                     // healthy requests that are needed
	steadyNoise  = 3                      // standard deviations that a span may be short of what is due
)

// steadyAgain is time_to_steady.
type steadyAgain struct{ askings }

func startSteady(args []arg) probe { return &steadyAgain{newAskings(args)} }

func (s *steadyAgain) value() value {
	return s.each(func(o ordeal, rs []asking) (element, *absence) {
		if !o.healed {
			return element{}, &absence{"nothing was healed before the history ended", "a phase after the fault"}
		}
		var before, after []asking
		for _, r := range rs {
			switch {
			case r.at >= o.began-steadyBefore && r.at+r.took <= o.began:
				before = append(before, r)
			case r.at >= o.lifted:
				after = append(after, r)
			}
		}
		h := healthOf(before, s.bound)
		switch {
		case len(before) < steadyLeast:
			return element{}, &absence{count(len(before), "requests") + " of " + s.sel.text + " before the fault, and 20 are needed to know what steady is", "a longer phase before the fault"}
		case h.good < 0.5:
			return element{}, &absence{"fewer than half of the requests before the fault were answered within the bound", "a service that is well before the fault"}
		case len(after) == 0:
			return element{}, &absence{"nothing of " + s.sel.text + " was asked after the heal", "a phase with traffic after the fault"}
		}
		at, watched, found := h.again(after, o.lifted, s.bound)
		return element{x: cmpDuration(found, at, watched).Seconds(), cut: !found}, nil
	})
}

func cmpDuration(first bool, a, b time.Duration) time.Duration {
	if first {
		return a
	}
	return b
}

// A health is how a service was before a fault.
type health struct {
	good float64       // share of the requests
	hit  float64       // share of the answers that say a source; −1: none does
	fast time.Duration // twice the p95 of correct answers, and 5 ms
}

func healthOf(rs []asking, bound time.Duration) health {
	h := health{hit: -1}
	var good, said, hits int
	var took []time.Duration
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
			took = append(took, r.took)
		}
	}
	h.good = float64(good) / float64(max(1, len(rs)))
	if said > 0 {
		h.hit = float64(hits) / float64(said)
	}
	if slices.Sort(took); len(took) > 0 {
		h.fast = 2*took[int(math.Ceil(0.95*float64(len(took))))-1] + 5*time.Millisecond
	}
	return h
}

// ratios are how many of how many requests are good, from a cache, and fast.
type ratios [3]struct{ k, n int }

func (s *ratios) add(h *health, r asking, bound time.Duration, sign int) {
	one := func(i int, in, is bool) {
		if in {
			s[i].n += sign
			if is {
				s[i].k += sign
			}
		}
	}
	one(0, true, r.good(bound))
	one(1, r.said && h.hit >= 0, r.hit)
	one(2, r.ok, r.took <= h.fast)
}

// reach reports whether every share is what it was, less so many standard deviations of
// what chance makes of as many requests.
func (s *ratios) reach(h *health, deviations float64) bool {
	for i, due := range []float64{0.99 * h.good, h.hit - 0.05, 0.95} {
		k, n := float64(s[i].k), float64(s[i].n)
		p := (due*n + 1) / (n + 2) // never without noise
		if n > 0 && k < n*due-deviations*math.Sqrt(n*p*(1-p)) {
			return false
		}
	}
	return true
}

// again is the begin of the first bin since the heal, from which on the service is as
// it was: all that follows taken together, each span of it within chance, and the bin itself.
// What is not seen for a whole span is not found. Watched is since the heal.
func (h health) again(after []asking, lifted time.Duration, bound time.Duration) (at, watched time.Duration, found bool) {
	watched = after[len(after)-1].at - lifted
	span := max(steadySpan, steadyCount*watched/time.Duration(len(after)))
	bins := int(watched/steadyBin) + 1
	own := make([]ratios, bins)
	for _, r := range after {
		own[(r.at-lifted)/steadyBin].add(&h, r, bound, 1)
	}
	wide := int((span + steadyBin - 1) / steadyBin)
	var rest ratios
	sums := make([]ratios, bins+1) // of all bins from here on
	for b := bins - 1; b >= 0; b-- {
		for i := range rest {
			rest[i].k, rest[i].n = rest[i].k+own[b][i].k, rest[i].n+own[b][i].n
		}
		sums[b] = rest
		if b+wide > bins {
			continue
		}
		spanned := rest
		for i := range spanned {
			spanned[i].k, spanned[i].n = rest[i].k-sums[b+wide][i].k, rest[i].n-sums[b+wide][i].n
		}
		if !spanned.reach(&h, steadyNoise) {
			break
		}
		if own[b][0].n > 0 && own[b].reach(&h, steadyNoise) && rest.reach(&h, 0) {
			at, found = time.Duration(b)*steadyBin, true
		}
	}
	return at, watched, found
}
