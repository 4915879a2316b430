package claim

import (
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/stats"
)

// sendLag is the generator's own lateness: that of requests which left, and
// for which a worker was free when they should have.
type sendLag struct {
	deaf
	sketch stats.Sketch
}

func (s *sendLag) request(r *history.Request) {
	if r.Sent > 0 && !r.Queued && r.Failure != history.Canceled {
		s.sketch.Record(r.Lag())
	}
}

func (s *sendLag) value() figure.Value {
	if s.sketch.Count() == 0 {
		return figure.NoData("traffic", "no request left while a worker was free")
	}
	x := s.sketch.Quantile(0.99).Seconds()
	return figure.Value{X: x, Samples: s.sketch.Count(), Resolution: resolution * x}
}
