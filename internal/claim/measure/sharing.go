package measure

import (
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
)

// hitsAfterMissRow is the row of hits_after_miss.
func hitsAfterMissRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "hits_after_miss", Args: "(stream[…], 2s)", Params: []expr.Param{expr.Selection, expr.Span}, Keys: expr.PlannedKeys(),
			Form: expr.Share, Label: "hits after a miss", Noun: "answers", Failing: true, Sourced: true,
		},
		Unit: "share",
		Doc: "Share of hits among the answers that should hit. Such a request is sent after a load of the same key was " +
			"answered, and is answered before the loaded value, kept for the given time, can have expired. Answers do not " +
			"count when a change, or the start of an instance, may have come between.",
		start: func(w *probe.Walk, args []expr.Arg) probe.Probe {
			return &hitsAfterMiss{Selection: w.Select(args[0].Selector), ttl: args[1].Span}
		},
	}
}

// hitsElsewhereRow is the row of hits_elsewhere.
func hitsElsewhereRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "hits_elsewhere", Args: "(stream[…], 2s)", Params: []expr.Param{expr.Selection, expr.Span}, Keys: expr.PlannedKeys(),
			Form: expr.Share, Label: "hits elsewhere", Noun: "answers", Failing: true, Sourced: true,
		},
		Unit: "share",
		Doc: "The same for the first answers of an instance to a key that another instance loaded, when the instance " +
			"cannot hold a value of its own. It shows whether instances share one cache.",
		start: func(w *probe.Walk, args []expr.Arg) probe.Probe {
			return &hitsAfterMiss{Selection: w.Select(args[0].Selector), ttl: args[1].Span, elsewhere: true}
		},
	}
}

// hitsAfterMiss is the share of hits among the answers that should be hits: those
// asked for after a load of their key was answered, and answered before what was
// loaded can have expired.
type hitsAfterMiss struct {
	probe.Selection
	ttl       time.Duration
	elsewhere bool // only the first answers that another instance gave
}

func (m *hitsAfterMiss) Value() figure.Value {
	if a := m.Silent(); a != nil {
		return figure.Value{None: a}
	}
	loads, changes := m.Book.Of(probe.DoneOf, probe.Loaded), m.Book.Of(probe.SentOf, probe.Changed, probe.Maybe)
	past := map[place]time.Duration{} // the latest end of a visit so far
	var order map[int32][]*probe.Visit
	if m.elsewhere {
		order = m.Book.Of(probe.SentOf, probe.Failed, probe.Lost, probe.Unsaid, probe.Cached, probe.Loaded)
	}
	first := map[*probe.Visit]time.Duration{} // for each visit, when its instance was last done with the group before
	for g, vs := range order {
		for _, v := range vs {
			at := place{g, v.Instance}
			first[v] = past[at]
			past[at] = max(past[at], v.Done)
		}
	}
	k, n, between := 0, 0, 0
	m.Each([]probe.Outcome{probe.Cached, probe.Loaded}, func(c *probe.Visit) {
		var q *probe.Visit // the load that was sent last
		ended := loads[c.Group][:probe.UpTo(loads[c.Group], probe.DoneOf, c.Sent)]
		for _, l := range slices.Backward(ended) {
			if l.Done < c.Done-m.ttl {
				break // this one and those before it were sent too early
			}
			if (q == nil || l.Sent > q.Sent) && !(m.elsewhere && l.Instance == c.Instance) {
				q = l
			}
		}
		switch {
		case q == nil, q.Sent < m.Book.Start(c.Sent), c.Done > q.Sent+m.ttl:
			return
		case probe.Touched(changes[c.Group], q.Sent, c.Done):
			between++
			return
		case m.elsewhere && first[c] > 0 && first[c] > q.Sent-m.ttl:
			return // it may hold an answer of its own
		}
		n++
		if c.Outcome == probe.Cached {
			k++
		}
	})
	switch {
	case n > 0:
	case between > 0:
		return figure.NoData("changes that are acknowledged, or a phase without them",
			"each of the %s of %s that followed a load may have followed a change too%s", figure.Count(between, "answers"), m.Sel.Text, m.Book.Refusals())
	case len(m.Book.Of(probe.SentOf, probe.Loaded)) == 0:
		return figure.NoData("X-Source: database, or ai, on answers that were loaded", "no answer says that it was loaded")
	case m.elsewhere && m.Instances() == 1:
		return figure.NoData("two instances (instances of the scenario's target, or --instances 2)", "only one instance got requests of %s: there is no other to share with", m.Sel.Text)
	case m.elsewhere:
		return figure.NoData("traffic to several instances, and keys that each is asked for", "no instance was asked for what another had just loaded%s", m.Failures())
	default:
		return figure.NoData("a higher rate, or fewer keys", "no key of %s was requested again after its load%s", m.Sel.Text, m.Failures())
	}
	return figure.Value{X: float64(k) / float64(n), K: k, N: n, Samples: n, Grain: 1 / float64(n)}
}

// A place is a group on one instance.
type place struct {
	group, instance int32
}

// loadsRow is the row of loads.
func loadsRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "loads", Args: "(stream[…])", Params: []expr.Param{expr.Selection}, Keys: expr.PlannedKeys(),
			Form: expr.Counted, Label: "loads", Noun: "answers", Sourced: true,
		},
		Unit: "count",
		Doc: "The fewest loads that explain the answers from the database, or from the model. Answers to the same key that " +
			"overlap in time may have shared one load.",
		start: func(w *probe.Walk, args []expr.Arg) probe.Probe { return &loads{w.Select(args[0].Selector)} },
	}
}

// loads is the fewest loads that explain the answers which say that they were loaded.
type loads struct{ probe.Selection }

func (l *loads) Value() figure.Value {
	if a := l.Silent(); a != nil {
		return figure.Value{None: a}
	}
	n, answers := l.FewestLoads()
	return figure.Value{X: float64(n), Samples: max(1, answers), Grain: 1}
}
