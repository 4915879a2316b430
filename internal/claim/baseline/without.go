package baseline

import (
	"iter"

	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/history"
)

// Without is the history h, of which r is the only round, without what the service does without any fault: without
// its own failures, and with starts under a fault only as long as they took beyond the usual start.
func (r *Round) Without(h history.History) history.History { return &without{h, r} }

type without struct {
	history.History
	round *Round
}

// Requests leaves out the service's own failures.
func (w *without) Requests() iter.Seq[history.Request] {
	return func(yield func(history.Request) bool) {
		for q := range w.History.Requests() {
			if !q.OK() && w.round.Own[Failure{q.Stream, probe.FateOf(&q)}] {
				continue
			}
			if !yield(q) {
				return
			}
		}
	}
}

// Events shortens starts.
func (w *without) Events() iter.Seq[history.Event] {
	usual := w.round.Start()
	return func(yield func(history.Event) bool) {
		for e := range w.History.Events() {
			if usual > 0 && isStart(&e) {
				e.Until = max(e.At, e.Until-usual)
			}
			if !yield(e) {
				return
			}
		}
	}
}
