package measure

import (
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/claim/source"
)

// coldStartsRow is the row of cold_starts.
func coldStartsRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "cold_starts", Args: "(stream[…])", Params: []expr.Param{expr.Selection}, Keys: expr.PlannedKeys(),
			Form: expr.Counted, Label: "cold starts", Noun: "starts", Sourced: true,
		},
		Unit: "count",
		Doc: "Number of instances whose first answer after they got ready was not a hit. No data when that answer failed, " +
			"when a load was first requested more than 1 s later (the value may have expired), or when no answer ever " +
			"says that it was loaded.",
		start: func(w *probe.Walk, args []expr.Arg) probe.Probe { return &coldStarts{w.Select(args[0].Selector)} },
	}
}

// mostIdle is how long after an instance got ready its first answer may be asked
// for. Later, what it had filled its cache with may have expired: that the harness
// was late is no fault of the service's.
const mostIdle = time.Second

// coldStarts is how many instances began with an answer that was no hit.
type coldStarts struct{ probe.Selection }

func (s *coldStarts) Value() figure.Value {
	if a := s.Silent(); a != nil {
		return figure.Value{None: a}
	}
	if len(s.Book.Ready) == 0 {
		return figure.NoData("a service that bench starts (--target-cmd)", "when the instances got ready was not seen")
	}
	starts, cold := 0, 0
	for _, e := range s.Book.Ready {
		until := time.Duration(1<<63 - 1)
		for _, other := range s.Book.Ready {
			if other.Instance == e.Instance && other.At > e.At {
				until = min(until, other.At)
			}
		}
		instance := s.Book.Instance(e.Instance)
		var first *probe.Visit
		s.Each([]probe.Outcome{probe.Failed, probe.Lost, probe.Unsaid, probe.Cached, probe.Loaded}, func(v *probe.Visit) {
			if v.Instance == instance && v.Sent >= e.At && v.Sent < until && (first == nil || v.Sent < first.Sent) {
				first = v
			}
		})
		if first == nil {
			continue
		}
		idle := first.Sent - max(e.At, e.Until)
		switch {
		case first.Outcome == probe.Failed || first.Outcome == probe.Lost:
			return figure.NoData("a first answer that is correct", "the first request to instance %s after it got ready got no correct answer%s", e.Instance, s.Failures())
		case first.Outcome == probe.Unsaid:
			return figure.NoData(source.Wanted, "the service does not say where its first answers come from")
		case first.Outcome == probe.Loaded && idle > mostIdle:
			return figure.NoData("a request soon after the start: a higher rate, and a /metrics that answers at once",
				"instance %s was first asked %s after it got ready: what it had cached may have expired", e.Instance, figure.Format(idle.Seconds(), "s"))
		case first.Outcome == probe.Loaded:
			cold++
		}
		starts++
	}
	switch {
	case starts == 0:
		return figure.NoData("traffic to every instance", "no instance was asked for %s after it got ready", s.Sel.Text)
	case cold == 0 && !s.EverLoaded():
		return figure.NoData("a round in which entries expire, and X-Source: database on what is loaded",
			"no answer like those of %s ever says that it was loaded: that the first do not either shows nothing", s.Sel.Text)
	}
	return figure.Value{X: float64(cold), Samples: starts, Grain: 1}
}
