package claim_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/measure"
	"github.com/trektribe/bench/internal/history"
)

// A deciding is a claim on a measure, and rounds that decide it.
type deciding struct {
	holds     string
	good, bad []part // that comply, and that do not; bad nil: nothing more is asked
	none      []part // that say nothing
	why       string // they say nothing
}

// decidings has a claim on every measure, and on what can be made of several.
func decidings() []deciding {
	type parts = []part
	good := parts{trips("fault", 2000, ms, "redis")}
	slow := parts{trips("fault", 2000, 40*ms, "redis")}
	few := parts{trips("fault", 4, ms, "redis")}
	other := parts{trips("warm", 2000, ms, "redis")}
	return slices.Concat(exactDecidings(), wireDecidings(), []deciding{
		{"p50(trips[phase=fault]) <= 6ms", good, slow, few, "4 correct answers"},
		{"p90(trips[phase=fault]) <= 6ms", good, slow, few, "4 correct answers"},
		{"p95(trips[phase=fault]) <= 6ms", good, slow, few, "4 correct answers"},
		{"p99(trips[phase=fault]) <= 6ms", good, slow, parts{trips("fault", 99, ms, "redis")}, "99 correct answers"},
		{"p999(trips[phase=fault]) <= 6ms", good, slow, parts{trips("fault", 999, ms, "redis")}, "needs 1000"},
		{"mean(trips[phase=fault]) <= 6ms", good, slow, other, "no request of trips[phase=fault]"},
		{"max(trips[phase=fault]) <= 1s", good, parts{trips("fault", 10, ms, "redis"), failed("fault", 1, 2000*ms)}, other, "no request"},
		{"p90(time_to_recover(redis)) <= 1s", recovering(200, 50), recovering(1800, 50), sourceless, "never answered from redis"},
		{"max(time_to_recover(redis)) <= 1s", recovering(0, 50), recovering(1800, 50), parts{trips("warm", 50, ms, "redis")}, "no fault on redis"},
		{"mean(time_to_fallback(redis)) <= 500ms", recovering(200, 50), recovering(200, 900), sourceless, "never answered from redis"},
		{"count(trips[source=database]) <= 10", parts{trips("warm", 10, ms, "database")}, parts{trips("warm", 11, ms, "database")}, sourceless, "does not say where"},
		{"failures(trips[phase=fault]) == 0", good, parts{failed("fault", 1, ms)}, other, "no request"},
		{"rate(trips[phase=fault]) in 100/s..200/s", parts{trips("fault", 300, ms, "redis")}, parts{trips("fault", 30, ms, "redis")}, other, "no request"},
		{"offered(trips[phase=fault]) >= 100/s", parts{trips("fault", 300, ms, "redis")}, parts{trips("fault", 30, ms, "redis")}, other, "no request"},
		{"achieved(trips[phase=fault]) >= 100/s", parts{trips("fault", 300, ms, "redis")}, parts{neverSent(300)}, other, "no request"},
		{"availability(trips[phase=fault]) >= 99%", good, parts{trips("fault", 500, ms, "redis"), failed("fault", 500, ms)}, other, "no request"},
		{"1 - availability(trips[phase=fault]) <= 1%", good, parts{trips("fault", 500, ms, "redis"), failed("fault", 500, ms)}, other, "no request"},
		{"unsent(trips[phase=fault]) <= 1%", good, parts{neverSent(300)}, other, "no request"},
		{"share(trips[source=cache], trips[phase=fault]) >= 90%", good, parts{trips("fault", 300, ms, "database")}, parts{failed("fault", 5, ms)}, "no correct answer"},
		{"share(trips[source=cache, within=6ms], trips[source=cache]) >= 95%",
			parts{trips("fault", 980, 6*ms, "redis"), trips("warm", 20, 7*ms, "memory"), trips("after", 300, 200*ms, "database")},
			parts{trips("fault", 700, 6*ms, "redis"), trips("warm", 300, 7*ms, "redis")}, parts{trips("fault", 300, ms, "database")}, "no correct answer"},
		{"share(trips[within!=6ms], trips) <= 5%", parts{trips("fault", 980, 6*ms, "redis"), trips("warm", 20, 7*ms, "redis")},
			parts{trips("fault", 700, 6*ms, "redis"), trips("warm", 300, 7*ms, "redis")}, parts{failed("fault", 5, ms)}, "no correct answer"},
		{"count(trips[within=2s]) >= 200", parts{trips("fault", 200, ms, "redis")}, parts{trips("fault", 10, ms, "redis"), failed("fault", 300, 2000*ms)}, nil, "no request"},
		{"hit_ratio(trips[phase=fault]) >= 90%", good, parts{trips("fault", 300, ms, "database")}, parts{trips("fault", 300, ms, "")}, "does not say where"},
		{"delta(db_total) <= 100", parts{counter("db_total", "warm", "1", 5, 50), counter("db_total", "warm", "2", 0, 50)},
			parts{counter("db_total", "warm", "1", 5, 90), counter("db_total", "warm", "2", 0, 50)},
			parts{counter("other_total", "warm", "1", 0, 1)}, "does not export db_total"},
		{"oldest(trips) <= 2s", parts{loaded(0), hitsFrom(250, 1500)}, parts{loaded(0), hitsFrom(250, 2900)}, parts{loaded(0)}, "after a load that was seen"},
		{"staleness(trips) <= 250ms", parts{changed(0), readAt(100, 2)}, parts{changed(0), readAt(1000, 1)}, parts{readAt(100, 2)}, "no change was acknowledged"},
		{"stale_reads(trips) == 0", parts{changed(0), readAt(100, 2)}, parts{changed(0), readAt(100, 1)}, parts{readAt(100, 2)}, "no change was acknowledged"},
		{"hits_after_miss(trips, 5s) >= 99%", parts{loaded(0), answers("trips", "fault", 1000*ms, 900, ms, nil)},
			parts{loaded(0), answers("trips", "fault", 1000*ms, 300, ms, func(r *history.Request) { r.Source = "database" })}, parts{loaded(0)}, "no key of trips was requested again"},
		{"hits_elsewhere(trips, 5s) >= 50%", parts{everyKey(loadedOn("1")), everyKey(hitOn("2"))}, parts{everyKey(loadedOn("1")), everyKey(loadedOn("2"))}, parts{loaded(0)}, "only one instance got requests"},
		{"cold_starts(trips) == 0", parts{ready("1", 0), oneOn("1", "redis", 10)(1), oneOn("1", "database", 500)(1)}, parts{ready("1", 0), loaded(0)}, parts{hitsFrom(1, 1)}, "was not seen"},
		{"loads(trips) <= 1", parts{loaded(0)}, parts{loaded(0), loaded(500)}, parts{failed("fault", 5, ms)}, "no correct answer"},
		{"excess_loads(trips, db_total) <= 2", parts{loaded(0), counter("db_total", "warm", "1", 0, 3)}, parts{loaded(0), counter("db_total", "warm", "1", 0, 4)},
			parts{loaded(0)}, "no metrics were read"},
		{"false_sources(trips, db_total) == 0", parts{loaded(0), counter("db_total", "warm", "1", 0, 1)}, parts{loaded(0), counter("db_total", "warm", "1", 0, 2)},
			parts{loaded(0)}, "no metrics were read"},
		{`miscounted(trips[phase=warm], hits_total{of="trips"}) == 0`, parts{hitsFrom(200, 500), metered(`hits_total{of="trips"}`, 5, 36)}, parts{hitsFrom(200, 500), metered(`hits_total{of="trips"}`, 5, 35)},
			parts{hitsFrom(200, 500), metered(`hits_total{kind="trips"}`, 5, 36)}, "no hits_total has these labels"},
		{`miscounted(trips[phase=warm], hits_total{of="trips"}) <= 3`, parts{hitsFrom(200, 500), metered(`hits_total{of="trips"}`, 0, 34)}, parts{hitsFrom(200, 500), metered(`hits_total{of="users"}`, 0, 31)},
			parts{hitsFrom(200, 500), metered("other_total", 0, 31)}, "does not export hits_total"},
		{"delta(db_total) / loads(trips) <= 1.1", parts{loadedInTurn(300), counter("db_total", "warm", "1", 0, 302)}, parts{loadedInTurn(300), counter("db_total", "warm", "1", 0, 600)},
			parts{failed("fault", 5, ms), counter("db_total", "warm", "1", 0, 5)}, "no correct answer"},
		{"staleness(trips) <= 250ms and staleness(trips) >= 0s", parts{changed(0), readAt(100, 2)}, parts{changed(0), readAt(950, 1)}, parts{changed(0)}, "say no version"},
		{"delivered(blackhole) == 1", parts{trips("warm", 1, ms, "redis")}, nil, nil, ""},
		{"max(time_to_detect(redis)) <= 200ms", detected(100, 100), detected(300, 100), parts{outage("1"), told("1", "unsaid", 500, "unsaid", 5990)}, "did not say up before the fault"},
		{"max(time_to_health(redis)) <= 200ms", detected(100, 100), detected(100, 300), parts{outage("1"), told("1", "unsaid", 500, "unsaid", 5990)}, "does not say whether"},
		{"goodput_lost(trips, 300ms) <= 10", slowed(100, 0), slowed(100, 10), parts{trips("fault", 200, ms, "redis")}, "after a fault began there"},
		{"max(time_to_goodput(trips, 300ms)) <= 500ms", slowed(400, 0), slowed(600, 0), parts{trips("fault", 200, ms, "redis")}, "no fault was observed"},
		{"max(time_to_steady(trips, 300ms)) <= 500ms", slowed(400, 300), slowed(400, 700), parts{outage("1"), trips("after", 200, ms, "redis")}, "are needed to know the steady state"},
		{"max(time_to_primary(redis)) <= 1500ms", parts{outage("1"), primary("a", 0), primary("b", 2000)}, parts{outage("1"), primary("a", 0), primary("b", 2900)},
			parts{outage("1")}, "nobody said who the primary"},
		{"exits() == 0", parts{started("ready", 9)}, parts{started("ready", 9), exited()}, good, "no instance was seen to start"},
		{"not_ready() == 0", parts{started("ready", 9)}, parts{started("not ready", 9)}, good, "no instance was seen to start"},
		{"max(time_to_ready()) <= 1s", parts{started("ready", 900)}, parts{started("not ready", 1100)}, good, "no instance was seen to start"},
		{"told_mean(wait_seconds[phase=warm]) <= 10ms", parts{metered("wait_seconds_sum", 3, 3.05), metered("wait_seconds_count", 100, 110)}, parts{metered("wait_seconds_sum", 3, 3.5), metered("wait_seconds_count", 100, 110)},
			parts{metered("wait_seconds_sum", 3, 3), metered("wait_seconds_count", 100, 100)}, "counted nothing"},
		{"unlogged(redis, 500ms) == 0", parts{outage("1"), line(500, "info", "redis"), line(1200, "warn", "redis")}, parts{outage("1"), line(1200, "info", "redis"), line(1300, "warn", ""), line(1900, "error", "redis")},
			parts{outage("1")}, "no line of a log was seen"},
		{"unlogged(redis, 600ms) == 0", parts{outage("1"), line(500, "info", "redis"), line(1200, "warn", "redis")}, parts{outage("1"), line(1200, "info", "redis"), line(1300, "plain", "redis")},
			parts{outage("1"), line(1200, "plain", "redis")}, "has no line with a level"},
		{"unlogged(redis, 1s) <= 1", parts{outage("1", "2"), line(1200, "error", "redis")}, parts{outage("1"), line(500, "warn", "redis"), line(900, "error", "redis"), line(1200, "warn", "redis")},
			parts{line(500, "warn", "redis")}, "no fault on redis"},
		{"secrets_logged() == 0", parts{line(500, "info", "")}, parts{line(500, "info", ""), line(500, history.LogSecret, "")}, good, "no line of a log was seen"},
		{"lost_writes(always) == 0", parts{kept("always", 100), crash(900)}, parts{kept("always", 100), missed("always", 800), crash(900)}, parts{kept("no", 100), missed("no", 800)}, "nothing was written to a redis that syncs always"},
		{"image_size() <= 150MB", parts{imaged(57e6)}, parts{imaged(57e6), imaged(178e6)}, good, "no instance ran in a container"},
		{"lost_writes(volume) == 0", parts{kept("volume", 100), crash(900)}, parts{kept("volume", 100), missed("volume", 800), crash(900)}, parts{kept("no", 100), missed("no", 800)}, "nothing was written to a redis whose container was made again"},
		{"write_loss(everysec) <= 300ms", parts{kept("everysec", 100), missed("everysec", 700), crash(900), crash(1500)}, parts{kept("everysec", 100), missed("everysec", 400), crash(100), crash(900)},
			parts{crash(900)}, "nothing was written"},
		{"strangers_served(redis) == 0", parts{stranger("NOAUTH"), stranger("WRONGPASS"), stranger("silence")}, parts{stranger("NOAUTH"), stranger("reply")}, parts{stranger("refused")}, "the last met refused"},
		{"time_to_fire(RedisDown) <= 1500ms", alerting(1300, 0), alerting(1800, 0), parts{outage("1"), alert("firing", 0, 10)}, "RedisDown was firing before the fault"},
		{"time_to_fire(RedisDown) <= 1s", parts{outage("1"), alert("inactive", 0, 10), alert("firing", 1500, 1600)}, parts{outage("1"), alert("inactive", 0, 10), alert("inactive", 5900, 5900)},
			parts{outage("1"), alert("Prometheus did not answer", 0, 10)}, "before the fault: Prometheus did not answer"},
		{"time_to_fire(RedisDown) <= 2s", alerting(1300, 0), parts{outage("1"), alert("inactive", 0, 10), alert("x", 4000, 4100), alert("inactive", 5000, 5100)}, parts{outage("1")}, "no Prometheus was asked"},
		{"time_to_resolve(RedisDown) <= 1s", alerting(500, 500), alerting(500, 1500), parts{outage("1"), alert("inactive", 0, 10)}, "RedisDown did not fire"},
		{"fired(RedisDown[phase=warm]) == 0", alerting(500, 500), parts{outage("1"), alert("firing", 0, 10), alert("firing", 5900, 5900)}, parts{outage("1"), alert("inactive", 0, 10), alert("no answer", 300, 400)},
			"the state of RedisDown was not always known"},
		{"fired(RedisDown[phase=fault]) == 1", alerting(500, 500), alerting(2500, 500), parts{outage("1"), event(history.Event{Kind: history.Alert, Name: "Other", Detail: "inactive"})}, "no alert RedisDown; it has Other"},
		{"growth(go_goroutines, warm, after) <= 20", parts{gauge("go_goroutines", 30, 35)}, parts{gauge("go_goroutines", 30, 90)}, parts{gauge("go_threads", 30, 35)}, "was not read"},
		{"growth(process_resident_memory_bytes, warm, after) <= 1MB", parts{gauge("process_resident_memory_bytes", 3e7, 2e7)}, parts{gauge("process_resident_memory_bytes", 3e7, 4e7)}, good, "was not read"},
		{"peak_growth(process_open_fds, warm, fault) <= 20", held(45), held(90), held(0), "was not read within fault"},
		{"over_admissions(trips, 2, 50ms, fixed-from-first) == 0", parts{limited(200, 200, 429)}, parts{limited(200, 200, 200, 429)}, parts{limited(200, 200)}, "nobody was refused"},
		{"over_admissions(trips, 2, 50ms, gcra(2)) == 0", parts{limited(200, 200, 429)}, parts{limited(200, 200, 200, 200, 429)}, parts{limited(500, 500)}, "with a status of 2xx or 429"},
		{"false_rejections(trips, 2, 50ms, sliding-log) == 0", parts{limited(200, 200, 429)}, parts{limited(200, 429, 200)}, parts{failed("fault", 5, ms)}, "with a status of 2xx or 429"},
		{"lying_headers(trips, 2, 50ms, fixed-from-first) == 0", parts{remaining(1, 0)}, parts{remaining(1, 1)}, parts{limited(200, 429)}, "had a header about the limit"},
		{"bare_refusals(trips) == 0", parts{limited(200, 429)}, parts{limited(200, 429), answers("trips", "warm", 0, 1, ms, refused)}, parts{limited(200)}, "was answered 429"},
		{"most_admitted(trips, 35ms) <= 3", parts{limited(200, 200, 200, 429, 200)}, parts{limited(200, 200, 200, 200, 429)}, parts{limited(429)}, "was let in"},
		{"longest_lag() <= 3ms", parts{lagging(1)}, parts{lagging(4)}, parts{neverSent(5)}, "while a worker was free"},
		{"send_lag() <= 3ms", parts{lagging(1)}, parts{lagging(4)}, parts{neverSent(5)}, "no request left"},
		{"p50(trips[source=database]) / p50(trips[source=redis]) >= 50", parts{trips("warm", 50, ms, "redis"), trips("fault", 50, 200*ms, "database")},
			parts{trips("warm", 50, 50*ms, "redis"), trips("fault", 50, 200*ms, "database")}, parts{trips("warm", 50, ms, "redis")}, "0 correct answers"},
		{"p50(trips[phase=fault]) <= 2 × p50(trips[phase=warm])", parts{trips("warm", 50, ms, "redis"), trips("fault", 50, ms, "redis")},
			parts{trips("warm", 50, ms, "redis"), trips("fault", 50, 9*ms, "redis")}, parts{trips("warm", 50, ms, "redis")}, "no request"},
		{"availability(trips[phase=warm]) − availability(trips[phase=fault]) <= 5%", parts{trips("warm", 1000, ms, "redis"), trips("fault", 1000, ms, "redis")},
			parts{trips("warm", 1000, ms, "redis"), trips("fault", 500, ms, "redis"), failed("fault", 500, ms)}, parts{trips("warm", 50, ms, "redis")}, "no request"},
		{"delta(db_total[phase=warm]) == count(trips[phase=warm])", parts{trips("warm", 7, ms, "redis"), counter("db_total", "warm", "1", 0, 7)},
			parts{trips("warm", 7, ms, "redis"), counter("db_total", "warm", "1", 0, 8)}, parts{trips("warm", 7, ms, "redis")}, "no metrics were read"},
	})
}

