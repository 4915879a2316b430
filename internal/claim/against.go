package claim

import (
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
)

// against compares answers with a counter of the service: how often it loaded.
type against struct {
	read
	growth *growth
	judge  judgement
	alone  bool            // no other stream may load, or change anything, in these phases
	others bool            // one did
	reads  []history.Event // of the counter, at the ends of the selected phases
}

// A balance is what the counter says, and what the answers say.
type balance struct {
	queries  float64 // that the counter grew by
	fewest   float64 // loads that explain the answers
	answers  float64 // that say they were loaded
	changed  float64 // changes, each of which may be a query
	unknown  float64 // requests that failed, or say no source: each may be one load more
	unsaid   float64 // of these, correct answers
	underway float64 // requests that the counter may have counted on either side of a reading
}

// A judgement is the least that must be wrong. It is no data where that is nothing
// only because of what is not known.
type judgement func(b balance) (float64, *figure.Absence)

func startAgainst(judge judgement, alone bool) func([]arg) probe {
	return func(args []arg) probe {
		sel, metric := args[0].sel, args[1]
		// The counter is read over the phases that the stream is filtered by.
		for _, f := range sel.filters {
			if !metric.sel.has(f.key) {
				metric.sel.filters = append(slices.Clone(metric.sel.filters), f)
			}
		}
		g := startGrowth([]arg{metric})
		return &against{read: read{tally: tally{sel: sel}}, growth: g, judge: judge, alone: alone}
	}
}

// excess are loads that nobody needed.
func excess(b balance) (float64, *figure.Absence) {
	if short := b.short(); short != nil {
		return 0, short
	}
	return b.beyond(b.fewest)
}

// lies are answers that do not come from where they say: loads that no answer
// admits, and answers that claim one where there was none.
func lies(b balance) (float64, *figure.Absence) {
	claimed := max(0, b.fewest-b.queries-b.underway)
	hidden, none := b.beyond(b.answers)
	switch {
	case claimed+hidden > 0:
		return claimed + hidden, nil
	case b.unsaid > 0:
		return 0, figure.Absent("of "+figure.Count(int(b.unsaid), "answers")+" it is not said where they come from", "X-Source on every answer")
	}
	return 0, none
}

// beyond are the queries beyond those that are explained.
func (b balance) beyond(explained float64) (float64, *figure.Absence) {
	over := max(0, b.queries-explained-b.changed-b.underway)
	if over > 0 && over <= b.unknown {
		return 0, figure.Absent(figure.Count(int(over), "queries")+" more than the answers explain: requests that failed, or do not say where their answer came from, may have needed them",
			"rounds in which no request fails, and X-Source on every answer")

	}
	return max(0, over-b.unknown), nil
}

// short is why the counter cannot be trusted, where it misses loads that the answers
// prove; nil: it misses none.
func (b balance) short() *figure.Absence {
	if b.queries+b.underway >= b.fewest {
		return nil
	}
	return figure.Absent("the counter grew by "+figure.Count(int(b.queries), "queries")+", and the answers that say they were loaded need "+
		figure.Count(int(b.fewest), "loads")+": it does not count all of them, or began again at 0",
		"a counter that counts every load, and never goes down while the service runs")

}

func (a *against) event(e *history.Event) {
	a.growth.event(e)
	if name, _, _ := strings.Cut(e.Name, "{"); e.Kind == history.Counter && name == a.growth.metric && a.sel.phase(e.Phase) {
		a.reads = append(a.reads, *e)
	}
}

func (a *against) request(r *history.Request) {
	a.growth.request(r)
	a.read.request(r)
	if r.Sent > 0 && !a.sel.asks(r) && a.sel.phase(r.Phase) && r.Failure != history.Canceled {
		a.others = a.others || !isFrom(r.Source, "cache")
	}
}

// ends are the readings between which the counter grew. One between two selected
// phases is none: what it misses in the one it counts in the other.
func (a *against) ends() []history.Event {
	return slices.DeleteFunc(slices.Clone(a.reads), func(e history.Event) bool {
		return slices.ContainsFunc(a.reads, func(o history.Event) bool {
			return o.Name == e.Name && o.Instance == e.Instance && o.At == e.At && o.Phase != e.Phase
		})
	})
}

func (a *against) value() figure.Value {
	if none := a.silent(); none != nil {
		return figure.Value{None: none}
	}
	if a.alone && a.others {
		return figure.NoData("phases in which nothing else is asked for", "in the same phases other requests may ask the database too")
	}
	v := a.growth.value()
	if v.None != nil {
		return v
	}
	x, none := a.judge(a.balance(v.X))
	if none != nil {
		return figure.Value{None: none}
	}
	return figure.Value{X: x, Samples: a.answered, Grain: 1}
}

// balance holds what the counter grew by against the answers.
func (a *against) balance(queries float64) balance {
	fewest, answers := a.fewest()
	b := balance{queries: queries, fewest: float64(fewest), answers: float64(answers)}
	a.each([]what{changed}, func(*visit) { b.changed++ })
	a.each([]what{failed, lost, unsaid, maybe}, func(v *visit) {
		b.unknown++
		if v.what == unsaid {
			b.unsaid++
		}
	})
	reads := a.ends()
	for i := range a.book.visits {
		w := &a.book.visits[i]
		if w.what != cached && slices.ContainsFunc(reads, func(e history.Event) bool {
			return w.sent <= e.Until && (w.done >= e.At || w.what == lost || w.what == maybe)
		}) {
			b.underway++
		}
	}
	return b
}

// queries is the growth of the contract's own counter of database queries. A counter
// that misses loads which the answers prove says nothing of how many there were.
type queries struct{ against }

// startDelta checks the contract's counter where all of it is asked for, and no other:
// what they count is theirs.
func startDelta(args []arg) probe {
	g := startGrowth(args)
	if g.metric != queriesTotal || len(g.labels) > 0 {
		return g
	}
	everything := selector{text: g.sel.text, stream: "all", filters: g.sel.filters}
	return &queries{against{read: read{tally: tally{sel: everything}}, growth: g}}
}

func (q *queries) request(r *history.Request) {
	q.growth.request(r)
	if r.OK() && r.Source == "database" {
		q.read.request(r)
	}
}

func (q *queries) value() figure.Value {
	v := q.growth.value()
	if v.None == nil {
		v.None = q.balance(v.X).short()
	}
	return v
}
