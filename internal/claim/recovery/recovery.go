// Package recovery reads the recovery times of each fault: when an instance was
// first touched by it, detected it, fell back, was good again, used its dependency
// again and was steady again.
//
// In go the rounds of a scenario with faults; out come, for each stream on each
// instance, the medians of the rounds and what they lie between. It needs no claim
// and decides nothing.
package recovery

import (
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/guard"
	"github.com/trektribe/bench/internal/claim/probe"
)

// A Spec reads the recovery times of the faults of one scenario. Immutable, safe for
// concurrent use.
type Spec struct {
	rules guard.Rules // that a round must meet to count
}

// Of is the Spec for the kinds of faults of a scenario; nil where there is none.
func Of(faults []string) *Spec {
	if len(faults) == 0 {
		return nil
	}
	return &Spec{rules: guard.Rules{Faults: faults, MostLag: guard.MostLag}}
}

// Times are the recovery times of one stream on one instance: one element of
// clocks.json. Its numbers are always finite.
type Times struct {
	Scenario  string             `json:"scenario"`
	Arm       string             `json:"arm"`
	Stream    string             `json:"stream"`
	Instance  string             `json:"instance"`
	Faults    []string           `json:"faults"` // kinds, with what they were on: "refused on redis"
	Rounds    int                `json:"rounds"` // that count
	Times     []Time             `json:"clocks"`
	Asked     int                `json:"asked"`               // requests since the first fault, over all rounds
	Lost      int                `json:"lost"`                // of these, without a correct answer within Bound; where that is 0, without one at all
	Failed    string             `json:"failed"`              // of these, without a correct answer at all, by kind; empty: none
	Bound     float64            `json:"bound"`               // s: twice the p99 before the fault, and 5 ms; the median of the rounds; 0: too little was asked before to know
	Hits      bool               `json:"hits"`                // the longest stall is that of answers from a cache
	Predicted *Forecast          `json:"predicted,omitempty"` // of the longest stall; nil: the service does not say how its client is set
	Why       string             `json:"why,omitempty"`       // why there are no times
	Options   map[string]float64 `json:"options,omitempty"`   // of the Redis client of the service, as it exports them
	Down      float64            `json:"down,omitempty"`      // s: how long Redis was away at most where it was started again; the median of the rounds
	Aside     []string           `json:"aside,omitempty"`     // why rounds do not count
}

// Named is the time of that name; the zero Time where it is not there.
func (t Times) Named(name string) Time {
	for _, one := range t.Times {
		if one.Name == name {
			return one
		}
	}
	return Time{Name: name}
}

// A Forecast is a prediction of the longest stall, or why there is none.
type Forecast struct {
	Known bool    `json:"known"` // false: it is bounded at best, by Lo and Hi where Hi is not 0
	Stall float64 `json:"stall"` // s
	Lo    float64 `json:"lo"`    // s
	Hi    float64 `json:"hi"`    // s
	Why   string  `json:"why"`
}

// A Time is one recovery time, over the rounds.
type Time struct {
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

// The names of the times. Those up to Lifted count from the begin of the first fault,
// UsedAgain and SteadyAgain from the end of the last heal. The last two are waits.
const (
	FirstTouched = "first touched" // the first request that failed, or took longer than any of its source before and 5 ms
	Detected     = "detected"      // /health says down
	Fallback     = "fallback"      // the first correct answer that was asked for in the fault and came from elsewhere
	GoodAgain    = "good again"    // time_to_goodput, within Bound
	Lifted       = "lifted"        // the beginning of the last lift
	UsedAgain    = "used again"    // time_to_recover
	SteadyAgain  = "steady again"  // time_to_steady, within Bound
	WorstWait    = "worst wait"    // of the requests of the fault
	LongestStall = "longest stall" // of the answers from a cache, by how much one exceeded their median before the fault
)

// Names lists the times in the order in which they run down.
func Names() []string {
	return []string{FirstTouched, Detected, Fallback, GoodAgain, Lifted, UsedAgain, SteadyAgain, WorstWait, LongestStall}
}

// Where fewer than stallHits answers of the fault came from a cache, the longest stall
// is that of all answers: of loads, what exceeds the longest before. What a load costs
// beside its calls of the cache varies, and a request that waited for another's load
// may have waited in vain: neither is the cache's doing.
const (
	stallHits   = 20
	stallOfHits = LongestStall + " of hits"
	stallOfAll  = LongestStall + " of all"
)

// A track is one stream on one instance.
type track struct{ stream, instance string }

// A Round is what one round says. Opaque to callers; the zero Round counts for nothing.
type Round struct {
	why    string // it does not count; empty: it does
	tracks map[track]*tracked
}

// tracked is what one round says of one track.
type tracked struct {
	faults      []string
	times       map[string]timed
	bound       time.Duration // 0: not known
	asked, lost int
	cached      int // answers from a cache, in the fault
	failed      probe.Fates
	options     map[string]float64
	down        time.Duration // the longest that Redis was away to be started again
}

// put sets the time of that name.
func (t *tracked) put(name string, resolution time.Duration, e figure.Element, none *figure.Absence) {
	t.times[name] = timed{e, resolution, none}
}

// A timed is one time in one round.
type timed struct {
	figure.Element
	resolution time.Duration
	none       *figure.Absence
}
