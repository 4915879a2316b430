package probe

import (
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/source"
	"github.com/trektribe/bench/internal/history"
)

// An Against compares answers with a counter of the service: how often it loaded.
type Against struct {
	Selection
	Metric *Increase
	Others bool            // another stream may have loaded in these phases, or changed something
	reads  []history.Event // of the counter, at the ends of the selected phases
}

// NewAgainst compares what sel selects with a counter, over the phases that sel is filtered by.
func NewAgainst(w *Walk, sel expr.Selector, metric expr.Arg) Against {
	phases := metric.Selector
	for _, f := range sel.Filters {
		if !phases.Has(f.Key) {
			phases.Filters = append(slices.Clone(phases.Filters), f)
		}
	}
	return Against{Selection: w.Select(sel), Metric: NewIncrease(phases, metric.Name, metric.Labels)}
}

// Event takes the readings of the counter.
func (a *Against) Event(e *history.Event) {
	a.Metric.Event(e)
	if name, _, _ := strings.Cut(e.Name, "{"); e.Kind == history.Counter && name == a.Metric.Metric && a.Sel.Phase(e.Phase) {
		a.reads = append(a.reads, *e)
	}
}

// Request takes what is asked in its phases.
func (a *Against) Request(r *history.Request) {
	a.Metric.Request(r)
	a.Selection.Request(r)
	if r.Sent > 0 && !Asks(&a.Sel, r) && a.Sel.Phase(r.Phase) && r.Failure != history.Canceled {
		a.Others = a.Others || !source.Is(r.Source, source.Cache)
	}
}

// ends are the readings between which the counter grew. One between two selected
// phases is none: what it misses in the one it counts in the other.
func (a *Against) ends() []history.Event {
	return slices.DeleteFunc(slices.Clone(a.reads), func(e history.Event) bool {
		return slices.ContainsFunc(a.reads, func(o history.Event) bool {
			return o.Name == e.Name && o.Instance == e.Instance && o.At == e.At && o.Phase != e.Phase
		})
	})
}

// Balance holds what the counter grew by against the answers.
func (a *Against) Balance(queries float64) Balance {
	fewest, answers := a.FewestLoads()
	b := Balance{Queries: queries, Fewest: float64(fewest), Answers: float64(answers)}
	a.Each([]Outcome{Changed}, func(*Visit) { b.Changed++ })
	a.Each([]Outcome{Failed, Lost, Unsaid, Maybe}, func(v *Visit) {
		b.Unknown++
		if v.Outcome == Unsaid {
			b.Unsaid++
		}
	})
	reads := a.ends()
	for i := range a.Book.Visits {
		w := &a.Book.Visits[i]
		if w.Outcome != Cached && slices.ContainsFunc(reads, func(e history.Event) bool {
			return w.Sent <= e.Until && (w.Done >= e.At || w.Outcome == Lost || w.Outcome == Maybe)
		}) {
			b.Underway++
		}
	}
	return b
}
