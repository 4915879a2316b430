package claim

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/guard"
	"github.com/trektribe/bench/internal/claim/probe"
)

// A ClockSpec reads the clocks of the faults of one scenario: when a fault was felt,
// noticed, borne, lifted and overcome. It needs no claim and decides nothing. Immutable,
// safe for concurrent use.
type ClockSpec struct {
	rules guard.Rules // that a round must meet to count
}

// ClocksOf is nil where the scenario has no fault.
func ClocksOf(s expr.Scope) *ClockSpec {
	if len(s.Faults) == 0 {
		return nil
	}
	return &ClockSpec{rules: guard.Rules{Faults: s.Faults, MostLag: guard.MostLag}}
}

// Clocks are those of one stream on one instance. Its numbers are always finite.
type Clocks struct {
	Scenario  string             `json:"scenario"`
	Arm       string             `json:"arm"`
	Stream    string             `json:"stream"`
	Instance  string             `json:"instance"`
	Faults    []string           `json:"faults"` // kinds, with what they were on: "refused on redis"
	Rounds    int                `json:"rounds"` // that count
	Clocks    []Clock            `json:"clocks"`
	Asked     int                `json:"asked"`               // requests since the first fault, over all rounds
	Lost      int                `json:"lost"`                // of these, without a correct answer within Bound; where that is 0, without one at all
	Failed    string             `json:"failed"`              // of these, without a correct answer at all, by kind; empty: none
	Bound     float64            `json:"bound"`               // s: twice the p99 before the fault, and 5 ms; the median of the rounds; 0: too little was asked before to know
	Hits      bool               `json:"hits"`                // the longest stall is that of answers from a cache
	Predicted *Forecast          `json:"predicted,omitempty"` // of the longest stall; nil: the service does not say how its client is set
	Why       string             `json:"why,omitempty"`       // why there are no clocks
	Options   map[string]float64 `json:"options,omitempty"`   // of the Redis client of the service, as it exports them
	Down      float64            `json:"down,omitempty"`      // s: how long Redis was away at most where it was started again; the median of the rounds
	Aside     []string           `json:"aside,omitempty"`     // why rounds do not count
}

// A Forecast is a Prediction of the longest stall, or why there is none.
type Forecast struct {
	Known bool    `json:"known"` // false: it is bounded at best, by Lo and Hi where Hi is not 0
	Stall float64 `json:"stall"` // s
	Lo    float64 `json:"lo"`    // s
	Hi    float64 `json:"hi"`    // s
	Why   string  `json:"why"`
}

// A Clock is one time, over the rounds.
type Clock struct {
	Name       string  `json:"name"`
	Median     float64 `json:"median"`        // s
	Lo         float64 `json:"lo"`            // s, of the rounds
	Hi         float64 `json:"hi"`            // s
	N          int     `json:"n"`             // rounds with a figure
	Cut        int     `json:"cut"`           // of these, how many ended before it was over: it is at least that
	AtLeast    bool    `json:"atLeast"`       // so is the median
	Resolution float64 `json:"resolution"`    // s
	Why        string  `json:"why,omitempty"` // of a round without a figure
}

// The names of clocks, in the order in which they run down. Until "lifted" they begin with the
// first fault, "used again" and "steady again" with the end of the last heal; the last two are waits.
const (
	ClockTouched  = "first touched" // to the first request that fails, or takes longer than any of its source before and 5 ms
	ClockDetected = "detected"      // to /health that says down
	ClockFallback = "fallback"      // to the first correct answer that is asked for in the fault and comes from elsewhere
	ClockGood     = "good again"    // time_to_goodput, within Bound
	ClockLifted   = "lifted"        // to the begin of the last heal
	ClockUsed     = "used again"    // time_to_recover
	ClockSteady   = "steady again"  // time_to_steady, within Bound
	ClockWorst    = "worst wait"    // of the requests of the fault
	ClockStall    = "longest stall" // of those answered from a cache, what exceeds their median before the fault
)

// Where fewer than stallHits answers of the fault came from a cache, the longest stall is that of all answers: of
// loads what exceeds the longest before the fault. What a load costs beside its calls of the cache is not a cache's
// doing: it varies, and who waits for another's load may have waited in vain.
const (
	stallHits   = 20
	stallOfHits = ClockStall + " of hits"
	stallOfAll  = ClockStall + " of all"
)

