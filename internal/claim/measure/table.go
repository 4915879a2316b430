package measure

import "slices"

// All is the table of measures, in the order in which `bench explain` prints them.
// Each row is made in the file of its family, beside the probe that measures it. To
// add a measure, write both and name the row here.
func All() []Measure {
	return slices.Concat(single(), boardRows(), sessionRows(), notificationRows())
}

// single are the rows that are made one by one.
func single() []Measure {
	return []Measure{
		// latency.go
		quantileRow("p50", "median", 0.50, 5),
		quantileRow("p90", "p90", 0.90, 10),
		quantileRow("p95", "p95", 0.95, 20),
		quantileRow("p99", "p99", 0.99, 100),
		quantileRow("p999", "p99.9", 0.999, 1000),
		meanRow(),
		maxRow(),
		// counts.go
		countRow(),
		failuresRow(),
		bareRefusalsRow(),
		rateRow(),
		offeredRow(),
		achievedRow(),
		// shares.go
		availabilityRow(),
		unsentRow(),
		shareRow(),
		hitRatioRow(),
		// counters.go
		deltaRow(),
		// age.go
		oldestRow(),
		stalenessRow(),
		staleReadsRow(),
		// sharing.go
		hitsAfterMissRow(),
		hitsElsewhereRow(),
		coldStartsRow(),
		loadsRow(),
		// counters.go
		excessLoadsRow(),
		falseSourcesRow(),
		// harness.go
		deliveredRow(),
		sendLagRow(),
		longestLagRow(),
		// dependency.go
		timeToRecoverRow(),
		timeToFallbackRow(),
		timeToDetectRow(),
		timeToHealthRow(),
		// goodput.go
		goodputLostRow(),
		timeToGoodputRow(),
		timeToSteadyRow(),
		// limits.go
		overAdmissionsRow(),
		falseRejectionsRow(),
		lyingHeadersRow(),
		// admitted.go
		mostAdmittedRow(),
		// wire.go
		wireHitRatioRow(),
		wireTTLRow(),
		wireWritesRow(),
		wireCommandsRow(),
		wireLatencyRow(),
		// processes.go
		exitsRow(),
		notReadyRow(),
		timeToReadyRow(),
		growthRow(),
		peakGrowthRow(),
	}
}
