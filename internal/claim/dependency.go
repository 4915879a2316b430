package claim

import (
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
)

// timeToRecoverRow is the row of time_to_recover.
func timeToRecoverRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "time_to_recover", Args: "(redis)", Params: []expr.Param{expr.Dependency},
			Form: expr.Set, Dims: figure.Seconds, Label: "time to recover", Noun: "recoveries",
		},
		Unit: "set of durations",
		Doc: "For each instance: from the end of the last heal to its first correct answer from Redis after which, to the " +
			"end of the history, at least 90 % of its cached answers came from Redis. At least what was watched, where that never was.",
		start: startRecover,
	}
}

// timeToFallbackRow is the row of time_to_fallback.
func timeToFallbackRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "time_to_fallback", Args: "(redis)", Params: []expr.Param{expr.Dependency},
			Form: expr.Set, Dims: figure.Seconds, Label: "time to fall back", Noun: "fallbacks",
		},
		Unit: "set of durations",
		Doc: "For each instance: from the end of the first fault's switching on to the first correct answer, asked for during the " +
			"fault, that did not come from Redis. At least what was watched, where there was none before the heal.",
		start: startFallback,
	}
}

// timeToDetectRow is the row of time_to_detect.
func timeToDetectRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "time_to_detect", Args: "(redis)", Params: []expr.Param{expr.Dependency},
			Form: expr.Set, Dims: figure.Seconds, Label: "time to detect", Noun: "detections",
		},
		Unit: "set of durations",
		Doc: "For each instance: from the begin of the first fault to the first answer of its /health that says Redis is down. " +
			"/health is asked every " + HealthStep.String() + ", which is the resolution. At least what was watched, where it never said so before the heal. " +
			"No data where it does not say up before the fault.",
		start: startDetect,
	}
}

// timeToHealthRow is the row of time_to_health.
func timeToHealthRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "time_to_health", Args: "(redis)", Params: []expr.Param{expr.Dependency},
			Form: expr.Set, Dims: figure.Seconds, Label: "time to health", Noun: "recoveries",
		},
		Unit: "set of durations",
		Doc: "For each instance: from the end of the last heal to the first answer of its /health from which on all say that Redis is up. " +
			"/health is asked every " + HealthStep.String() + ", which is the resolution. Zero where it said so all along (time_to_detect tells), " +
			"at least what was watched where it never did. No data where it does not speak of Redis.",
		start: startHealth,
	}
}
