package claim

import (
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/history"
)

// afterMiss is the share of hits among the answers that should be hits: those
// asked for after a load of their key was answered, and answered before what was
// loaded can have expired.
type afterMiss struct {
	read
	ttl       time.Duration
	elsewhere bool // only the first answers that another instance gave
}

func (m *afterMiss) value() value {
	if a := m.silent(); a != nil {
		return value{none: a}
	}
	loads, changes := m.book.of(doneOf, loaded), m.book.of(sentOf, changed, maybe)
	past := map[place]time.Duration{} // the latest end of a visit so far
	var order map[int32][]*visit
	if m.elsewhere {
		order = m.book.of(sentOf, failed, lost, unsaid, cached, loaded)
	}
	first := map[*visit]time.Duration{} // for each visit, when its instance was last done with the group before
	for g, vs := range order {
		for _, v := range vs {
			at := place{g, v.instance}
			first[v] = past[at]
			past[at] = max(past[at], v.done)
		}
	}
	k, n := 0, 0
	m.each([]what{cached, loaded}, func(c *visit) {
		var q *visit // the load that was sent last
		ended := loads[c.group][:before(loads[c.group], doneOf, c.sent)]
		for _, l := range slices.Backward(ended) {
			if l.done < c.done-m.ttl {
				break // this one and those before it were sent too early
			}
			if (q == nil || l.sent > q.sent) && !(m.elsewhere && l.instance == c.instance) {
				q = l
			}
		}
		switch {
		case q == nil, q.sent < m.book.start(c.sent), c.done > q.sent+m.ttl, touched(changes[c.group], q.sent, c.done):
			return
		case m.elsewhere && first[c] > 0 && first[c] > q.sent-m.ttl:
			return // it may hold an answer of its own
		}
		n++
		if c.what == cached {
			k++
		}
	})
	if n == 0 {
		if m.elsewhere {
			return noData("traffic to several instances, and keys that each is asked for", "no instance was asked for what another had just loaded")
		}
		return noData("a higher rate, or fewer keys", "nothing of %s was asked for again after it was loaded", m.sel.text)
	}
	return value{x: float64(k) / float64(n), k: k, n: n, samples: n, grain: 1 / float64(n)}
}

// A place is a group on one instance.
type place struct {
	group, instance int32
}

// coldStarts is how many instances began with an answer that was no hit.
type coldStarts struct{ read }

func (s *coldStarts) value() value {
	if a := s.silent(); a != nil {
		return value{none: a}
	}
	starts, cold, unknown := 0, 0, 0
	for _, e := range s.book.ready {
		until := time.Duration(1<<63 - 1)
		for _, other := range s.book.ready {
			if other.Instance == e.Instance && other.At > e.At {
				until = min(until, other.At)
			}
		}
		instance := s.book.name("instance " + e.Instance)
		var first *visit
		s.each([]what{unsaid, cached, loaded}, func(v *visit) {
			if v.instance == instance && v.sent >= e.At && v.sent < until && (first == nil || v.sent < first.sent) {
				first = v
			}
		})
		switch {
		case first == nil:
			continue
		case first.what == unsaid:
			unknown++
		case first.what == loaded:
			cold++
		}
		starts++
	}
	switch {
	case len(s.book.ready) == 0:
		return noData("a service that bench starts (--target-cmd)", "when the instances got ready was not seen")
	case starts == 0:
		return noData("traffic to every instance", "no instance was asked for %s after it got ready", s.sel.text)
	case unknown > 0:
		return noData("X-Source on its answers", "the service does not say where its first answers come from")
	}
	return value{x: float64(cold), samples: starts, grain: 1}
}

// loads is the fewest loads that explain the answers which say that they were loaded.
type loads struct{ read }

func (l *loads) value() value {
	if a := l.silent(); a != nil {
		return value{none: a}
	}
	n, answers := l.fewest()
	return value{x: float64(n), samples: max(1, answers), grain: 1}
}

// fewest is the smallest number of instants of which every loaded answer's time,
// from sent to done, holds one of its group: what a load gave, it gave while it was under way.
func (s *read) fewest() (n, answers int) {
	byGroup := map[int32][]*visit{}
	s.each([]what{loaded}, func(v *visit) {
		byGroup[v.group] = append(byGroup[v.group], v)
		answers++
	})
	for _, vs := range byGroup {
		n += len(bursts(vs, (*visit).times))
	}
	return n, answers
}

// against compares answers with a counter of the service: how often it loaded.
type against struct {
	read
	growth *growth
	judge  judgement
	alone  bool            // no other stream may load, or change anything, in these phases
	others bool            // one did
	reads  []history.Event // of the counter, at the ends of the selected phases
}

// A judgement is the least that must be wrong, given what the counter grew by, the
// fewest loads that explain the answers, the answers that say they were loaded, and how
// many requests may each have had one load more: those that failed, and those that were
// under way while the counter was read.
type judgement func(queries, fewest, answers, unknown, underway float64) float64

func startAgainst(judge judgement, alone bool) func([]arg) probe {
	return func(args []arg) probe {
		sel, metric := args[0].sel, args[1]
		// The counter is read over the phases that the stream is filtered by.
		for _, f := range sel.filters {
			if !metric.sel.has(f.key) {
				metric.sel.filters = append(slices.Clone(metric.sel.filters), f)
			}
		}
		g := startDelta([]arg{metric}).(*growth)
		return &against{read: read{tally: tally{sel: sel}}, growth: g, judge: judge, alone: alone}
	}
}

// excess are loads that nobody needed.
func excess(queries, fewest, _, unknown, underway float64) float64 {
	return max(0, queries-fewest-unknown-underway)
}

// lies are answers that do not come from where they say: loads that no answer
// admits, and answers that claim one where there was none.
func lies(queries, fewest, answers, unknown, underway float64) float64 {
	return max(0, queries-answers-unknown-underway) + max(0, fewest-queries-underway)
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

func (a *against) value() value {
	if none := a.silent(); none != nil {
		return value{none: none}
	}
	if a.alone && a.others {
		return noData("phases in which nothing else is asked for", "in the same phases other requests may ask the database too")
	}
	v := a.growth.value()
	if v.none != nil {
		return v
	}
	fewest, answers := a.fewest()
	unknown := 0
	a.each([]what{failed, lost, unsaid, maybe, changed}, func(*visit) { unknown++ })
	underway, reads := 0, a.ends()
	for i := range a.book.visits {
		w := &a.book.visits[i]
		if w.what != cached && slices.ContainsFunc(reads, func(e history.Event) bool {
			return w.sent <= e.Until && (w.done >= e.At || w.what == lost || w.what == maybe)
		}) {
			underway++
		}
	}
	return value{x: a.judge(v.x, float64(fewest), float64(answers), float64(unknown), float64(underway)), samples: a.answered, grain: 1}
}