// Every measure has four rows: a round that complies and one that does not,
// fewer rounds than a verdict needs, and a round that says nothing.
func TestEveryMeasureDecides(t *testing.T) {
	covered := map[string]bool{}
	for _, r := range decidings() {
		for _, m := range measure.All() {
			if strings.Contains(r.holds, m.Name+"(") {
				covered[m.Name] = true
			}
		}
		c := compile(t, r.holds, "")
		check := func(name string, rounds []history.Slice, want claim.Verdict) claim.Result {
			t.Helper()
			got := judge(t, c, rounds...)
			if got.Verdict != want {
				t.Errorf("%s: %s: got %s (%s; settle: %s), want %s", r.holds, name, got.Verdict, got.Because, got.Remedy, want)
			}
			mustBeComplete(t, got)
			return got
		}
		check("good", times(3, play(r.good...)), claim.Holds)
		if got := check("too little", times(2, play(r.good...)), claim.Inconclusive); !got.More {
			t.Errorf("%s: more rounds would help, and More is false", r.holds)
		}
		if r.bad != nil {
			check("bad", times(3, play(r.bad...)), claim.Refuted)
			got := check("no data", times(3, play(r.none...)), claim.Inconclusive)
			if !strings.Contains(got.Because, r.why) {
				t.Errorf("%s: no data: because %q, want %q in it", r.holds, got.Because, r.why)
			}
			if got.More {
				t.Errorf("%s: no data: More is true, but no round can help", r.holds)
			}
			// One round without a figure is no proof, whatever the others say.
			check("one without", append(times(4, play(r.good...)), play(r.none...)), claim.Inconclusive)
		}
	}
	for _, m := range measure.All() {
		if !covered[m.Name] {
			t.Errorf("no row for %s", m.Name)
		}
		if text, ok := measure.Explain(m.Name); !ok || !strings.Contains(text, m.Doc) || m.Doc == "" {
			t.Errorf("Explain(%q) = %q, %v", m.Name, text, ok)
		}
	}
	if _, ok := measure.Explain("p51"); ok {
		t.Error("Explain knows p51")
	}
}

// mustBeComplete checks what every Result must be.
func mustBeComplete(t *testing.T, r claim.Result) {
	t.Helper()
	if _, err := json.Marshal(r); err != nil {
		t.Errorf("%s: %v", r.Holds, err)
	}
	if r.Because == "" {
		t.Errorf("%s: %s because of nothing", r.Holds, r.Verdict)
	}
	if undecided := r.Verdict == claim.Inconclusive; (r.Remedy != "") != undecided || (r.Code != "") != undecided {
		t.Errorf("%s: %s, code %q, remedy %q", r.Holds, r.Verdict, r.Code, r.Remedy)
	}
	if r.Verdict != claim.Inconclusive && (r.Lo > r.Measured || r.Measured > r.Hi) {
		t.Errorf("%s: %v is not within %v..%v", r.Holds, r.Measured, r.Lo, r.Hi)
	}
	for _, p := range r.Parts {
		if p.Rounds == nil || p.Method == "" || p.Verdict == "" {
			t.Errorf("%s: incomplete part %+v", r.Holds, p)
		}
	}
}
