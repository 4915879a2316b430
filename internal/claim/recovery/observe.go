package recovery

import (
	"fmt"
	"strings"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/guard"
	"github.com/trektribe/bench/internal/claim/impact"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/claim/source"
	"github.com/trektribe/bench/internal/history"
)

// Observe reads the times of one arm's part of one round. It keeps 32 bytes a request.
func (s *Spec) Observe(h history.History) (r Round) {
	defer func() {
		if e := recover(); e != nil {
			r = Round{why: fmt.Sprintf("reading the recovery times: %v", e)}
		}
	}()
	w := watch{streams: map[string]*stream{}, told: map[string][]history.Event{}, options: map[string]map[string]float64{}}
	var g guard.Guard
	for e := range h.Events() {
		g.Event(&e)
		w.event(&e)
	}
	for q := range h.Requests() {
		g.Request(&q)
		w.request(&q)
	}
	if found := g.Complaints(s.rules); len(found) > 0 {
		return Round{why: found[0].Text}
	}
	return Round{tracks: w.tracks()}
}

// A watch gathers what the times are read from.
type watch struct {
	faults  []history.Event // of anything
	onRedis []history.Event // of these, on Redis
	streams map[string]*stream
	told    map[string][]history.Event    // what /health said of Redis, by instance
	options map[string]map[string]float64 // of the Redis client, by instance
}

// A stream is what one stream met, by instance.
type stream struct {
	redis  map[string]*impact.Usage
	asked  map[string][]impact.Request
	failed map[string]probe.Fates // since the first fault
}

func (w *watch) event(e *history.Event) {
	if impact.IsFault(e, "") {
		w.faults = append(w.faults, *e)
	}
	if impact.IsFault(e, source.Redis) {
		w.onRedis = append(w.onRedis, *e)
	}
	if e.Kind == history.Health && e.On == source.Redis {
		w.told[e.Instance] = append(w.told[e.Instance], *e)
	}
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

func (w *watch) request(r *history.Request) {
	if r.Failure == history.Canceled {
		return
	}
	s := w.streams[r.Stream]
	if s == nil {
		s = &stream{redis: map[string]*impact.Usage{}, asked: map[string][]impact.Request{}, failed: map[string]probe.Fates{}}
		w.streams[r.Stream] = s
	}
	if s.redis[r.Instance] == nil {
		s.redis[r.Instance] = impact.NewUsage(source.Redis, r.Instance, w.onRedis)
	}
	s.redis[r.Instance].Add(r)
	s.asked[r.Instance] = append(s.asked[r.Instance], impact.RequestOf(r))
	if in := impact.WindowOf(w.faults, r.Instance); !r.OK() && in.Faulted && r.Intended >= in.Began {
		f := s.failed[r.Instance]
		f.Add(r)
		s.failed[r.Instance] = f
	}
}

// tracks reads the times of every stream on every instance that had a fault.
func (w *watch) tracks() map[track]*tracked {
	out := map[track]*tracked{}
	for name, s := range w.streams {
		for instance, rs := range s.asked {
			if in := impact.WindowOf(w.faults, instance); in.Faulted {
				impact.Sort(rs)
				out[track{name, instance}] = w.read(s, instance, in)
			}
		}
	}
	return out
}
