// Package baseline tells what a service does without any fault: which of its calls fail all the same, and how long
// it takes to start.
//
// In go one history; out come counts of failures in health and under faults, and the history without what is not
// the fault's. It decides nothing: whether a call fails more under a fault is a question of chance, and it asks it.
package baseline

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/stats"
)

// A Watch reads one history. The zero Watch but for NoRedis is ready.
type Watch struct {
	NoRedis []string // phases in which the service is told of no Redis: as good as a fault

	faults []history.Event // switched on
	spans  []history.Event // of phases
	starts []history.Event
	tally  tally
}

// A place is where requests were sent. What is hurt is not only the phase of a fault: its aftermath lasts until the
// instances are started anew.
type place struct {
	stream, phase, instance string
	hurt                    bool
}

// A row is what became of the requests of a place.
type row struct {
	asked  int
	method string
	failed probe.Fates
}

type tally map[place]*row

// Event takes phases, faults and starts.
func (w *Watch) Event(e *history.Event) {
	switch {
	case e.Kind == history.FaultOn:
		w.faults = append(w.faults, *e)
	case e.Kind == history.PhaseSpan:
		w.spans = append(w.spans, *e)
	case isStart(e):
		w.starts = append(w.starts, *e)
	}
}

// isStart reports whether e tells how long an instance took to get ready.
func isStart(e *history.Event) bool {
	return e.Kind == history.Process && (e.Name == "ready" || e.Name == "not ready")
}

// Request counts. All events came before.
func (w *Watch) Request(r *history.Request) {
	if r.Failure == history.Canceled {
		return
	}
	at := place{r.Stream, r.Phase, r.Instance, w.hurt(r.Done) || slices.Contains(w.NoRedis, r.Phase)}
	in := w.tally[at]
	if in == nil {
		if w.tally == nil {
			w.tally = tally{}
		}
		in = &row{method: r.Method}
		w.tally[at] = in
	}
	if in.asked++; !r.OK() {
		in.failed.Add(r)
	}
}

// hurt reports whether a fault was on at an instant, or had been since the instances were last started.
func (w *Watch) hurt(at time.Duration) bool {
	var began time.Duration // of the stretch without a restart
	for i, s := range w.spans {
		if i > 0 && s.At != w.spans[i-1].Until {
			began = w.spans[i-1].Until
		}
		if at < s.Until {
			break
		}
	}
	return slices.ContainsFunc(w.faults, func(f history.Event) bool { return f.At >= began && f.At <= at })
}

// A Failure is one way in which the requests of a stream fail.
type Failure struct {
	Stream string
	Fate   probe.Fate
}

// Limited reports whether the service refused the request because there were too many.
func (f Failure) Limited() bool { return f.Fate.Failure == history.Limited || f.Fate.Status == 429 }

// An Own is a failure that the service shows without any fault.
type Own struct {
	Failure
	Method   string // of the request; may be empty
	N, Asked int    // so many of the requests without a fault failed so
}

// Absent reports whether the service does not have what is asked for: all requests are answered so.
func (o Own) Absent() bool {
	return o.N == o.Asked && (o.Fate.Status == 404 || o.Fate.Status == 405 || o.Fate.Status == 501)
}

// Seldom reports whether most of the requests do not fail so.
func (o Own) Seldom() bool { return 2*o.N < o.Asked }

// Call is what fails; path is what the stream asks for, where that is known.
func (o Own) Call(path string) string {
	if path == "" {
		return o.Stream
	}
	return cmp.Or(o.Method, "GET") + " " + path
}

// Says tells it in a sentence.
func (o Own) Says(path string) string {
	call := o.Call(path)
	how := fmt.Sprintf("%d of %s", o.N, figure.Count(o.Asked, "requests"))
	switch {
	case o.Limited():
		return fmt.Sprintf("the service limits the generator (429): %s, %s without any fault", call, how)
	case o.Fate.Failure == history.Status:
		return fmt.Sprintf("%s answers %d without any fault (%s)", call, o.Fate.Status, how)
	}
	return fmt.Sprintf("%s fails without any fault (%s: %s)", call, o.Fate, how)
}

// A Round is what one history says.
type Round struct {
	Own    map[Failure]bool // of all streams, by this round alone
	Starts []time.Duration  // of instances, without a fault
	tally  tally
	watch  *Watch // nil: of several
}

// Round sums up.
func (w *Watch) Round() *Round {
	r := &Round{tally: w.tally, watch: w, Own: map[Failure]bool{}}
	for _, o := range r.Fails(func(string) bool { return true }, nil) {
		r.Own[o.Failure] = true
	}
	for _, s := range w.starts {
		if s.Name == "ready" && !w.hurt(s.Until) {
			r.Starts = append(r.Starts, max(0, s.Until-s.At))
		}
	}
	return r
}

