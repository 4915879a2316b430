package claim

import (
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
)

// coldStartsRow is the row of cold_starts.
func coldStartsRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "cold_starts", Args: "(stream[…])", Params: []expr.Param{expr.Selection}, Keys: expr.PlannedKeys(),
			Form: expr.Counted, Label: "cold starts", Noun: "starts",
		},
		Unit: "count",
		Doc: "How many instances gave a first answer, after they got ready, that was not a hit. No data where it failed, where a load was " +
			"first asked for more than 1 s after that (it may have expired), and where no answer ever says that it was loaded.",
		start: func(w *walk, args []expr.Arg) probe { return &coldStarts{w.read(args[0].Selector)} },
	}
}

// mostIdle is how long after an instance got ready its first answer may be asked
// for. Later, what it had filled its cache with may have expired: that the harness
// was late is no fault of the service's.
const mostIdle = time.Second

// coldStarts is how many instances began with an answer that was no hit.
type coldStarts struct{ read }

func (s *coldStarts) Value() figure.Value {
	if a := s.silent(); a != nil {
		return figure.Value{None: a}
	}
	if len(s.book.ready) == 0 {
		return figure.NoData("a service that bench starts (--target-cmd)", "when the instances got ready was not seen")
	}
	starts, cold := 0, 0
	for _, e := range s.book.ready {
		until := time.Duration(1<<63 - 1)
		for _, other := range s.book.ready {
			if other.Instance == e.Instance && other.At > e.At {
				until = min(until, other.At)
			}
		}
		instance := s.book.name("instance " + e.Instance)
		var first *visit
		s.each([]what{failed, lost, unsaid, cached, loaded}, func(v *visit) {
			if v.instance == instance && v.sent >= e.At && v.sent < until && (first == nil || v.sent < first.sent) {
				first = v
			}
		})
		if first == nil {
			continue
		}
		idle := first.sent - max(e.At, e.Until)
		switch {
		case first.what == failed || first.what == lost:
			return figure.NoData("a first answer that is correct", "the first request to instance %s after it got ready got no correct answer%s", e.Instance, s.failures())
		case first.what == unsaid:
			return figure.NoData("X-Source on its answers", "the service does not say where its first answers come from")
		case first.what == loaded && idle > mostIdle:
			return figure.NoData("a request soon after the start: a higher rate, and a /metrics that answers at once",
				"instance %s was first asked %s after it got ready: what it had cached may have expired", e.Instance, figure.Format(idle.Seconds(), "s"))
		case first.what == loaded:
			cold++
		}
		starts++
	}
	switch {
	case starts == 0:
		return figure.NoData("traffic to every instance", "no instance was asked for %s after it got ready", s.sel.Text)
	case cold == 0 && !s.everLoaded():
		return figure.NoData("a round in which entries expire, and X-Source: database on what is loaded",
			"no answer like those of %s ever says that it was loaded: that the first do not either shows nothing", s.sel.Text)
	}
	return figure.Value{X: float64(cold), Samples: starts, Grain: 1}
}

// everLoaded reports whether anything that the selection asks for was ever said to
// be loaded, in whichever phase.
func (s *coldStarts) everLoaded() bool {
	groups := map[int32]bool{}
	for _, i := range s.picks {
		groups[s.book.visits[i].group] = true
	}
	for i := range s.book.visits {
		if v := &s.book.visits[i]; v.what == loaded && groups[v.group] {
			return true
		}
	}
	return false
}
