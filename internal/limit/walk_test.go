package limit_test

import "github.com/trektribe/bench/internal/limit"

// The readings, walked through one decision after the other: short, slow, and as
// far from the oracle's way as can be.

type event struct {
	t       int64
	allowed bool // else: counted, and nobody knows
}

func sortEvents(in []event) {
	for i := 1; i < len(in); i++ {
		for j := i; j > 0 && in[j].t < in[j-1].t; j-- {
			in[j], in[j-1] = in[j-1], in[j]
		}
	}
}

func floorTo(t, w, epoch int64) int64 {
	k := t - epoch
	m := k % w
	if m < 0 {
		m += w
	}
	return t - m
}

// walkKept counts those let in that the reading would have refused, which then do not count.
func walkKept(in []event, r limit.Reading) (over int) {
	w, l := int64(r.Window), r.Limit
	switch r.Kind {
	case limit.FixedFromFirst, limit.FixedClock:
		start, n := int64(-1<<40), 0
		for _, e := range in {
			s := start
			if r.Kind == limit.FixedClock {
				s = floorTo(e.t, w, int64(r.Epoch))
			} else if e.t >= start+w {
				s = e.t
			}
			if s != start {
				start, n = s, 0
			}
			if n++; n > l && e.allowed {
				over++
			}
		}
	case limit.SlidingLog:
		var log []int64
		for _, e := range in {
			if len(log) < l || log[len(log)-l] <= e.t-w {
				log = append(log, e.t)
			} else if e.allowed {
				over++
			}
		}
	case limit.GCRA:
		tat, step := int64(-1<<40), w/int64(l)
		for _, e := range in {
			next := max(tat, e.t) + step
			if next-e.t <= int64(r.Burst)*step {
				tat = next
			} else if e.allowed {
				over++
			}
		}
	case limit.SlidingCounter:
		counts := map[int64]int{}
		for _, e := range in {
			b := floorTo(e.t, w, int64(r.Epoch))
			p, n := int64(counts[b-w]), int64(counts[b])
			if p*(w-(e.t-b))+n*w < int64(l)*w {
				counts[b]++
			} else if e.allowed {
				over++
			}
		}
	}
	return over
}

// refusable reports whether the reading may refuse at t, after all that was let in by then.
func refusable(in []event, t int64, r limit.Reading) bool {
	w, l := int64(r.Window), r.Limit
	n := 0
	switch r.Kind {
	case limit.FixedFromFirst, limit.FixedClock:
		start := int64(-1 << 40)
		for _, e := range in {
			if e.t > t {
				break
			}
			s := start
			if r.Kind == limit.FixedClock {
				s = floorTo(e.t, w, int64(r.Epoch))
			} else if e.t >= start+w {
				s = e.t
			}
			if s != start {
				start, n = s, 0
			}
			n++
		}
		return n >= l && t < start+w
	case limit.SlidingLog:
		for _, e := range in {
			if e.t <= t && e.t > t-w {
				n++
			}
		}
		return n >= l
	case limit.GCRA:
		tat, step := int64(-1<<40), w/int64(l)
		for _, e := range in {
			if e.t <= t {
				tat = max(tat, e.t) + step
			}
		}
		return tat+step-t > int64(r.Burst)*step
	case limit.SlidingCounter:
		b := floorTo(t, w, int64(r.Epoch))
		p, c := int64(0), int64(0)
		for _, e := range in {
			if e.t <= t && floorTo(e.t, w, int64(r.Epoch)) == b {
				c++
			} else if floorTo(e.t, w, int64(r.Epoch)) == b-w {
				p++
			}
		}
		return p*(w-(t-b))+(c+1)*w > int64(l)*w
	}
	return false
}
