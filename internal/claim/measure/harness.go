package measure

import (
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/impact"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/claim/source"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/stats"
)

// deliveredRow is the row of delivered.
func deliveredRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "delivered", Args: "(fault)", Params: []expr.Param{expr.FaultKind},
			Form: expr.Truth, Label: "delivered", Noun: "canaries",
		},
		Unit: "yes or no",
		Doc: "Whether every canary of this fault met it: 1 or 0 in an expression. It may stand alone in requires. No data " +
			"without a canary.",
		start: func(_ *probe.Walk, args []expr.Arg) probe.Probe { return &probe.Proof{Kind: args[0].Name} },
	}
}

// sendLagRow is the row of send_lag.
func sendLagRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "send_lag", Args: "()",
			Form: expr.Scalar, Dims: figure.Seconds, Label: "p99 send lag", Noun: "requests", OfGenerator: true,
		},
		Unit: "duration", Live: true,
		Doc: "p99 of how late the generator sent (sent − intended) while a worker was free. A request without a free " +
			"worker waits for the service, and does not count.",
		start: func(*probe.Walk, []expr.Arg) probe.Probe { return &sendLag{} },
	}
}

// longestLagRow is the row of longest_lag.
func longestLagRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "longest_lag", Args: "()",
			Form: expr.Scalar, Dims: figure.Seconds, Label: "longest send lag", Noun: "requests", OfGenerator: true, Timeless: true,
		},
		Unit: "duration",
		Doc: "How long the machine held up whatever runs on it: the latest that the generator sent (sent − intended) while a worker " +
			"was free, or the longest that Redis took for a command outside every fault on it, where the proxy sees that. A service " +
			"that gives up a slow Redis after some time has then given up for no fault of its own.",
		start: func(*probe.Walk, []expr.Arg) probe.Probe { return &longestLag{} },
	}
}

// longestLag is the latest that a request left for which a worker was free, or that Redis answered when nothing
// held it up on purpose.
type longestLag struct {
	lag    time.Duration
	n      int
	faults []history.Event // on Redis
}

// waits are the commands that Redis may answer later on purpose.
var waits = []string{"BLPOP", "BRPOP", "BLMOVE", "BRPOPLPUSH", "BLMPOP", "BZPOPMIN", "BZPOPMAX", "BZMPOP", "XREAD", "XREADGROUP", "WAIT", "WAITAOF"}

func (l *longestLag) Event(e *history.Event) {
	if impact.IsFault(e, source.Redis) {
		l.faults = append(l.faults, *e)
	}
}

func (l *longestLag) Request(r *history.Request) {
	if r.Failure != history.Canceled && !r.Queued && r.Sent > 0 {
		l.n++
		l.lag = max(l.lag, r.Lag())
	}
}

func (l *longestLag) Command(c *history.Command) {
	if c.Answered > 0 && !slices.Contains(waits, c.Name) && !l.hurt(c) {
		l.lag = max(l.lag, c.Answered-c.Sent)
	}
}

// hurt reports whether a fault on Redis was on while a command was under way.
func (l *longestLag) hurt(c *history.Command) bool {
	on := 0
	for _, e := range l.faults {
		switch {
		case e.Kind == history.FaultOn && e.At <= c.Answered:
			on++
		case e.Kind == history.FaultOff && max(e.At, e.Until) < c.Sent:
			on--
		}
	}
	return on > 0
}

func (l *longestLag) Value() figure.Value {
	if l.n == 0 {
		return figure.NoData("requests that were sent while a worker was free", "no request was sent while a worker was free")
	}
	return figure.Value{X: l.lag.Seconds(), Samples: l.n}
}

// sendLag is the generator's own lateness: that of requests which left, and
// for which a worker was free when they should have.
type sendLag struct {
	probe.Deaf
	sketch stats.Sketch
}

func (s *sendLag) Request(r *history.Request) {
	if r.Sent > 0 && !r.Queued && r.Failure != history.Canceled {
		s.sketch.Record(r.Lag())
	}
}

func (s *sendLag) Value() figure.Value {
	if s.sketch.Count() == 0 {
		return figure.NoData("traffic", "no request left while a worker was free")
	}
	x := s.sketch.Quantile(0.99).Seconds()
	return figure.Value{X: x, Samples: s.sketch.Count(), Resolution: resolution * x}
}
