package measure

import (
	"slices"

	"github.com/trektribe/bench/internal/claim/operation"
)

// Where the truth of a figure comes from.
const (
	byOutside = "outside" // what clients sent, when, and what they were answered
	byService = "service" // what the service says: sources of answers, /health, /metrics
	byWire    = "wire"    // what the service said to Redis, as bench's proxy saw it
	byAlerts  = "alerts"  // what a Prometheus says of its alerts
	byHarness = "harness" // what bench measures of itself, of its faults and of the processes that it starts
)

// All is the table of measures, in the order in which `bench explain` prints them.
// Each row is made in the file of its family, beside the probe that measures it. To
// add a measure, write both and name the row here, with where its truth comes from.
func All() []Measure {
	return slices.Concat(
		from(byOutside, quantileRow("p50", "median", 0.50, 5), quantileRow("p90", "p90", 0.90, 10), quantileRow("p95", "p95", 0.95, 20),
			quantileRow("p99", "p99", 0.99, 100), quantileRow("p999", "p99.9", 0.999, 1000), meanRow(), maxRow()),
		from(byOutside, countRow(), failuresRow(), bareRefusalsRow(), rateRow(), offeredRow(), achievedRow()),
		from(byOutside, availabilityRow(), unsentRow(), shareRow()),
		from(byService+" or "+byWire, hitRatioRow(), deltaRow()),
		from(byOutside+", "+byService+" or "+byWire, oldestRow()),
		from(byOutside, stalenessRow(), staleReadsRow()),
		from(byOutside+", "+byService+" or "+byWire, hitsAfterMissRow(), hitsElsewhereRow(), coldStartsRow(), loadsRow(), excessLoadsRow()),
		from(byOutside+", "+byService, falseSourcesRow()),
		from(byOutside+", "+byService, operationRows(operation.OfService())...),
		from(byHarness, deliveredRow(), sendLagRow()),
		from(byHarness+", "+byWire, longestLagRow()),
		from(byService+" or "+byWire, timeToRecoverRow()),
		from(byHarness, timeToPrimaryRow()),
		from(byService, timeToFallbackRow(), timeToDetectRow(), timeToHealthRow()),
		from(byOutside, goodputLostRow(), timeToGoodputRow()),
		from(byOutside+", "+byService, timeToSteadyRow()),
		from(byOutside, overAdmissionsRow(), falseRejectionsRow(), lyingHeadersRow(), mostAdmittedRow()),
		from(byWire, wireHitRatioRow(), wireTTLRow(), wireWritesRow(), wireCommandsRow(), wireLatencyRow()),
		from(byHarness, exitsRow(), notReadyRow(), timeToReadyRow()),
		from(byHarness, operationRows(operation.OfHarness())...),
		from(byAlerts, operationRows(operation.OfAlerts())...),
		from(byHarness+" or "+byService, growthRow()),
		from(byHarness, peakGrowthRow()),
		from(byOutside, boardRows()...), from(byOutside, sessionRows()...), from(byOutside, notificationRows()...),
	)
}

// from says where the truth of some measures comes from.
func from(truth string, rows ...Measure) []Measure {
	for i := range rows {
		rows[i].Truth = truth
	}
	return rows
}
