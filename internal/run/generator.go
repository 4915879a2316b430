package run

import (
	"context"
	"fmt"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/run/capacity"
	"github.com/trektribe/bench/internal/stats"
)

// hardly is a rate that hardly any machine keeps from being sent on time: below it, nothing is measured.
const hardly = 1000

// warnOfRates warns where a scenario asks for more requests a second than this machine sends on time.
func (r *session) warnOfRates(ctx context.Context) error {
	most, who := 0.0, ""
	for _, s := range r.Scenarios {
		if rate := s.Offered() * float64(len(r.Lab.Arms)); rate > most {
			most, who = rate, s.Name
		}
	}
	if most < hardly {
		return nil
	}
	can, err := capacity.Measure(ctx, most)
	if err == nil && can < most {
		r.warn(fmt.Sprintf("%s sends up to %.0f requests a second to all arms, and this machine keeps %.0f on time: its rounds may be set aside. Lower the rates, name one of --arms, or use a quieter machine", who, most, can))
	}
	return err
}

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
