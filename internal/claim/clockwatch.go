package claim

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// Observe reads the clocks of one arm's part of one round. It keeps 32 bytes a request.
func (c *ClockSpec) Observe(h history.History) (r ClockRound) {
	defer func() {
		if e := recover(); e != nil {
			r = ClockRound{why: fmt.Sprintf("reading the clocks: %v", e)}
		}
	}()
	w := clockWatch{health: detection{on: "redis", told: map[string][]history.Event{}}, streams: map[string]*streamWatch{}, options: map[string]map[string]float64{}}
	var g guards
	for e := range h.Events() {
		g.Event(&e)
		w.Event(&e)
	}
	for q := range h.Requests() {
		g.Request(&q)
		w.Request(&q)
	}
	if found := g.complaints(c.guard); len(found) > 0 {
		return ClockRound{why: found[0].text}
	}
	r.tracks = map[track]*tracked{}
	for name, s := range w.streams {
		for instance, rs := range s.asked {
			if o := ordealOf(w.faults, instance); o.faulted {
				slices.SortStableFunc(rs, func(a, b asking) int { return int(a.at - b.at) })
				r.tracks[track{name, instance}] = w.read(s, instance, o, rs)
			}
		}
	}
	return r
}

// clockWatch gathers what the clocks are read from.
type clockWatch struct {
	faults  []history.Event // of anything
	health  detection
	streams map[string]*streamWatch
	options map[string]map[string]float64 // of the Redis client, by instance
}

// A streamWatch is one stream's part.
type streamWatch struct {
	redis recovery
	asked map[string][]asking // by instance
	fates map[string]fates    // since the first fault
}

func (w *clockWatch) Event(e *history.Event) {
	if isFault(e, "") {
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
		s = &streamWatch{redis: recovery{on: "redis", faults: w.health.faults, instances: map[string]*outage{}},
			asked: map[string][]asking{}, fates: map[string]fates{}}
		w.streams[r.Stream] = s
	}
	s.redis.Request(r)
	s.asked[r.Instance] = append(s.asked[r.Instance], askingOf(r))
	if o := ordealOf(w.faults, r.Instance); !r.OK() && o.faulted && r.Intended >= o.began {
		f := s.fates[r.Instance]
		f.add(r)
		s.fates[r.Instance] = f
	}
}

// read is all clocks of one track; rs is in order.
func (w *clockWatch) read(s *streamWatch, instance string, o ordeal, rs []asking) *tracked {
	before := healthy(o, rs)
	n := normsOf(before)
	out := &tracked{times: map[string]timed{}, failed: s.fates[instance], options: w.options[instance]}
	if len(before) >= steadyLeast {
		out.bound = 2*n.p99 + slack
	}
	for _, e := range w.faults {
		if kind := e.Name + " on " + e.On; e.Kind == history.FaultOn && (e.Instance == "" || e.Instance == instance) && !slices.Contains(out.faults, kind) {
			out.faults = append(out.faults, kind)
		}
		if e.Kind == history.FaultOn && (e.Name == "restarted" || e.Name == "reloaded") {
			out.down = max(out.down, e.Until-e.At)
		}
	}
	after := since(o.began, rs)
	for _, r := range after {
		if out.asked++; !r.ok || out.bound > 0 && !r.good(out.bound) {
			out.lost++
		}
	}
	gap := gapOf(after)
	switching, lifting := o.set-o.began, o.lifted-o.lifting
	put := func(name string, resolution time.Duration, e figure.Element, none *figure.Absence) {
		out.times[name] = timed{e, resolution, none}
	}
	until := o.lifting
	if !o.healed {
		until = rs[len(rs)-1].at
	}
	hurt := n.hurt(o, rs, until)
	put(ClockTouched, max(gap, switching), hurt.touched, hurt.untouched)
	put(ClockWorst, time.Millisecond, hurt.worst, hurt.none)
	put(stallOfHits, time.Millisecond, hurt.hits.longest, hurt.hits.why("answers from a cache"))
	put(stallOfAll, time.Millisecond, hurt.all.longest, hurt.all.why("answers"))
	out.hits = hurt.cached
	put(ClockLifted, max(switching, lifting), figure.Element{X: (until - o.began).Seconds(), Cut: !o.healed}, nil)

	told := w.health.told[instance]
	var e figure.Element
	none := figure.Absent("/health was not asked", "")
	if onRedis := ordealOf(w.health.faults, instance); !onRedis.faulted {
		none = figure.Absent("the fault is not on redis", "")
	} else if len(told) > 0 {
		if e, none = detected(onRedis, inOrder(told)); none != nil {
			none = figure.Absent("/health "+none.Why, none.Remedy)
		}
	}
	put(ClockDetected, HealthStep, e, none)

	lost := s.redis.outage(instance)
	e, none = figure.Element{}, figure.Absent("the fault is not on redis", "")
	if s.redis.of = (*outage).fellBack; lost.faulted {
		e, none = lost.measure(&s.redis, instance)
	}
	put(ClockFallback, gap, e, none)
	e = figure.Element{}
	if s.redis.of = (*outage).recovered; lost.faulted {
		e, none = lost.measure(&s.redis, instance)
	}
	put(ClockUsed, max(gap, lifting), e, none)

	// Without a healthy time to compare with there is no bound to be good again.
	if out.bound == 0 {
		none = figure.Absent(fmt.Sprintf("fewer than %d requests before the fault are too few to know what healthy is", steadyLeast), "")
		put(ClockGood, 0, figure.Element{}, none)
		put(ClockSteady, 0, figure.Element{}, none)
		return out
	}
	e, none = goodAfter(o, rs, out.bound)
	put(ClockGood, max(gap, switching), e, none)
	e, none = steadyAfter(o, rs, out.bound)
	put(ClockSteady, steadyBin, e, none)
	return out
}

// gapOf is the mean time between requests.
func gapOf(rs []asking) time.Duration {
	if len(rs) < 2 {
		return 0
	}
	return (rs[len(rs)-1].at - rs[0].at) / time.Duration(len(rs)-1)
}