// Together are several rounds as one.
func Together(rounds []*Round) *Round {
	all := &Round{tally: tally{}}
	for _, r := range rounds {
		all.Starts = append(all.Starts, r.Starts...)
		for at, in := range r.tally {
			sum := all.tally[at]
			if sum == nil {
				sum = &row{method: in.method, failed: probe.Fates{}}
				all.tally[at] = sum
			}
			sum.asked += in.asked
			for f, n := range in.failed {
				sum.failed[f] += n
			}
		}
	}
	return all
}

// Start is the median start without a fault; 0: none was seen.
func (r *Round) Start() time.Duration {
	if len(r.Starts) == 0 {
		return 0
	}
	all := slices.Sorted(slices.Values(r.Starts))
	return all[len(all)/2]
}

// Hurts reports whether a request was sent under a fault, or after one, in a phase that matters.
func (r *Round) Hurts(matters func(phase string) bool) bool {
	for at := range r.tally {
		if at.hurt && matters(at.phase) {
			return true
		}
	}
	return false
}

// mostChance is how probable it must be that a call fails more under a fault by chance alone, else it does fail
// more. Below Alpha, because it is asked for each stream, failure, phase and look.
const mostChance = stats.Alpha / 10

// Fails are the failures that are not the fault's, the most frequent first: that the streams of the selectors (nil:
// all) show without any fault, and not more often in a phase with one that matters. A refusal because of too many
// requests is never the fault's where the service gives some without: the longer it is asked, the more it refuses.
func (r *Round) Fails(matters func(phase string) bool, of []expr.Selector) []Own {
	healthy := map[Failure]*Own{}
	asked := map[string]int{}
	for at, in := range r.tally {
		if at.hurt || !asks(of, at, false) {
			continue
		}
		asked[at.stream] += in.asked
		for fate, n := range in.failed {
			f := Failure{at.stream, fate}
			if healthy[f] == nil {
				healthy[f] = &Own{Failure: f, Method: in.method}
			}
			healthy[f].N += n
		}
	}
	var out []Own
	for f, o := range healthy {
		o.Asked = asked[f.Stream]
		if f.Limited() || !r.more(*o, matters, of) {
			out = append(out, *o)
		}
	}
	slices.SortFunc(out, func(a, b Own) int {
		return cmp.Or(b.N-a.N, cmp.Compare(a.Stream, b.Stream), cmp.Compare(a.Fate.String(), b.Fate.String()))
	})
	return out
}

// more reports whether the stream fails more often so in a phase with a fault.
func (r *Round) more(o Own, matters func(phase string) bool, of []expr.Selector) bool {
	type count struct{ k, n int }
	phases := map[string]*count{}
	for at, in := range r.tally {
		if !at.hurt || at.stream != o.Stream || !matters(at.phase) || !asks(of, at, true) {
			continue
		}
		if phases[at.phase] == nil {
			phases[at.phase] = &count{}
		}
		phases[at.phase].k += in.failed[o.Fate]
		phases[at.phase].n += in.asked
	}
	for _, c := range phases {
		if stats.Excess(o.N, o.Asked, c.k, c.n) < mostChance {
			return true
		}
	}
	return false
}

// asks reports whether a selector is about the requests of a place: in its phase, or in whichever.
func asks(of []expr.Selector, at place, phase bool) bool {
	return of == nil || slices.ContainsFunc(of, func(s expr.Selector) bool {
		return (s.Stream == "all" || s.Stream == at.stream) && s.Instance(at.instance) && (!phase || s.Phase(at.phase))
	})
}

// Fates are how requests of the selectors (nil: all) fail, by stream, but for the given failures.
func (r *Round) Fates(of []expr.Selector, but []Own) map[string]probe.Fates {
	out := map[string]probe.Fates{}
	for at, in := range r.tally {
		if !asks(of, at, true) {
			continue
		}
		for fate, n := range in.failed {
			if slices.ContainsFunc(but, func(o Own) bool { return o.Failure == Failure{at.stream, fate} }) {
				continue
			}
			if out[at.stream] == nil {
				out[at.stream] = probe.Fates{}
			}
			out[at.stream][fate] += n
		}
	}
	return out
}

// Asked is how many requests of the selectors (nil: all) a stream sent.
func (r *Round) Asked(of []expr.Selector, stream string) (n int) {
	for at, in := range r.tally {
		if at.stream == stream && asks(of, at, true) {
			n += in.asked
		}
	}
	return n
}
