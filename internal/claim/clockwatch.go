package claim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/guard"
	"github.com/trektribe/bench/internal/claim/impact"
	"github.com/trektribe/bench/internal/claim/measure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/claim/source"
	"github.com/trektribe/bench/internal/history"
)

// Observe reads the clocks of one arm's part of one round. It keeps 32 bytes a request.
func (c *ClockSpec) Observe(h history.History) (r ClockRound) {
	defer func() {
		if e := recover(); e != nil {
			r = ClockRound{why: fmt.Sprintf("reading the clocks: %v", e)}
		}
	}()
	w := clockWatch{health: measure.HealthTimes{On: "redis", Told: map[string][]history.Event{}}, streams: map[string]*streamWatch{}, options: map[string]map[string]float64{}}
	var g guard.Guard
	for e := range h.Events() {
		g.Event(&e)
		w.Event(&e)
	}
	for q := range h.Requests() {
		g.Request(&q)
		w.Request(&q)
	}
	if found := g.Complaints(c.rules); len(found) > 0 {
		return ClockRound{why: found[0].Text}
	}
	r.tracks = map[track]*tracked{}
	for name, s := range w.streams {
		for instance, rs := range s.asked {
			if o := impact.WindowOf(w.faults, instance); o.Faulted {
				impact.Sort(rs)
				r.tracks[track{name, instance}] = w.read(s, instance, o, rs)
			}
		}
	}
	return r
}

// clockWatch gathers what the clocks are read from.
type clockWatch struct {
	faults  []history.Event // of anything
	health  measure.HealthTimes
	streams map[string]*streamWatch
	options map[string]map[string]float64 // of the Redis client, by instance
}

// A streamWatch is one stream's part.
type streamWatch struct {
	redis map[string]*impact.Usage    // by instance
	asked map[string][]impact.Request // by instance
	fates map[string]probe.Fates      // since the first fault
}

func (w *clockWatch) Event(e *history.Event) {
	if impact.IsFault(e, "") {
		w.faults = append(w.faults, *e)
	}
	w.health.Event(e)
	if name, ok := clientOption(e); ok {
		if w.options[e.Instance] == nil {
			w.options[e.Instance] = map[string]float64{}
		}
		w.options[e.Instance][name] = e.Value
	}
}

// clientOption is the option of the service's Redis client that e tells; false: none.
func clientOption(e *history.Event) (name string, ok bool) {
	text, ok := strings.CutPrefix(e.Name, "redis_client_option")
	if !ok || e.Kind != history.Counter {
		return "", false
	}
	labels, err := expr.ParseLabels(text)
	return labels["name"], err == nil && labels["name"] != ""
}

func (w *clockWatch) Request(r *history.Request) {
	if r.Failure == history.Canceled {
		return
	}
	s := w.streams[r.Stream]
	if s == nil {
		s = &streamWatch{redis: map[string]*impact.Usage{},
			asked: map[string][]impact.Request{}, fates: map[string]probe.Fates{}}
		w.streams[r.Stream] = s
	}
	if s.redis[r.Instance] == nil {
		s.redis[r.Instance] = impact.NewUsage(source.Redis, r.Instance, w.health.Faults)
	}
	s.redis[r.Instance].Add(r)
	s.asked[r.Instance] = append(s.asked[r.Instance], impact.RequestOf(r))
	if o := impact.WindowOf(w.faults, r.Instance); !r.OK() && o.Faulted && r.Intended >= o.Began {
		f := s.fates[r.Instance]
		f.Add(r)
		s.fates[r.Instance] = f
	}
}

// read is all clocks of one track; rs is in order.
func (w *clockWatch) read(s *streamWatch, instance string, o impact.Window, rs []impact.Request) *tracked {
	before := impact.Before(o, rs)
	n := impact.UsualOf(before)
	out := &tracked{times: map[string]timed{}, failed: s.fates[instance], options: w.options[instance]}
	if len(before) >= impact.LeastBefore {
		out.bound = 2*n.P99 + impact.Slack
	}
	for _, e := range w.faults {
		if kind := e.Name + " on " + e.On; e.Kind == history.FaultOn && (e.Instance == "" || e.Instance == instance) && !slices.Contains(out.faults, kind) {
			out.faults = append(out.faults, kind)
		}
		if e.Kind == history.FaultOn && (e.Name == "restarted" || e.Name == "reloaded") {
			out.down = max(out.down, e.Until-e.At)
		}
	}
	after := impact.Since(o.Began, rs)
	for _, r := range after {
		if out.asked++; !r.OK || out.bound > 0 && !r.Good(out.bound) {
			out.lost++
		}
	}
	gap := gapOf(after)
	switching, lifting := o.Set-o.Began, o.Lifted-o.Lifting
	put := func(name string, resolution time.Duration, e figure.Element, none *figure.Absence) {
		out.times[name] = timed{e, resolution, none}
	}
	until := o.Lifting
	if !o.Healed {
		until = rs[len(rs)-1].At
	}
	hurt := n.Impact(o, rs, until)
	put(ClockTouched, max(gap, switching), hurt.Touched, hurt.Untouched)
	put(ClockWorst, time.Millisecond, hurt.Worst, hurt.None)
	put(stallOfHits, time.Millisecond, hurt.Hits.Longest, hurt.Hits.Missing("answers from a cache"))
	put(stallOfAll, time.Millisecond, hurt.All.Longest, hurt.All.Missing("answers"))
	out.hits = hurt.Cached
	put(ClockLifted, max(switching, lifting), figure.Element{X: (until - o.Began).Seconds(), Cut: !o.Healed}, nil)

	told := w.health.Told[instance]
	var e figure.Element
	none := figure.Absent("/health was not asked", "")
	if onRedis := impact.WindowOf(w.health.Faults, instance); !onRedis.Faulted {
		none = figure.Absent("the fault is not on redis", "")
	} else if len(told) > 0 {
		if e, none = impact.TimeToDetect(onRedis, impact.InOrder(told)); none != nil {
			none = figure.Absent("/health "+none.Why, none.Remedy)
		}
	}
	put(ClockDetected, impact.HealthStep, e, none)

	redis := s.redis[instance]
	e, none = figure.Element{}, figure.Absent("the fault is not on redis", "")
	if redis.Faulted() {
		e, none = redis.TimeToFallback()
	}
	put(ClockFallback, gap, e, none)
	e, none = figure.Element{}, figure.Absent("the fault is not on redis", "")
	if redis.Faulted() {
		e, none = redis.TimeToRecover()
	}
	put(ClockUsed, max(gap, lifting), e, none)

	// Without a healthy time to compare with there is no bound to be good again.
	if out.bound == 0 {
		none = figure.Absent(fmt.Sprintf("fewer than %d requests before the fault are too few to know what healthy is", impact.LeastBefore), "")
		put(ClockGood, 0, figure.Element{}, none)
		put(ClockSteady, 0, figure.Element{}, none)
		return out
	}
	e, none = impact.TimeToGoodput(o, rs, out.bound)
	put(ClockGood, max(gap, switching), e, none)
	e, none = impact.TimeToSteady(o, rs, out.bound)
	put(ClockSteady, impact.SteadyStep, e, none)
	return out
}

// gapOf is the mean time between requests.
func gapOf(rs []impact.Request) time.Duration {
	if len(rs) < 2 {
		return 0
	}
	return (rs[len(rs)-1].At - rs[0].At) / time.Duration(len(rs)-1)
}
