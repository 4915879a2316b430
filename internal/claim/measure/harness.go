package measure

import (
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
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
