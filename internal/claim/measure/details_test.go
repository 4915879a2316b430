package measure_test

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/roundtest"
	"github.com/trektribe/bench/internal/history"
)

// What a measure makes of a round, down to the figure.
func TestMeasures(t *testing.T) {
	on := func(instance, source string) func(*history.Request) {
		return func(r *history.Request) { r.Instance, r.Source = instance, source }
	}
	settled := []part{outage("1"), answers("trips", "warm", 0, 50, ms, on("1", "redis"))}
	both := append([]part{outage("1", "2"), answers("trips", "warm", 0, 50, ms, on("2", "redis"))}, settled[1])
	canceled := answers("trips", "warm", 0, 50, 9000*ms, func(r *history.Request) { r.Failure = history.Canceled })
	// commands are read by instance 1, one every 10 ms, and answered after 1 ms.
	commands := func(from time.Duration, n int, fine bool) part {
		return func(h *history.Slice) {
			for i := range n {
				c := history.Command{Instance: "1", Name: "GET", Key: "k", Reply: history.ReplyError, Sent: from + time.Duration(i)*10*ms}
				if c.Answered = c.Sent + ms; fine {
					c.Reply = history.ReplyValue
				}
				h.C = append(h.C, c)
			}
		}
	}
	silent := slices.Clip([]part{outage("1"), answers("trips", "warm", 0, 90, ms, on("1", "")), commands(0, 90, true),
		answers("trips", "after", 3010*ms, 99, ms, on("1", ""))})
	for _, r := range []struct {
		name  string
		expr  string
		parts []part
		want  float64 // NaN: no data
		why   string
		limit bool
	}{
		{"recovery counts from the end of the heal", "max(time_to_recover(redis))",
			append(settled, answers("trips", "after", 3200*ms, 50, 5*ms, on("1", "redis"))), 0.195, "", false},
		{"a single answer from redis is no recovery", "max(time_to_recover(redis))",
			append(settled, answers("trips", "after", 3000*ms, 1, ms, on("1", "redis")), answers("trips", "after", 3050*ms, 50, ms, on("1", "memory")),
				answers("trips", "after", 4000*ms, 100, ms, on("1", "redis"))), 0.991, "", false},
		{"one in ten may come from memory", "max(time_to_recover(redis))",
			append(settled, answers("trips", "after", 3100*ms, 90, ms, on("1", "redis")), answers("trips", "after", 4100*ms, 10, ms, on("1", "memory"))), 0.091, "", false},
		{"never recovered: what was watched", "max(time_to_recover(redis))",
			append(settled, answers("trips", "after", 3000*ms, 101, 10*ms, on("1", "database"))), 1, "", true},
		{"a recovery late in a long phase", "max(time_to_recover(redis))",
			append(settled, answers("trips", "after", 3000*ms, 1000, ms, on("1", "memory")), answers("trips", "after", 13003*ms, 2000, ms, on("1", "redis"))), 9.994, "", false},
		{"an answer asked for before the heal is none", "max(time_to_recover(redis))",
			append(settled, answers("trips", "fault", 2990*ms, 1, 30*ms, on("1", "redis")), answers("trips", "after", 3100*ms, 50, 10*ms, on("1", "redis"))), 0.1, "", false},
		{"one last answer is no recovery", "max(time_to_recover(redis))",
			append(settled, answers("trips", "after", 3100*ms, 40, 10*ms, on("1", "memory")), answers("trips", "after", 3600*ms, 1, 10*ms, on("1", "redis"))), 0.6, "", true},
		{"the slower instance counts", "max(time_to_recover(redis))",
			append(both, answers("trips", "after", 3100*ms, 50, 10*ms, on("1", "redis")), answers("trips", "after", 3400*ms, 50, 10*ms, on("2", "redis"))), 0.4, "", false},
		{"an instance without traffic", "max(time_to_recover(redis))", append(settled, outage("2"), answers("trips", "after", 3200*ms, 5, ms, on("1", "redis"))), math.NaN(), "instance 2 got no request", false},
		{"the wire shows it of a service that does not say", "max(time_to_recover(redis))",
			append(silent, commands(3200*ms, 50, true)), 0.191, "", false},
		{"refused commands are no use", "max(time_to_recover(redis))",
			append(silent, commands(3000*ms, 60, false), commands(3600*ms, 40, true)), 0.591, "", false},
		{"a twentieth of the commands is no use", "max(time_to_recover(redis))",
			append(silent, commands(3200*ms, 5, true), commands(3700*ms, 1, true)), 0.981, "", true},
		{"the wire shows it where few answers are cached", "max(time_to_recover(redis))",
			append(silent, answers("trips", "warm", 0, 5, ms, on("1", "redis")), answers("trips", "after", 3500*ms, 3, 200*ms, on("1", "redis")), commands(3200*ms, 50, true)), 0.191, "", false},
		{"what is not asked any more is not used", "max(time_to_recover(redis))", silent, 0.981, "", true},
		{"a wire that was not followed shows nothing", "max(time_to_recover(redis))",
			append(silent, commands(3200*ms, 50, true), func(h *history.Slice) {
				h.C = append(h.C, history.Command{Instance: "1", Reply: history.NotFollowed, Error: "TLS"})
			}), math.NaN(), "never answered from redis", false},
		{"fallback counts from the end of the switch", "max(time_to_fallback(redis))",
			append(settled, answers("trips", "fault", 1100*ms, 5, 10*ms, on("1", "memory"))), 0.1, "", false},
		{"no fallback before the heal", "max(time_to_fallback(redis))",
			append(settled, answers("trips", "after", 3100*ms, 5, 10*ms, on("1", "database"))), 1.99, "", true},
		{"a failure is slower than any answer", "p50(trips)", []part{trips("warm", 10, 2*ms, "redis"), failed("fault", 50, ms)}, figure.Never, "", true},
		{"few failures are above the median", "p50(trips)", []part{trips("warm", 40, 2*ms, "redis"), trips("warm", 11, 3*ms, "redis"), failed("fault", 49, ms)}, 0.003, "", false},
		{"a selection may leave failures out", "p50(trips[ok])", []part{trips("warm", 10, 2*ms, "redis"), failed("fault", 50, ms)}, 0.002, "", false},
		{"a failure came within no time", "share(trips[within=20ms], trips)", []part{trips("warm", 10, 2*ms, "redis"), failed("warm", 30, ms)}, 0.25, "", false},
		{"answers that came within a time", "share(trips[ok, within=20ms], trips[ok])", []part{trips("warm", 10, 2*ms, "redis"), failed("warm", 30, ms)}, 1, "", false},
		{"what is never answered has no share", "share(trips[within=20ms], trips)", []part{failed("warm", 30, ms)}, math.NaN(), "no correct answer", false},
		{"max takes them in, as a limit", "max(trips)", []part{trips("warm", 10, 2*ms, "redis"), failed("fault", 1, 2000*ms)}, 2, "", true},
		{"canceled requests never count", "count(trips)", []part{trips("warm", 10, 2*ms, "redis"), canceled, event(history.Event{Kind: history.RoundEnd})}, 10, "", false},
		{"cache is every tier", "count(trips[source=cache])", []part{trips("warm", 1, ms, "redis"), trips("warm", 2, ms, "memory"), trips("warm", 4, ms, "cache"), trips("warm", 8, ms, "ai")}, 7, "", false},
		{"a cache that does not name its tier", "count(trips[source=redis])", []part{trips("warm", 4, ms, "cache")}, math.NaN(), "not which tier", false},
		{"status and instance", "count(all[status=200, instance!=2])", []part{trips("warm", 3, ms, "redis"), answers("trip", "warm", 0, 5, ms, on("2", ""))}, 3, "", false},
		{"delta sums instances and label sets", "delta(c_total)", []part{
			counter(`c_total{a="x",b="y"}`, "warm", "1", 1, 3), counter(`c_total{a="x",b="z"}`, "warm", "2", 0, 5), counter(`c_total{a="w"}`, "fault", "1", 0, 7),
			counter("up", "fault", "2", 1, 1), counter("c_total_more", "warm", "1", 0, 100)}, 14, "", false},
		{"delta by label", `delta(c_total{b="y"})`, []part{counter(`c_total{a="x",b="y"}`, "warm", "1", 1, 3), counter(`c_total{a="x",b="z"}`, "warm", "1", 0, 5)}, 2, "", false},
		{"delta by phase", "delta(c_total[phase=warm])", []part{counter("c_total", "warm", "1", 1, 3), counter("c_total", "fault", "1", 3, 9)}, 2, "", false},
		{"a series born in the phase began at zero", "delta(c_total)", []part{counter("up", "warm", "1", 1, 1),
			event(history.Event{Kind: history.Counter, Name: "c_total", Phase: "warm", Instance: "1", Value: 4, Detail: "end"})}, 4, "", false},
		{"a restart within the phase", "delta(c_total)", []part{counter("c_total", "warm", "1", 5, 3)}, math.NaN(), "began anew", false},
		{"an instance not read at the end", "delta(c_total)", []part{counter("c_total", "warm", "1", 5, 9),
			event(history.Event{Kind: history.Counter, Name: "c_total", Phase: "warm", Instance: "2", Value: 4, Detail: "begin"})}, math.NaN(), `instance "2" were not read at the end`, false},
		{"labels that no series has", `delta(c_total{b="q"})`, []part{counter(`c_total{b="y"}`, "warm", "1", 1, 3)}, math.NaN(), "exports no c_total", false},
		{"rate over the phases that ran", "rate(trips)", []part{trips("warm", 30, ms, "redis"), trips("after", 50, ms, "redis")}, 20, "", false},
		{"share of the part within the whole", "share(trips[source=ai], trips[phase=warm])", []part{trips("warm", 3, ms, "ai"), trips("warm", 1, ms, "redis"), trips("after", 90, ms, "redis")}, 0.75, "", false},
		{"send lag leaves queued requests out", "send_lag()", []part{trips("warm", 30, 90*ms, "redis"),
			answers("trips", "warm", 0, 30, 90*ms, func(r *history.Request) { r.Sent, r.Queued = r.Intended+80*ms, true })}, 0.0001, "", false},
	} {
		got := round(t, roundtest.Scope(), r.expr, r.parts...)
		if math.IsNaN(r.want) {
			if got.None == nil || !strings.Contains(got.None.Why, r.why) {
				t.Errorf("%s: %+v, want no data because %q", r.name, got, r.why)
			}
			continue
		}
		if got.None != nil || math.Abs(got.X-r.want) > 0.001*r.want || (got.Cut == figure.AtLeast) != r.limit {
			t.Errorf("%s: %+v, want %v, at least %v", r.name, got, r.want, r.limit)
		}
	}
}
