package measure

import (
	"math"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
)

// oldestRow is the row of oldest.
func oldestRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "oldest", Args: "(stream[…])", Params: []expr.Param{expr.Selection}, Keys: expr.PlannedKeys(),
			Form: expr.Proved, Dims: figure.Seconds, Label: "greatest age", Noun: "answers", Sourced: true,
		},
		Unit: "duration",
		Doc: "Greatest age of an answer from a cache that can be proved from outside. The age counts from the last answer " +
			"that was loaded, from the last change of the same key, or from when an instance got ready. A request that " +
			"failed, or gives no source, may have loaded too. A request without an answer, or a change without an " +
			"acknowledgement, may take effect at any time: no age after it is proved. It is for services that load on " +
			"request. A cache that refreshes itself is younger than it seems.",
		start: func(w *probe.Walk, args []expr.Arg) probe.Probe { return &oldest{w.Select(args[0].Selector)} },
	}
}

// oldest is the greatest age of a cached answer that the times outside prove.
//
// What an answer c holds was loaded at the latest when the last load that was
// sent before c was done ended, or c itself did. Changes count as loads: a service
// may keep what it has just written. So do requests that failed, or do not say where
// their answer came from: they may have loaded all the same. And so does an instance
// that gets ready: it may have filled the cache.
type oldest struct{ probe.Selection }

func (o *oldest) Value() figure.Value {
	if a := o.Silent(); a != nil {
		return figure.Value{None: a}
	}
	fed := o.Book.Of(probe.SentOf, probe.Failed, probe.Lost, probe.Unsaid, probe.Loaded, probe.Changed, probe.Maybe)
	latest := map[int32][]time.Duration{} // of a group, by the time sent: the latest end so far
	for g, vs := range fed {
		var most time.Duration
		for _, v := range vs {
			if most = max(most, v.Done); v.Outcome == probe.Maybe || v.Outcome == probe.Lost {
				most = math.MaxInt64 // it may be under way still
			}
			latest[g] = append(latest[g], most)
		}
	}
	var age time.Duration
	n, open := 0, 0
	o.Each([]probe.Outcome{probe.Cached}, func(c *probe.Visit) {
		at := o.Book.Filled(c.Sent)
		if i := probe.UpTo(fed[c.Group], probe.SentOf, c.Done); i > 0 {
			at = max(at, latest[c.Group][i-1])
		}
		switch at {
		case 0:
			return // it was loaded before anything was seen
		case math.MaxInt64:
			open++ // it may have been loaded just now
			return
		}
		n++
		age = max(age, c.Sent-min(at, c.Done))
	})
	if n == 0 && open > 0 {
		return figure.NoData("requests that are answered, and changes that are acknowledged",
			"no age of %s can be proved: a request without an answer, or a change that was not acknowledged%s, may have filled the cache at any time", o.Sel.Text, o.Book.Refusals())
	}
	if n == 0 {
		return figure.NoData("a phase in which answers come from the cache after they were loaded", "no answer of %s came from a cache after a load that was seen%s", o.Sel.Text, o.Failures())
	}
	return figure.Value{X: age.Seconds(), Samples: n}
}

// stalenessRow is the row of staleness.
func stalenessRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "staleness", Args: "(stream[…])", Params: []expr.Param{expr.Selection}, Keys: expr.PlannedKeys(),
			Form: expr.Proved, Dims: figure.Seconds, Label: "longest staleness", Noun: "answers",
		},
		Unit: "duration",
		Doc: "Longest time from the acknowledgement of a change to the sending of a request that still got an older " +
			"version, correct or older than an answer before. Zero when there is no such request. Needs changes (PUT), and versions in the answers. Changes " +
			"before an instance got ready do not count.",
		start: func(w *probe.Walk, args []expr.Arg) probe.Probe {
			return &staleness{Selection: w.Select(args[0].Selector)}
		},
	}
}

// staleReadsRow is the row of stale_reads.
func staleReadsRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "stale_reads", Args: "(stream[…])", Params: []expr.Param{expr.Selection}, Keys: expr.PlannedKeys(),
			Form: expr.Counted, Label: "stale reads", Noun: "answers",
		},
		Unit: "count",
		Doc: "Number of requests that were sent after the acknowledgement of a change and got an older version. Answers that are " +
			"older than one before count too, though they are not correct.",
		start: func(w *probe.Walk, args []expr.Arg) probe.Probe {
			return &staleness{Selection: w.Select(args[0].Selector), count: true}
		},
	}
}

// staleness is how often, or for how long, an answer was older than a change that
// had been acknowledged before it was asked for.
type staleness struct {
	probe.Selection
	count bool
}

func (s *staleness) Value() figure.Value {
	if a := s.MissingVersions(); a != nil {
		return figure.Value{None: a}
	}
	writes := map[int32][]*probe.Visit{}
	for i := range s.Book.Visits {
		if v := &s.Book.Visits[i]; v.Outcome == probe.Changed && v.Item >= 0 && v.Version > 0 {
			writes[v.Item] = append(writes[v.Item], v)
		}
	}
	var longest time.Duration
	n, followed, versions := 0, 0, 0
	s.Each([]probe.Outcome{probe.Unsaid, probe.Cached, probe.Loaded, probe.Failed}, func(r *probe.Visit) {
		if r.Version <= 0 || r.Item < 0 || r.Outcome == probe.Failed && !r.Older {
			return
		}
		versions++
		after, began := false, s.Book.Start(r.Sent)
		var oldest time.Duration = -1
		for _, w := range writes[r.Item] {
			if w.Done > r.Sent || w.Done < began {
				continue // not yet acknowledged, or of a state that is gone
			}
			after = true
			if w.Version > r.Version {
				oldest = max(oldest, r.Sent-w.Done)
			}
		}
		if after {
			followed++
		}
		if oldest >= 0 {
			n++
			longest = max(longest, oldest)
		}
	})
	switch {
	case len(writes) == 0:
		return figure.NoData("changes (PUT) that the service answers with 200 and the new version", "no change was acknowledged%s", s.Book.Refusals())
	case versions == 0 && s.Answered > 0:
		return figure.NoData("versions in the answers", "the answers of %s say no version of what was changed", s.Sel.Text)
	case followed == 0:
		return figure.NoData("reads of what was changed", "no answer of %s followed an acknowledged change of what it shows", s.Sel.Text)
	}
	if s.count {
		return figure.Value{X: float64(n), Samples: followed, Grain: 1}
	}
	return figure.Value{X: longest.Seconds(), Samples: followed}
}