var clockNames = []string{ClockTouched, ClockDetected, ClockFallback, ClockGood, ClockLifted, ClockUsed, ClockSteady, ClockWorst, ClockStall}

// A track is one stream on one instance.
type track struct{ stream, instance string }

// A ClockRound is what one round says. Opaque to callers; the zero ClockRound counts for nothing.
type ClockRound struct {
	why    string // it does not count; empty: it does
	tracks map[track]*tracked
}

// tracked is what one round says of one track.
type tracked struct {
	faults      []string
	times       map[string]timed
	bound       time.Duration // 0: not known
	asked, lost int
	hits        int // answers from a cache, in the fault
	failed      probe.Fates
	options     map[string]float64
	down        time.Duration // the longest that Redis was away to be started again
}

// A timed is one clock in one round.
type timed struct {
	figure.Element
	resolution time.Duration
	none       *figure.Absence
}

// Judge makes the clocks of the rounds seen, streams first. Scenario and Arm are left to the caller.
func (c *ClockSpec) Judge(rounds []ClockRound) []Clocks {
	var aside []string
	seen := map[track][]*tracked{}
	for i, r := range rounds {
		if r.why != "" || r.tracks == nil {
			aside = append(aside, fmt.Sprintf("round %d: %s", i+1, cmp.Or(r.why, "it was not observed")))
			continue
		}
		for t, s := range r.tracks {
			seen[t] = append(seen[t], s)
		}
	}
	var out []Clocks
	if len(seen) == 0 {
		why := "no round was played"
		if len(aside) > 0 {
			why = aside[0]
		} else if len(rounds) > 0 {
			why = "no instance that was asked had a fault"
		}
		return []Clocks{{Why: why, Faults: []string{}, Clocks: []Clock{}, Aside: aside}}
	}
	for _, t := range slices.SortedFunc(maps.Keys(seen), func(a, b track) int {
		return cmp.Or(cmp.Compare(a.stream, b.stream), cmp.Compare(a.instance, b.instance))
	}) {
		k := Clocks{Stream: t.stream, Instance: t.instance, Rounds: len(seen[t]), Aside: aside, Faults: seen[t][0].faults, Options: seen[t][0].options, Hits: true}
		var bounds, downs []figure.Element
		var failed probe.Fates
		for _, s := range seen[t] {
			k.Asked, k.Lost = k.Asked+s.asked, k.Lost+s.lost
			bounds = append(bounds, figure.Element{X: s.bound.Seconds()})
			downs = append(downs, figure.Element{X: s.down.Seconds()})
			k.Hits = k.Hits && s.hits >= stallHits
			for f, n := range s.failed {
				if failed == nil {
					failed = probe.Fates{}
				}
				failed[f] += n
			}
		}
		k.Failed, k.Bound = failed.String(), figure.Quantile(bounds, 0.5).X
		k.Down = figure.Quantile(downs, 0.5).X
		stall := stallOfAll
		if k.Hits {
			stall = stallOfHits
		}
		for _, name := range clockNames {
			key := name
			if name == ClockStall {
				key = stall
			}
			c := clockOf(key, seen[t])
			c.Name = name
			k.Clocks = append(k.Clocks, c)
		}
		out = append(out, k)
	}
	return out
}

// clockOf is the median of the rounds and what they lie between.
func clockOf(name string, rounds []*tracked) Clock {
	c := Clock{Name: name}
	var all []figure.Element
	var finest time.Duration
	for _, r := range rounds {
		t, ok := r.times[name]
		switch {
		case !ok:
		case t.none != nil:
			c.Why = cmp.Or(c.Why, t.none.Why)
		default:
			all = append(all, t.Element)
			finest = max(finest, t.resolution)
			if t.Cut {
				c.Cut++
			}
		}
	}
	if c.N = len(all); c.N == 0 {
		return c
	}
	middle := figure.Quantile(all, 0.5)
	c.Median, c.AtLeast, c.Resolution = figure.Finite(middle.X), middle.Cut == figure.AtLeast, finest.Seconds()
	c.Lo, c.Hi = c.Median, c.Median
	for _, e := range all {
		c.Lo, c.Hi = min(c.Lo, figure.Finite(e.X)), max(c.Hi, figure.Finite(e.X))
	}
	return c
}

// Named is the clock of that name; the zero Clock where it is not there.
func (k Clocks) Named(name string) Clock {
	for _, c := range k.Clocks {
		if c.Name == name {
			return c
		}
	}
	return Clock{Name: name}
}
