package run

import (
	"fmt"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/stats"
)

// loadSeen is how well the generator kept its schedule, over all that was read.
type loadSeen struct {
	requests int
	lag      stats.Sketch // of requests that a worker was free for
}

func (l *loadSeen) String() string {
	return fmt.Sprintf("%d requests, send lag p50 %s, p99 %s", l.requests,
		figure.Format(l.lag.Quantile(0.50).Seconds(), "s"), figure.Format(l.lag.Quantile(0.99).Seconds(), "s"))
}

func (l *loadSeen) add(h history.History) {
	for r := range h.Requests() {
		l.requests++
		if r.Sent != 0 && !r.Queued {
			l.lag.Record(r.Lag())
		}
	}
}
