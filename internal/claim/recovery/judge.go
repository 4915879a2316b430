package recovery

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
)

// Judge makes the times of the rounds seen, sorted by stream and instance. Scenario and
// Arm are left to the caller.
func (s *Spec) Judge(rounds []Round) []Times {
	seen, aside := sorted(rounds)
	if len(seen) == 0 {
		why := "no round was played"
		if len(aside) > 0 {
			why = aside[0]
		} else if len(rounds) > 0 {
			why = "no instance with traffic had a fault"
		}
		return []Times{{Why: why, Faults: []string{}, Times: []Time{}, Aside: aside}}
	}
	var out []Times
	for _, t := range slices.SortedFunc(maps.Keys(seen), func(a, b track) int {
		return cmp.Or(cmp.Compare(a.stream, b.stream), cmp.Compare(a.instance, b.instance))
	}) {
		one := summed(seen[t])
		one.Stream, one.Instance, one.Aside = t.stream, t.instance, aside
		out = append(out, one)
	}
	return out
}

// sorted are the rounds that count, by track, and why the others do not.
func sorted(rounds []Round) (seen map[track][]*tracked, aside []string) {
	seen = map[track][]*tracked{}
	for i, r := range rounds {
		if r.why != "" || r.tracks == nil {
			aside = append(aside, fmt.Sprintf("round %d: %s", i+1, cmp.Or(r.why, "it was not observed")))
			continue
		}
		for t, s := range r.tracks {
			seen[t] = append(seen[t], s)
		}
	}
	return seen, aside
}

// summed are the times of one track over its rounds.
func summed(rounds []*tracked) Times {
	out := Times{Rounds: len(rounds), Faults: rounds[0].faults, Options: rounds[0].options, Hits: true}
	var bounds, downs []figure.Element
	failed := probe.Fates{}
	for _, r := range rounds {
		out.Asked, out.Lost = out.Asked+r.asked, out.Lost+r.lost
		out.Hits = out.Hits && r.cached >= stallHits
		bounds = append(bounds, figure.Element{X: r.bound.Seconds()})
		downs = append(downs, figure.Element{X: r.down.Seconds()})
		for f, n := range r.failed {
			failed[f] += n
		}
	}
	out.Failed = failed.String()
	out.Bound, out.Down = figure.Quantile(bounds, 0.5).X, figure.Quantile(downs, 0.5).X
	for _, name := range Names() {
		key := name
		switch {
		case name == LongestStall && out.Hits:
			key = stallOfHits
		case name == LongestStall:
			key = stallOfAll
		}
		t := median(key, rounds)
		t.Name = name
		out.Times = append(out.Times, t)
	}
	return out
}

// median is the median of the rounds, and what they lie between.
func median(name string, rounds []*tracked) Time {
	var out Time
	var all []figure.Element
	var finest time.Duration
	for _, r := range rounds {
		t, ok := r.times[name]
		switch {
		case !ok:
		case t.none != nil:
			out.Why = cmp.Or(out.Why, t.none.Why)
		default:
			all = append(all, t.Element)
			finest = max(finest, t.resolution)
			if t.Cut {
				out.Cut++
			}
		}
	}
	if out.N = len(all); out.N == 0 {
		return out
	}
	middle := figure.Quantile(all, 0.5)
	out.Median, out.AtLeast, out.Resolution = figure.Finite(middle.X), middle.Cut == figure.AtLeast, finest.Seconds()
	out.Lo, out.Hi = out.Median, out.Median
	for _, e := range all {
		out.Lo, out.Hi = min(out.Lo, figure.Finite(e.X)), max(out.Hi, figure.Finite(e.X))
	}
	return out
}
