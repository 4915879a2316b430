package impact

import (
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
)

// Slack is by how much an answer may exceed those before the fault without being called slower.
const Slack = 5 * time.Millisecond

// Usual is how long correct answers took before the fault, by class and in all.
type Usual struct {
	median, most [3]time.Duration
	known        [3]bool
	P99, longest time.Duration // of all
}

// UsualOf reads it from the requests before the fault.
func UsualOf(before []Request) Usual {
	var n Usual
	var took [3][]time.Duration
	var all []time.Duration
	for _, r := range before {
		if r.OK {
			took[r.class()] = append(took[r.class()], r.Took)
			all = append(all, r.Took)
		}
	}
	for i, ts := range took {
		n.median[i], n.most[i], n.known[i] = ranked(ts, 0.5), ranked(ts, 1), len(ts) > 0
	}
	n.P99, n.longest = ranked(all, 0.99), ranked(all, 1)
	return n
}

// An Impact is what a fault did to the requests that were due, or under way, while
// it was on.
type Impact struct {
	Touched   figure.Element  // to the first request that failed, or was slower than any of its class before
	Untouched *figure.Absence // no request was touched
	Worst     figure.Element  // the longest wait
	None      *figure.Absence // there was no request
	Hits, All Stall           // of answers from a cache, and of all
	Cached    int             // answers from a cache
}

// A Stall is the longest stall of some answers: by how much one exceeded those of its
// class before the fault, without the generator's lateness. A hit is held against
// their median; a load against the longest, because loads vary. A failed request may
// have been either, and stalled at least by what exceeds the longest of all.
type Stall struct {
	known   bool
	Longest figure.Element
}

func (s *Stall) add(stall time.Duration, failed bool) {
	s.known = true
	longer(&s.Longest, max(0, stall), failed)
}

// Missing is why there is no figure; nil: there is one.
func (s *Stall) Missing(of string) *figure.Absence {
	if s.known {
		return nil
	}
	return figure.Absent("no "+of+" before the fault, or in it, to compare", "")
}

// Impact reads the requests between the begin of the fault and until. Where a client
// gave up, it waited at least that long.
func (n *Usual) Impact(w Window, rs []Request, until time.Duration) Impact {
	h := Impact{None: figure.Absent("no request came during the fault", ""),
		Untouched: figure.Absent("no request failed or took longer than before", "")}
	for _, r := range rs {
		if r.At+r.Took <= w.Began || r.At >= until {
			continue
		}
		h.None = nil
		longer(&h.Worst, r.Took, !r.OK)
		c, took := r.class(), r.Took-r.Late
		switch {
		case !r.OK && n.longest > 0:
			h.Hits.add(took-n.longest, true)
			h.All.add(took-n.longest, true)
		case r.OK && n.known[c] && r.Hit:
			h.Hits.add(took-n.median[c], false)
			h.All.add(took-n.median[c], false)
		case r.OK && n.known[c]:
			h.All.add(took-n.most[c], false)
		}
		if r.Hit {
			h.Cached++
		}
		if h.Untouched != nil && (!r.OK || n.known[c] && r.Took > n.most[c]+Slack) {
			h.Touched, h.Untouched = figure.Element{X: max(0, r.At-w.Began).Seconds()}, nil
		}
	}
	return h
}

// longer makes e the wait where that is longer.
func longer(e *figure.Element, wait time.Duration, gaveUp bool) {
	if x := wait.Seconds(); x > e.X {
		*e = figure.Element{X: x, Cut: gaveUp}
	}
}
