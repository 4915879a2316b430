package claim_test

import (
	"encoding/json"
	"strconv"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/measure"
	"github.com/trektribe/bench/internal/history"
)

// Every measure has four rows: a round that complies and one that does not,
// fewer rounds than a verdict needs, and a round that says nothing.
func TestEveryMeasureDecides(t *testing.T) {
	type (
		parts []part
		row   struct {
			holds     string
			good, bad parts
			none      parts
			why       string // of having no data
		}
	)
	recover := func(back, fallback int) parts { // ms after the heal and after the fault
		var out parts
		out = append(out, outage("1", "2"))
		for _, i := range []string{"1", "2"} {
			on := func(source string) func(*history.Request) {
				return func(r *history.Request) { r.Instance, r.Source = i, source }
			}
			out = append(out,
				answers("trips", "warm", 0, 50, ms, on("redis")),
				answers("trips", "fault", 1001*ms, (2000-fallback)/10, fms(fallback), on("memory")),
				answers("trips", "after", 3001*ms, back/10, ms, on("memory")),
				answers("trips", "after", 3001*ms+fms(back), (2900-back)/10, ms, on("redis")))
		}
		return out
	}
	speaksNot := parts{outage("1"), trips("warm", 50, ms, ""), trips("after", 50, ms, "")}
	lagging := func(lag int) part {
		return answers("trips", "warm", 0, 200, 50*ms, tail(fms(lag)))
	}
	unsent := func(n int) part {
		return answers("trips", "fault", 1000*ms, n, 50*ms, func(r *history.Request) {
			r.Sent, r.Queued, r.Status, r.Failure = 0, true, 0, history.Unsent
		})
	}
	loadedAt := func(at int) part {
		return answers("trips", "warm", fms(at), 1, 200*ms, func(r *history.Request) { r.Source = "database" })
	}
	hits := func(from, to int) part {
		return answers("trips", "warm", fms(from), 1+(to-from)/10, ms, nil)
	}
	change := func(at int) part {
		return answers("trip", "warm", fms(at), 1, 50*ms, func(r *history.Request) { r.Method, r.Key, r.Version, r.Stream = "PUT", "7", 2, "trips" })
	}
	reads := func(at int, version int64) part {
		return answers("trips", "warm", fms(at), 1, ms, func(r *history.Request) { r.Key, r.Version = "7", version })
	}
	misses := func(n int) part { // one after the other
		return answers("trips", "warm", 0, n, 9*ms, func(r *history.Request) { r.Source = "database" })
	}
	many := func(one func(key int) part) part { // keys
		return func(h *history.Slice) {
			for k := range 100 {
				one(k)(h)
			}
		}
	}
	on := func(instance, source string, at int) func(int) part {
		return func(key int) part {
			return answers("trips", "warm", fms(at), 1, 100*ms, func(r *history.Request) {
				r.Key, r.Instance, r.Source = strconv.Itoa(key), instance, source
			})
		}
	}
	loadedOn := func(instance string) func(int) part {
		return on(instance, "database", map[string]int{"1": 0, "2": 500}[instance])
	}
	hitOn := func(instance string) func(int) part { return on(instance, "redis", 500) }
	health := func(down, up int) parts { // ms after the fault and after the heal at which /health says so
		return parts{outage("1"), told("1", "up", 500, "down", 1000+down, "up", 3010+up, "up", 5990)}
	}
	hurt := func(lost, back int) parts { // ms of the fault, and after the heal, in which answers are slow
		slow := func(from, to int) func(*history.Request) {
			return func(r *history.Request) {
				if r.Intended >= fms(from) && r.Intended < fms(to) {
					r.Done = r.Intended + 500*ms
				}
			}
		}
		return parts{outage("1"), answers("trips", "warm", 0, 100, ms, nil), answers("trips", "fault", 1000*ms, 200, ms, slow(1000, 1000+lost)),
			answers("trips", "after", 3010*ms, 299, ms, slow(3010, 3010+back))}
	}
	gauge := func(name string, steady, after float64) part {
		return func(h *history.Slice) {
			counter(name, "warm", "1", 1, steady)(h)
			counter(name, "after", "1", 1, after)(h)
		}
	}
	starts := func(name string, took int) part {
		return event(history.Event{Kind: history.Process, Instance: "1", Name: name, Until: fms(took)})
	}
	exit := event(history.Event{Kind: history.Process, Instance: "1", Name: "exit", At: 5 * ms, Until: 5 * ms})
	good := parts{trips("fault", 2000, ms, "redis")}
	slow := parts{trips("fault", 2000, 40*ms, "redis")}
	few := parts{trips("fault", 4, ms, "redis")}
	other := parts{trips("warm", 2000, ms, "redis")}
	rows := []row{
		{"p50(trips[phase=fault]) <= 6ms", good, slow, few, "4 correct answers"},
		{"p90(trips[phase=fault]) <= 6ms", good, slow, few, "4 correct answers"},
		{"p95(trips[phase=fault]) <= 6ms", good, slow, few, "4 correct answers"},
		{"p99(trips[phase=fault]) <= 6ms", good, slow, parts{trips("fault", 99, ms, "redis")}, "99 correct answers"},
		{"p999(trips[phase=fault]) <= 6ms", good, slow, parts{trips("fault", 999, ms, "redis")}, "needs 1000"},
		{"mean(trips[phase=fault]) <= 6ms", good, slow, other, "no request of trips[phase=fault]"},
		{"max(trips[phase=fault]) <= 1s", good, parts{trips("fault", 10, ms, "redis"), failed("fault", 1, 2000*ms)}, other, "no request"},
		{"p90(time_to_recover(redis)) <= 1s", recover(200, 50), recover(1800, 50), speaksNot, "never answered from redis"},
		{"max(time_to_recover(redis)) <= 1s", recover(0, 50), recover(1800, 50), parts{trips("warm", 50, ms, "redis")}, "no fault on redis"},
		{"mean(time_to_fallback(redis)) <= 500ms", recover(200, 50), recover(200, 900), speaksNot, "never answered from redis"},
		{"count(trips[source=database]) <= 10", parts{trips("warm", 10, ms, "database")}, parts{trips("warm", 11, ms, "database")}, speaksNot, "does not say where"},
		{"failures(trips[phase=fault]) == 0", good, parts{failed("fault", 1, ms)}, other, "no request"},
		{"rate(trips[phase=fault]) in 100/s..200/s", parts{trips("fault", 300, ms, "redis")}, parts{trips("fault", 30, ms, "redis")}, other, "no request"},
		{"offered(trips[phase=fault]) >= 100/s", parts{trips("fault", 300, ms, "redis")}, parts{trips("fault", 30, ms, "redis")}, other, "no request"},
		{"achieved(trips[phase=fault]) >= 100/s", parts{trips("fault", 300, ms, "redis")}, parts{unsent(300)}, other, "no request"},
		{"availability(trips[phase=fault]) >= 99%", good, parts{trips("fault", 500, ms, "redis"), failed("fault", 500, ms)}, other, "no request"},
		{"1 - availability(trips[phase=fault]) <= 1%", good, parts{trips("fault", 500, ms, "redis"), failed("fault", 500, ms)}, other, "no request"},
		{"unsent(trips[phase=fault]) <= 1%", good, parts{unsent(300)}, other, "no request"},
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
		{"oldest(trips) <= 2s", parts{loadedAt(0), hits(250, 1500)}, parts{loadedAt(0), hits(250, 2900)}, parts{loadedAt(0)}, "after a load that was seen"},
		{"staleness(trips) <= 250ms", parts{change(0), reads(100, 2)}, parts{change(0), reads(1000, 1)}, parts{reads(100, 2)}, "no change was acknowledged"},
		{"stale_reads(trips) == 0", parts{change(0), reads(100, 2)}, parts{change(0), reads(100, 1)}, parts{reads(100, 2)}, "no change was acknowledged"},
		{"hits_after_miss(trips, 5s) >= 99%", parts{loadedAt(0), answers("trips", "fault", 1000*ms, 900, ms, nil)},
			parts{loadedAt(0), answers("trips", "fault", 1000*ms, 300, ms, func(r *history.Request) { r.Source = "database" })}, parts{loadedAt(0)}, "nothing of trips was asked for again"},
		{"hits_elsewhere(trips, 5s) >= 50%", parts{many(loadedOn("1")), many(hitOn("2"))}, parts{many(loadedOn("1")), many(loadedOn("2"))}, parts{loadedAt(0)}, "only one instance was asked"},
		{"cold_starts(trips) == 0", parts{ready("1", 0), on("1", "redis", 10)(1), on("1", "database", 500)(1)}, parts{ready("1", 0), loadedAt(0)}, parts{hits(1, 1)}, "was not seen"},
		{"loads(trips) <= 1", parts{loadedAt(0)}, parts{loadedAt(0), loadedAt(500)}, parts{failed("fault", 5, ms)}, "no correct answer"},
		{"excess_loads(trips, db_total) <= 2", parts{loadedAt(0), counter("db_total", "warm", "1", 0, 3)}, parts{loadedAt(0), counter("db_total", "warm", "1", 0, 4)},
			parts{loadedAt(0)}, "no metrics were read"},
		{"false_sources(trips, db_total) == 0", parts{loadedAt(0), counter("db_total", "warm", "1", 0, 1)}, parts{loadedAt(0), counter("db_total", "warm", "1", 0, 2)},
			parts{loadedAt(0)}, "no metrics were read"},
		{"delta(db_total) / loads(trips) <= 1.1", parts{misses(300), counter("db_total", "warm", "1", 0, 302)}, parts{misses(300), counter("db_total", "warm", "1", 0, 600)},
			parts{failed("fault", 5, ms), counter("db_total", "warm", "1", 0, 5)}, "no correct answer"},
		{"staleness(trips) <= 250ms and staleness(trips) >= 0s", parts{change(0), reads(100, 2)}, parts{change(0), reads(950, 1)}, parts{change(0)}, "say no version"},
		{"delivered(blackhole) == 1", parts{trips("warm", 1, ms, "redis")}, nil, nil, ""},
		{"max(time_to_detect(redis)) <= 200ms", health(100, 100), health(300, 100), parts{outage("1"), told("1", "unsaid", 500, "unsaid", 5990)}, "did not say up before the fault"},
		{"max(time_to_health(redis)) <= 200ms", health(100, 100), health(100, 300), parts{outage("1"), told("1", "unsaid", 500, "unsaid", 5990)}, "does not say whether"},
		{"goodput_lost(trips, 300ms) <= 10", hurt(100, 0), hurt(100, 10), parts{trips("fault", 200, ms, "redis")}, "after a fault began there"},
		{"max(time_to_goodput(trips, 300ms)) <= 500ms", hurt(400, 0), hurt(600, 0), parts{trips("fault", 200, ms, "redis")}, "no fault was observed"},
		{"max(time_to_steady(trips, 300ms)) <= 500ms", hurt(400, 300), hurt(400, 700), parts{outage("1"), trips("after", 200, ms, "redis")}, "are needed to know what steady is"},
		{"exits() == 0", parts{starts("ready", 9)}, parts{starts("ready", 9), exit}, good, "no instance was seen to start"},
		{"not_ready() == 0", parts{starts("ready", 9)}, parts{starts("not ready", 9)}, good, "no instance was seen to start"},
		{"max(time_to_ready()) <= 1s", parts{starts("ready", 900)}, parts{starts("not ready", 1100)}, good, "no instance was seen to start"},
		{"growth(go_goroutines, warm, after) <= 20", parts{gauge("go_goroutines", 30, 35)}, parts{gauge("go_goroutines", 30, 90)}, parts{gauge("go_threads", 30, 35)}, "was not read"},
		{"growth(process_resident_memory_bytes, warm, after) <= 1MB", parts{gauge("process_resident_memory_bytes", 3e7, 2e7)}, parts{gauge("process_resident_memory_bytes", 3e7, 4e7)}, good, "was not read"},
		{"send_lag() <= 3ms", parts{lagging(1)}, parts{lagging(4)}, parts{unsent(5)}, "no request left"},
		{"p50(trips[source=database]) / p50(trips[source=redis]) >= 50", parts{trips("warm", 50, ms, "redis"), trips("fault", 50, 200*ms, "database")},
			parts{trips("warm", 50, 50*ms, "redis"), trips("fault", 50, 200*ms, "database")}, parts{trips("warm", 50, ms, "redis")}, "0 correct answers"},
		{"p50(trips[phase=fault]) <= 2 × p50(trips[phase=warm])", parts{trips("warm", 50, ms, "redis"), trips("fault", 50, ms, "redis")},
			parts{trips("warm", 50, ms, "redis"), trips("fault", 50, 9*ms, "redis")}, parts{trips("warm", 50, ms, "redis")}, "no request"},
		{"availability(trips[phase=warm]) − availability(trips[phase=fault]) <= 5%", parts{trips("warm", 1000, ms, "redis"), trips("fault", 1000, ms, "redis")},
			parts{trips("warm", 1000, ms, "redis"), trips("fault", 500, ms, "redis"), failed("fault", 500, ms)}, parts{trips("warm", 50, ms, "redis")}, "no request"},
		{"delta(db_total[phase=warm]) == count(trips[phase=warm])", parts{trips("warm", 7, ms, "redis"), counter("db_total", "warm", "1", 0, 7)},
			parts{trips("warm", 7, ms, "redis"), counter("db_total", "warm", "1", 0, 8)}, parts{trips("warm", 7, ms, "redis")}, "no metrics were read"},
	}
	covered := map[string]bool{}
	for _, r := range rows {
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
		t.Errorf("%s: %s, code %q, settle %q", r.Holds, r.Verdict, r.Code, r.Remedy)
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
