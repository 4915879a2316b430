package drill

import (
	"iter"
	"math"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/scenarios"
)

// never is an instant after the end of any round.
const never = time.Duration(math.MaxInt64)

// A window is one episode in the history of one arm: what was asked and what happened from its phase before to its
// last phase after, with its own faults alone. It is a history of its own, so that what is measured in it is measured
// of these faults.
type window struct {
	history.History
	episode scenarios.Episode

	begun    bool          // a fault was switched on
	whole    bool          // every phase of it was played to its end
	began    time.Duration // first fault
	healed   time.Duration // last heal, done; 0: none
	from, to time.Duration // of what is in it; to is never where it is not whole

	on, off  int // faults switched on, and lifted
	noStalls bool
	spans    map[string]history.Event
	mine     map[faultKey]bool // the faults that are its own
}

// A faultKey is one fault: an instance has one of a kind at a time, and it is known by when it was planned.
type faultKey struct {
	kind, on, instance string
	planned            time.Duration
}

func keyOf(e *history.Event) faultKey { return faultKey{e.Name, e.On, e.Instance, e.Planned} }

// windows are the episodes of a scenario in the history of one arm, in order.
func windows(s *scenarios.Scenario, h history.History) []*window {
	var out []*window
	spans := map[string]history.Event{}
	for e := range h.Events() {
		if e.Kind == history.PhaseSpan {
			spans[e.Name] = e
		}
	}
	for _, e := range s.Episodes() {
		out = append(out, &window{History: h, episode: e, spans: spans, mine: map[faultKey]bool{}, to: never})
	}
	belongs(out, h)
	for _, w := range out {
		w.bound()
	}
	return out
}

// belongs finds whose each fault is, and which heal ends it.
func belongs(all []*window, h history.History) {
	open := map[[3]string]*window{} // kind, on, instance → whose fault is on
	for e := range h.Events() {
		id := [3]string{e.Name, e.On, e.Instance}
		switch e.Kind {
		case history.FaultOn:
			i := slices.IndexFunc(all, func(w *window) bool { return w.takes(&e) })
			if i < 0 {
				continue
			}
			w := all[i]
			if !w.begun || e.At < w.began {
				w.began = e.At
			}
			w.begun, w.on = true, w.on+1
			w.mine[keyOf(&e)] = true
			open[id] = w
		case history.FaultOff:
			if w := open[id]; w != nil {
				w.off, w.healed = w.off+1, max(w.healed, e.Until, e.At)
				w.mine[keyOf(&e)] = true
				delete(open, id)
			}
		}
	}
}

// takes reports whether a fault that was switched on is of this episode: the first one with such a fault that was not
// over by then.
func (w *window) takes(e *history.Event) bool {
	span, over := w.spans[w.episode.Phase.Name]
	if over && e.At > span.Until {
		return false
	}
	for _, f := range w.episode.Phase.Faults {
		if f.Kind == e.Name && f.On == e.On {
			return true
		}
	}
	return false
}

// bound finds from when to when the window is.
func (w *window) bound() {
	first := w.episode.Phases()[0]
	w.from = w.spans[first].At
	if w.begun {
		w.from = min(w.from, w.began) // a fault that is on from the start comes before its phase
	}
	w.whole = true
	var end time.Duration
	for _, name := range w.episode.Phases() {
		span, played := w.spans[name]
		w.whole = w.whole && played
		end = max(end, span.Until)
	}
	if w.whole {
		w.to = max(end, w.healed)
	}
}

// in reports whether an instant is in the window.
func (w *window) in(at time.Duration) bool { return at >= w.from && at < w.to }

// Requests yields those that were due in it.
func (w *window) Requests() iter.Seq[history.Request] {
	return func(yield func(history.Request) bool) {
		for r := range w.History.Requests() {
			if w.in(r.Intended) && !yield(r) {
				return
			}
		}
	}
}

// Commands yields those that were sent in it.
func (w *window) Commands() iter.Seq[history.Command] {
	return func(yield func(history.Command) bool) {
		for c := range w.History.Commands() {
			if w.in(c.Sent) && !yield(c) {
				return
			}
		}
	}
}

// follows is what an event is a state of, where only what differs is recorded: /health of an instance, or an alert.
// Empty: it is none.
func follows(e *history.Event) string {
	switch e.Kind {
	case history.Health:
		return "health " + e.Instance
	case history.Alert:
		return "alert " + e.Name
	}
	return ""
}

// Events yields what happened in it. Of /health and of alerts only what differs was recorded: what was said last before
// the window stands at its beginning, and what was said last within it stands at its end.
func (w *window) Events() iter.Seq[history.Event] {
	return func(yield func(history.Event) bool) {
		before, last := map[string]history.Event{}, map[string]history.Event{}
		later := map[string]bool{} // it was asked after the window, too
		for e := range w.History.Events() {
			of := follows(&e)
			switch {
			case of == "":
			case e.Until < w.from:
				before[of], last[of] = e, e
			case e.Until < w.to:
				last[of] = e
			default:
				later[of] = true
			}
		}
		for _, e := range before {
			e.At, e.Until = w.from, w.from
			if !yield(e) {
				return
			}
		}
		for e := range w.History.Events() {
			if w.has(&e) && !yield(e) {
				return
			}
		}
		for of, e := range last {
			if e.At, e.Until = w.to, w.to; later[of] && w.whole && !yield(e) {
				return
			}
		}
	}
}

// has reports whether an event is of the window.
func (w *window) has(e *history.Event) bool {
	phases := w.episode.Phases()
	switch e.Kind {
	case history.PhaseSpan:
		return slices.Contains(phases, e.Name)
	case history.Counter, history.Usage:
		return slices.Contains(phases, e.Phase)
	case history.FaultOn, history.FaultOff, history.Delivery:
		return w.mine[keyOf(e)]
	case history.Problem:
		return slices.Contains(phases, e.Phase) || e.Phase == "" && (e.At == 0 || w.in(e.At))
	case history.Health, history.Alert:
		return e.Until >= w.from && e.Until < w.to
	case history.Hiccup:
		return w.in(e.At) && !w.noStalls
	case history.Wire:
		return e.Name == history.WireWatched || w.in(e.At)
	case history.Wall, history.RoundEnd:
		return true
	case history.Process:
		return w.in(e.At) || e.Name == "ready" && e.At < w.to
	}
	return w.in(e.At)
}
