package measure_test

import (
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
)

// Against the definitions taken literally, on histories of anything.
func TestMeasuresOfGoodputAreTheirDefinitions(t *testing.T) {
	rng := rand.New(rand.NewPCG(5, 6))
	for range 100 {
		var rs []history.Request
		bad := []float64{0, 0.005, 0.02, 0.3}[rng.IntN(4)]
		until := time.Duration(1000+rng.IntN(2000)) * ms // worse before
		gap := time.Duration(2+rng.IntN(60)) * ms
		for at := 900 * ms; at < 4000*ms; at += time.Duration(rng.ExpFloat64()*float64(gap)) + ms/10 {
			r := history.Request{Stream: "trips", Phase: "fault", Instance: "1", Intended: at, Sent: at, Done: at + ms, Status: 200, Source: "memory"}
			if p := rng.Float64(); p < bad || at < until && p < 0.4 {
				if r.Done = at + 500*ms; rng.IntN(2) == 0 {
					r.Failure = history.Timeout
				}
			}
			rs = append(rs, r)
		}
		shuffled := part(func(h *history.Slice) {
			for _, i := range rng.Perm(len(rs)) {
				h.R = append(h.R, rs[i])
			}
		})
		wantLost := 0
		for _, r := range rs {
			if r.Intended >= 1000*ms && !good(r) {
				wantLost++
			}
		}
		if got, _, why := oneRound(t, "goodput_lost(trips, 300ms)", outage("1"), shuffled); got != float64(wantLost) {
			t.Fatalf("goodput_lost = %v (%s), want %d", got, why, wantLost)
		}
		want, cut := bruteGoodput(rs, 1000*ms, 3000*ms)
		got, atLeast, why := oneRound(t, "max(time_to_goodput(trips, 300ms))", outage("1"), shuffled)
		if d := got - want.Seconds(); d > 1e-9 || d < -1e-9 || cut != atLeast {
			t.Fatalf("time_to_goodput = %v, at least: %v (%s); want %v, %v", got, atLeast, why, want, cut)
		}
	}
}

func good(r history.Request) bool { return r.OK() && r.Response() <= 300*ms }

// bruteGoodput asks of each request in turn whether all is well from it on; rs is in order.
func bruteGoodput(rs []history.Request, from, until time.Duration) (at time.Duration, cut bool) {
	var in []history.Request
	for _, r := range rs {
		if r.Intended >= from && r.Intended < until {
			in = append(in, r)
		}
	}
	width := max(100*ms, 20*(until-in[0].Intended)/time.Duration(len(in)))
	for i, first := range in {
		all, fine := len(in)-i, 0
		bins := map[time.Duration][2]int{}
		for _, r := range in[i:] {
			b := bins[(until-r.Intended)/width]
			if b[1]++; good(r) {
				b[0]++
				fine++
			}
			bins[(until-r.Intended)/width] = b
		}
		well := good(first) && all >= 5 && until-first.Intended >= 100*ms && float64(fine) >= 0.99*float64(all)
		for _, b := range bins {
			well = well && float64(b[0]) >= 0.95*float64(b[1])
		}
		if well {
			return first.Intended - from, false
		}
	}
	return until - from, true
}

func TestDetectionIsOfTheFault(t *testing.T) {
	for name, r := range map[string]struct {
		expr   string
		parts  []part
		want   float64 // s; below 0: no data
		cut    bool
		reason string
	}{
		"in time":              {"max(time_to_detect(redis))", []part{outage("1"), told("1", "up", 500, "down", 1200, "up", 3100)}, 0.2, false, ""},
		"the later of two":     {"max(time_to_detect(redis))", []part{outage("1", "2"), told("1", "up", 500, "down", 1200), told("2", "up", 500, "down", 1900)}, 0.9, false, ""},
		"never":                {"max(time_to_detect(redis))", []part{outage("1"), told("1", "up", 500, "up", 5900)}, 2, true, ""},
		"after the heal":       {"max(time_to_detect(redis))", []part{outage("1"), told("1", "up", 500, "down", 3500, "up", 5900)}, 2, true, ""},
		"silence is no alarm":  {"max(time_to_detect(redis))", []part{outage("1"), told("1", "up", 500, "no answer", 1200, "down", 1700, "up", 5900)}, 0.7, false, ""},
		"down all along":       {"max(time_to_detect(redis))", []part{outage("1"), told("1", "down", 500, "down", 5900)}, -1, false, "said down before the fault"},
		"no memory of Redis":   {"max(time_to_detect(redis))", []part{outage("1"), told("1", "unconfigured", 500, "unconfigured", 5900)}, -1, false, "did not say up before the fault"},
		"one is not asked":     {"max(time_to_detect(redis))", []part{outage("1", "2"), told("1", "up", 500, "down", 1200)}, -1, false, "instance 2 was not asked before the fault"},
		"asked after it began": {"max(time_to_detect(redis))", []part{outage("1"), told("1", "up", 1100, "down", 1200)}, -1, false, "was not asked before the fault"},
		"back at once":         {"max(time_to_health(redis))", []part{outage("1"), told("1", "up", 500, "down", 1200, "up", 3000, "up", 5900)}, 0, false, ""},
		"back late":            {"max(time_to_health(redis))", []part{outage("1"), told("1", "up", 500, "down", 1200, "up", 3910, "up", 5900)}, 0.9, false, ""},
		"back for good":        {"max(time_to_health(redis))", []part{outage("1"), told("1", "up", 500, "down", 1200, "up", 3100, "down", 3200, "up", 3510, "up", 5900)}, 0.5, false, ""},
		"up all along":         {"max(time_to_health(redis))", []part{outage("1"), told("1", "up", 500, "up", 5900)}, 0, false, ""},
		"never back":           {"max(time_to_health(redis))", []part{outage("1"), told("1", "up", 500, "down", 1200, "down", 5010)}, 2, true, ""},
		"not asked any more":   {"max(time_to_health(redis))", []part{outage("1"), told("1", "up", 500, "down", 1200, "up", 2900)}, -1, false, "not asked after the fault"},
	} {
		got, cut, why := oneRound(t, r.expr, r.parts...)
		if d := got - r.want; d > 1e-9 || d < -1e-9 || cut != r.cut || !strings.Contains(why, r.reason) {
			t.Errorf("%s: got %v, at least: %v (%s); want %v, %v, %q", name, got, cut, why, r.want, r.cut, r.reason)
		}
	}
}

