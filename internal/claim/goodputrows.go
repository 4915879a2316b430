package claim

import (
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
)

// goodputLostRow is the row of goodput_lost.
func goodputLostRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "goodput_lost", Args: "(stream[…], 300ms)", Params: []expr.Param{expr.Selection, expr.Limit}, Keys: expr.PlannedKeys(),
			Form: expr.Counted, Label: "goodput lost", Noun: "requests",
		},
		Unit: "count",
		Doc: "How many planned requests, from the begin of the first fault on their instance to the end of the history, got no " +
			"correct answer within the bound: what the fault cost, its aftermath included.",
		start: startLost,
	}
}

// timeToGoodputRow is the row of time_to_goodput.
func timeToGoodputRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "time_to_goodput", Args: "(stream[…], 300ms)", Params: []expr.Param{expr.Selection, expr.Limit}, Keys: expr.PlannedKeys(),
			Form: expr.Set, Dims: figure.Seconds, Label: "time to goodput", Noun: "recoveries",
		},
		Unit: "set of durations",
		Doc: "For each instance: from the begin of the first fault to the intended time of the first request from which on, until the last heal, " +
			"99 % were answered correctly within the bound, and 95 % in each bin of 100 ms (or of 20 requests, where these take longer). " +
			"About one gap between requests where nothing was lost; at least what was watched where it never was so.",
		start: startGoodput,
	}
}

// timeToSteadyRow is the row of time_to_steady.
func timeToSteadyRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "time_to_steady", Args: "(stream[…], 300ms)", Params: []expr.Param{expr.Selection, expr.Limit}, Keys: expr.PlannedKeys(),
			Form: expr.Set, Dims: figure.Seconds, Label: "time to steady", Noun: "recoveries",
		},
		Unit: "set of durations",
		Doc: "For each instance: from the end of the last heal to the begin of the first 100 ms from which on, to the end of the history, it " +
			"answers as before the fault (the later half of that time, 3 s at most): correct answers within the bound at least 99 % of what they were, the hit ratio within 5 points " +
			"(which stands for the load on the database) and what chance makes of it, 95 % of the answers within twice the p95 that those of a cache, or not of one, had then and 5 ms. All that follows must reach that, and each half second of it (or 50 requests, where these take longer) but for chance " +
			"(three standard deviations). The resolution is 100 ms, and some twenty requests where only a share of them tells. At least what was watched, where none is so for half a second: an overload that sustains itself, where it is watched for long. " +
			"The time before the fault must be steady itself: longer than the times to live.",
		start: startSteady,
	}
}
