package claim

import (
	"math"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
)

// slack is what an answer may take longer than healthy ones did before that is called a difference.
const slack = 5 * time.Millisecond

// class tells answers apart that are not to be compared with one another: hits, loads, and where nothing is said.
func (a asking) class() int {
	switch {
	case a.hit:
		return 0
	case a.said:
		return 1
	}
	return 2
}

// norms are the responses of healthy answers, by class, and of all.
type norms struct {
	median, most [3]time.Duration
	known        [3]bool
	p99, longest time.Duration // of all
}

func normsOf(before []asking) norms {
	var n norms
	var took [3][]time.Duration
	var all []time.Duration
	for _, r := range before {
		if r.ok {
			took[r.class()] = append(took[r.class()], r.took)
			all = append(all, r.took)
		}
	}
	for i, ts := range took {
		n.median[i], n.most[i], n.known[i] = ranked(ts, 0.5), ranked(ts, 1), len(ts) > 0
	}
	n.p99, n.longest = ranked(all, 0.99), ranked(all, 1)
	return n
}

// ranked is the nearest-rank quantile; it sorts. 0: there is none.
func ranked(ts []time.Duration, q float64) time.Duration {
	if slices.Sort(ts); len(ts) == 0 {
		return 0
	}
	return ts[max(1, int(math.Ceil(q*float64(len(ts))-1e-9)))-1]
}

// A harm is what the requests met that were asked for, or under way, in the fault.
type harm struct {
	touched, worst  figure.Element
	untouched, none *figure.Absence
	hits, all       stalling
	cached          int // answers
}

// A stalling is the longest stall of some answers: what one took, but for how late the generator was, beyond what
// its like took before the fault: a hit beyond their median; a load beyond the longest, for what a load takes varies.
// A failure might have been either, and has stalled at least for what is beyond the longest of all.
type stalling struct {
	known   bool
	longest figure.Element
}

func (s *stalling) add(stall time.Duration, failed bool) {
	s.known = true
	longer(&s.longest, max(0, stall), failed)
}

// why there is no figure; nil: there is one.
func (s *stalling) why(of string) *figure.Absence {
	if s.known {
		return nil
	}
	return figure.Absent("no "+of+" before the fault, or in it, to compare", "")
}

// hurt reads the requests between the begin of the fault and until. That a client gave up says
// how long it waited at least.
func (n *norms) hurt(o ordeal, rs []asking, until time.Duration) harm {
	h := harm{none: figure.Absent("nothing was asked during the fault", ""),
		untouched: figure.Absent("no request was seen to fail, or to take longer than before", "")}
	for _, r := range rs {
		if r.at+r.took <= o.began || r.at >= until {
			continue
		}
		h.none = nil
		longer(&h.worst, r.took, !r.ok)
		c, took := r.class(), r.took-r.late
		switch {
		case !r.ok && n.longest > 0:
			h.hits.add(took-n.longest, true)
			h.all.add(took-n.longest, true)
		case r.ok && n.known[c] && r.hit:
			h.hits.add(took-n.median[c], false)
			h.all.add(took-n.median[c], false)
		case r.ok && n.known[c]:
			h.all.add(took-n.most[c], false)
		}
		if r.hit {
			h.cached++
		}
		if h.untouched != nil && (!r.ok || n.known[c] && r.took > n.most[c]+slack) {
			h.touched, h.untouched = figure.Element{X: max(0, r.at-o.began).Seconds()}, nil
		}
	}
	return h
}

// longer makes e the wait if that is longer.
func longer(e *figure.Element, wait time.Duration, gaveUp bool) {
	if x := wait.Seconds(); x > e.X {
		*e = figure.Element{X: x, Cut: gaveUp}
	}
}