func TestGrowthIsOfTheSameProcess(t *testing.T) {
	const expr = "growth(go_goroutines, warm, after)"
	for name, r := range map[string]struct {
		parts []part
		want  float64
		why   string
	}{
		"the worst instance": {[]part{counter("go_goroutines", "warm", "1", 0, 10), counter("go_goroutines", "after", "1", 0, 12),
			counter("go_goroutines", "warm", "2", 0, 10), counter("go_goroutines", "after", "2", 0, 40)}, 30, ""},
		"its threads, where it exports none": {[]part{counter("process_threads", "warm", "1", 0, 10), counter("process_threads", "after", "1", 0, 15)}, 5, ""},
		"what falls does not grow":           {[]part{counter("go_goroutines", "warm", "1", 0, 40), counter("go_goroutines", "after", "1", 90, 12)}, 0, ""},
		"one says nothing": {[]part{counter("go_goroutines", "warm", "1", 0, 10), counter("go_goroutines", "after", "1", 0, 12),
			counter("other_total", "warm", "2", 0, 10)}, -1, `of instance "2" was not read`},
		"only one end": {[]part{counter("go_goroutines", "warm", "1", 0, 10)}, -1, "was not read at the end of warm and of after"},
		"another process": {[]part{event(history.Event{Kind: history.Counter, Instance: "1", Phase: "warm", Detail: "end", Name: "go_goroutines", At: 1000 * ms, Value: 30}),
			event(history.Event{Kind: history.Process, Instance: "1", Name: "ready", At: 2000 * ms, Until: 2100 * ms}),
			event(history.Event{Kind: history.Counter, Instance: "1", Phase: "after", Detail: "end", Name: "go_goroutines", At: 6000 * ms, Value: 10})}, -1, "was started anew"},
	} {
		if got, _, why := oneRound(t, expr, r.parts...); got != r.want || !strings.Contains(why, r.why) {
			t.Errorf("%s: got %v (%s), want %v, %q", name, got, why, r.want, r.why)
		}
	}
}

func TestPeakGrowthIsWhatIsHeldWithinItsPhaseAlone(t *testing.T) {
	within := func(phase, instance string, most float64) part {
		return event(history.Event{Kind: history.Usage, Instance: instance, Phase: phase, Name: "process_open_fds", Value: most})
	}
	before := []part{counter("process_open_fds", "warm", "1", 0, 30), counter("process_open_fds", "fault", "1", 30, 35)}
	for name, r := range map[string]struct {
		more []part
		want float64
		why  string
	}{
		"the greatest":            {[]part{within("fault", "1", 50), within("fault", "1", 80), within("fault", "1", 60)}, 50, ""},
		"the end counts":          {[]part{within("fault", "1", 31)}, 5, ""},
		"another phase does not":  {[]part{within("fault", "1", 40), within("after", "1", 900)}, 10, ""},
		"it only fell":            {[]part{within("fault", "1", 20), counter("process_open_fds", "fault", "1", 0, -15)}, 0, ""},
		"not read within":         {[]part{within("after", "1", 900)}, -1, "was not read within fault"},
		"one of two was not read": {[]part{within("fault", "1", 40), counter("process_open_fds", "warm", "2", 0, 30), counter("process_open_fds", "fault", "2", 30, 30)}, -1, `instance "2" was not read within fault`},
	} {
		if got, _, why := oneRound(t, "peak_growth(process_open_fds, warm, fault)", slices.Concat(before, r.more)...); got != r.want || !strings.Contains(why, r.why) {
			t.Errorf("%s: got %v (%s), want %v, %q", name, got, why, r.want, r.why)
		}
	}
}

// Loads that the fault meets under way must not be missing from what was usual before: a service
// that hits half of the time is as it was when it hits half of the time.
func TestWhatWasUnderWayIsNoReasonToExpectMore(t *testing.T) {
	half := func(phase string, from time.Duration, n int) part {
		i := 0
		return answers("trips", phase, from, n, ms, func(r *history.Request) {
			if i++; i%2 == 0 {
				r.Source, r.Done = "database", r.Intended+400*ms
			}
		})
	}
	got, cut, why := oneRound(t, "max(time_to_steady(trips, 500ms))", outage("1"), half("warm", 0, 100), half("after", 3010*ms, 299))
	if got != 0 || cut {
		t.Errorf("got %v, at least: %v (%s); want 0", got, cut, why)
	}
}
