package claim

// faultMeasures are those of faults: their clocks, and what they do to processes.
func faultMeasures() []Measure {
	ofBound := []param{selection, limit}
	return []Measure{
		{
			Name: "time_to_recover", Args: "(redis)", Unit: "set of durations",
			Doc: "For each instance: from the end of the last heal to its first correct answer from Redis after which, to the " +
				"end of the history, at least 90 % of its cached answers came from Redis. At least what was watched, where that never was.",
			params: []param{dependency}, form: set, dims: seconds, label: "time to recover", noun: "recoveries",
			start: startRecover,
		},
		{
			Name: "time_to_fallback", Args: "(redis)", Unit: "set of durations",
			Doc: "For each instance: from the end of the first fault's switching on to the first correct answer, asked for during the " +
				"fault, that did not come from Redis. At least what was watched, where there was none before the heal.",
			params: []param{dependency}, form: set, dims: seconds, label: "time to fall back", noun: "fallbacks",
			start: startFallback,
		},
		{
			Name: "time_to_detect", Args: "(redis)", Unit: "set of durations",
			Doc: "For each instance: from the begin of the first fault to the first answer of its /health that says Redis is down. " +
				"/health is asked every " + HealthStep.String() + ", which is the resolution. At least what was watched, where it never said so before the heal. " +
				"No data where it does not say up before the fault.",
			params: []param{dependency}, form: set, dims: seconds, label: "time to detect", noun: "detections",
			start: startDetect,
		},
		{
			Name: "time_to_health", Args: "(redis)", Unit: "set of durations",
			Doc: "For each instance: from the end of the last heal to the first answer of its /health from which on all say that Redis is up. " +
				"/health is asked every " + HealthStep.String() + ", which is the resolution. Zero where it said so all along (time_to_detect tells), " +
				"at least what was watched where it never did. No data where it does not speak of Redis.",
			params: []param{dependency}, form: set, dims: seconds, label: "time to health", noun: "recoveries",
			start: startHealth,
		},
		{
			Name: "goodput_lost", Args: "(stream[…], 300ms)", Unit: "count",
			Doc: "How many planned requests, from the begin of the first fault on their instance to the end of the history, got no " +
				"correct answer within the bound: what the fault cost, its aftermath included.",
			params: ofBound, keys: asked, form: counted, label: "goodput lost", noun: "requests",
			start: startLost,
		},
		{
			Name: "time_to_goodput", Args: "(stream[…], 300ms)", Unit: "set of durations",
			Doc: "For each instance: from the begin of the first fault to the intended time of the first request from which on, until the last heal, " +
				"99 % were answered correctly within the bound, and 95 % in each bin of 100 ms (or of 20 requests, where these take longer). " +
				"About one gap between requests where nothing was lost; at least what was watched where it never was so.",
			params: ofBound, keys: asked, form: set, dims: seconds, label: "time to goodput", noun: "recoveries",
			start: startGoodput,
		},
		{
			Name: "time_to_steady", Args: "(stream[…], 300ms)", Unit: "set of durations",
			Doc: "For each instance: from the end of the last heal to the begin of the first 100 ms from which on, to the end of the history, it " +
				"answers as before the fault (the later half of that time, 3 s at most): correct answers within the bound at least 99 % of what they were, the hit ratio within 5 points " +
				"(which stands for the load on the database) and what chance makes of it, 95 % of the answers within twice the p95 that those of a cache, or not of one, had then and 5 ms. All that follows must reach that, and each half second of it (or 50 requests, where these take longer) but for chance " +
				"(three standard deviations). The resolution is 100 ms, and some twenty requests where only a share of them tells. At least what was watched, where none is so for half a second: an overload that sustains itself, where it is watched for long. " +
				"The time before the fault must be steady itself: longer than the times to live.",
			params: ofBound, keys: asked, form: set, dims: seconds, label: "time to steady", noun: "recoveries",
			start: startSteady,
		},
		{
			Name: "exits", Args: "()", Unit: "count",
			Doc:  "How many times an instance exited by itself: not those that a fault or the harness ended.",
			form: counted, label: "exits", noun: "starts",
			start: startExits,
		},
		{
			Name: "not_ready", Args: "()", Unit: "count",
			Doc:  "How many times an instance that was started did not get ready (GET /health answers 200) in the time that it is given.",
			form: counted, label: "not ready", noun: "starts",
			start: startNotReady,
		},
		{
			Name: "time_to_ready", Args: "()", Unit: "set of durations",
			Doc:  "From each start of an instance to its first 200 of GET /health. At least what was waited, where it did not get ready.",
			form: set, dims: seconds, label: "time to ready", noun: "starts",
			start: startTimeToReady,
		},
		{
			Name: "growth", Args: "(gauge, phase, phase)", Unit: "count, or bytes where the gauge ends in _bytes",
			Doc: "What a gauge grew by from the end of the first phase to the end of the second, on the instance where that is most; zero where it fell. " +
				"process_open_fds and process_resident_memory_bytes are read from the process itself where the harness starts it (on Linux; " +
				"its process group together), and go_goroutines from /metrics. growth(go_goroutines, steady, after) <= 20.",
			params: []param{metric, phaseName, phaseName}, keys: []string{"instance"}, form: scalar, label: "growth", noun: "readings", plain: true,
			start: startRise,
		},
	}
}
