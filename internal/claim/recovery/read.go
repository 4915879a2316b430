package recovery

import (
	"fmt"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/impact"
	"github.com/trektribe/bench/internal/history"
)

// A reader reads the times of one stream on one instance.
type reader struct {
	watch    *watch
	stream   *stream
	instance string
	window   impact.Window
	requests []impact.Request // in order
	usual    impact.Usual     // how long answers took before the fault

	// By how much a time may be off: requests come that far apart, and switching a fault
	// on and off takes that long.
	gap, switching, lifting time.Duration

	out *tracked
}

// read is every time of one track.
func (w *watch) read(s *stream, instance string, in impact.Window) *tracked {
	r := &reader{watch: w, stream: s, instance: instance, window: in, requests: s.asked[instance],
		switching: in.Set - in.Began, lifting: in.Lifted - in.Lifting,
		out: &tracked{times: map[string]timed{}, failed: s.failed[instance], options: w.options[instance]}}
	r.faults()
	r.before()
	r.lost()
	r.waits()
	r.detected()
	r.redis()
	r.again()
	return r.out
}

// faults are those of the instance, and how long Redis was away to be started again.
func (r *reader) faults() {
	for _, e := range r.watch.faults {
		if e.Kind != history.FaultOn {
			continue
		}
		kind, here := e.Name+" on "+e.On, e.Instance == "" || e.Instance == r.instance
		if here && !slices.Contains(r.out.faults, kind) {
			r.out.faults = append(r.out.faults, kind)
		}
		if slices.Contains([]string{"restarted", "reloaded", "replayed"}, e.Name) {
			r.out.down = max(r.out.down, e.Until-e.At)
		}
	}
}

// before reads what is usual, and the bound that follows from it.
func (r *reader) before() {
	before := impact.Before(r.window, r.requests)
	r.usual = impact.UsualOf(before)
	if len(before) >= impact.LeastBefore {
		r.out.bound = 2*r.usual.P99 + impact.Slack
	}
}

// lost counts the requests since the fault, and those without a good answer.
func (r *reader) lost() {
	after := impact.Since(r.window.Began, r.requests)
	r.gap = gapOf(after)
	for _, q := range after {
		if r.out.asked++; !q.OK || r.out.bound > 0 && !q.Good(r.out.bound) {
			r.out.lost++
		}
	}
}

// waits are what the requests of the fault met.
func (r *reader) waits() {
	until := r.window.Lifting
	if !r.window.Healed {
		until = r.requests[len(r.requests)-1].At
	}
	met := r.usual.Impact(r.window, r.requests, until)
	r.out.cached = met.Cached
	r.out.put(FirstTouched, max(r.gap, r.switching), met.Touched, met.Untouched)
	r.out.put(WorstWait, time.Millisecond, met.Worst, met.None)
	r.out.put(stallOfHits, time.Millisecond, met.Hits.Longest, met.Hits.Missing("answers from a cache"))
	r.out.put(stallOfAll, time.Millisecond, met.All.Longest, met.All.Missing("answers"))
	r.out.put(Lifted, max(r.switching, r.lifting), figure.Element{X: (until - r.window.Began).Seconds(), Cut: !r.window.Healed}, nil)
}

// detected is what /health said.
func (r *reader) detected() {
	in, told := impact.WindowOf(r.watch.onRedis, r.instance), r.watch.told[r.instance]
	switch {
	case !in.Faulted:
		r.none(Detected, impact.HealthStep, notOnRedis)
	case len(told) == 0:
		r.none(Detected, impact.HealthStep, "/health was not asked")
	default:
		e, none := impact.TimeToDetect(in, impact.InOrder(told))
		if none != nil {
			none = figure.Absent("/health "+none.Why, none.Remedy)
		}
		r.out.put(Detected, impact.HealthStep, e, none)
	}
}

// redis is how the instance fell back, and used Redis again.
func (r *reader) redis() {
	usage := r.stream.redis[r.instance]
	if !usage.Faulted() {
		r.none(Fallback, r.gap, notOnRedis)
		r.none(UsedAgain, max(r.gap, r.lifting), notOnRedis)
		return
	}
	e, none := usage.TimeToFallback()
	r.out.put(Fallback, r.gap, e, none)
	e, none = usage.TimeToRecover()
	r.out.put(UsedAgain, max(r.gap, r.lifting), e, none)
}

// again is when the instance was good and steady again. Both need a bound, and so
// requests before the fault to compare with.
func (r *reader) again() {
	bound := r.out.bound
	if bound == 0 {
		why := fmt.Sprintf("fewer than %d requests came before the fault: too few to know the healthy state", impact.LeastBefore)
		r.none(GoodAgain, 0, why)
		r.none(SteadyAgain, 0, why)
		return
	}
	e, none := impact.TimeToGoodput(r.window, r.requests, bound)
	r.out.put(GoodAgain, max(r.gap, r.switching), e, none)
	e, none = impact.TimeToSteady(r.window, r.requests, bound)
	r.out.put(SteadyAgain, impact.SteadyStep, e, none)
}

const notOnRedis = "the fault is not on redis"

// none sets a time that has no figure.
func (r *reader) none(name string, resolution time.Duration, why string) {
	r.out.put(name, resolution, figure.Element{}, figure.Absent(why, ""))
}

// gapOf is the mean time between requests.
func gapOf(rs []impact.Request) time.Duration {
	if len(rs) < 2 {
		return 0
	}
	return (rs[len(rs)-1].At - rs[0].At) / time.Duration(len(rs)-1)
}
