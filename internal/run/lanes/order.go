// Package lanes is the order in which the scenarios of a run are played, and how long that takes: which have the machine to
// themselves, and which are played side by side. It plays nothing.
package lanes

import (
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/scenarios"
)

const (
	// longRound is the length from which a round is worth neighbours.
	longRound = time.Minute
	// MostOffered is how many requests a second the generator sends on time on two shared processors.
	MostOffered = 700
)

// An Order is the order in which scenarios are played, by their indices.
type Order struct {
	First []int   // one after the other
	Lanes [][]int // then, side by side, each one after the other
}

// Of is the order for all against the arms of spec. Scenarios with long rounds, and others beside them, are played
// side by side where counts and proofs alone decide their claims, and where the generator can send all of it. A scenario
// that measures response times has the machine to itself.
func Of(all []*scenarios.Scenario, spec lab.Spec) (o Order) {
	offered := func(i int) float64 { return all[i].Offered() * float64(max(1, len(spec.Arms))) }
	var short []int
	var long float64 // requests a second of the long ones together
	for i, s := range all {
		switch {
		case shares(spec) || !exact(s):
			o.First = append(o.First, i)
		case s.RoundLength() < longRound:
			short = append(short, i)
		case long+offered(i) > MostOffered:
			o.First = append(o.First, i)
		default:
			long += offered(i)
			o.Lanes = append(o.Lanes, []int{i})
		}
	}
	var beside []int
	for _, i := range short {
		if len(o.Lanes) == 0 || long+offered(i) > MostOffered {
			o.First = append(o.First, i)
		} else {
			beside = append(beside, i)
		}
	}
	slices.Sort(o.First)
	if len(beside) > 0 {
		o.Lanes = slices.Insert(o.Lanes, 0, beside)
	}
	return o
}

// InTurn is the order in which they are given, each by itself.
func InTurn(all []*scenarios.Scenario) (o Order) {
	for i := range all {
		o.First = append(o.First, i)
	}
	return o
}

// shares reports whether all scenarios have the same Redis or service, which each empties or hurts.
func shares(spec lab.Spec) bool { return len(spec.URLs) > 0 || strings.Contains(spec.Redis, "://") }

// exact reports whether counts and proofs alone decide the claims of s.
func exact(s *scenarios.Scenario) bool { return len(s.Claims) > 0 && len(intervals(s)) == 0 }

// intervals are the claims of s that an interval decides.
func intervals(s *scenarios.Scenario) (ids []string) {
	for _, t := range s.Claims {
		if c, mistakes := claim.Compile(t, s.Scope()); len(mistakes) > 0 || !c.Exact() {
			ids = append(ids, t.ID)
		}
	}
	return ids
}

// Intervals are the claims that an interval decides, and the number of all.
func Intervals(all []*scenarios.Scenario) (ids []string, of int) {
	for _, s := range all {
		ids, of = append(ids, intervals(s)...), of+len(s.Claims)
	}
	return ids, of
}

// Takes is about how long a run of all in this order takes: with its fewest rounds, and with its most.
func (o Order) Takes(all []*scenarios.Scenario) (least, most time.Duration) {
	sum := func(indices []int) (least, most time.Duration) {
		for _, i := range indices {
			l, m := Estimate(all[i])
			least, most = least+l, most+m
		}
		return least, most
	}
	least, most = sum(o.First)
	var longest [2]time.Duration
	for _, lane := range o.Lanes {
		l, m := sum(lane)
		longest = [2]time.Duration{max(longest[0], l), max(longest[1], m)}
	}
	return least + longest[0], most + longest[1]
}

// restart is about the time of a segment beside its phases: instances stop and start, lead, last answers.
const restart = 600 * time.Millisecond

// Estimate is about how long a run of s takes: with its fewest rounds, and with its most.
func Estimate(s *scenarios.Scenario) (least, most time.Duration) {
	return time.Duration(s.Rounds.Min) * Round(s), time.Duration(s.Rounds.Max) * Round(s)
}

// Round is about how long one round of s takes.
func Round(s *scenarios.Scenario) time.Duration {
	return s.RoundLength() + time.Duration(len(s.Segments()))*restart
}
