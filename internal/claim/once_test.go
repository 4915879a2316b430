package claim_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/claim/roundtest"
	"github.com/trektribe/bench/internal/history"
)

// What one round shows is told without an interval; what it cannot show is not known, with the reason.
func TestOneRoundShowsWhatWasSoOnce(t *testing.T) {
	well := play(outage("1"), trips("warm", 90, 5*ms, "redis"), trips("fault", 180, 30*ms, "database"), trips("after", 200, 5*ms, "redis"))
	hurt := play(outage("1"), trips("warm", 90, 5*ms, "redis"), failed("fault", 100, 500*ms), trips("after", 200, 5*ms, "redis"))
	stall := event(history.Event{Kind: history.Hiccup, At: 1500 * ms, Until: 1700 * ms, Value: 0.2})
	missed := slices.Clone(well.E)
	for i := range missed {
		if missed[i].Kind == history.Delivery {
			missed[i].Value, missed[i].Detail = 0, "an old connection met a reply"
		}
	}
	with := func(h history.Slice, p part) history.Slice {
		h.E = slices.Clone(h.E)
		p(&h)
		return h
	}
	for _, row := range []struct {
		name, holds  string
		h            history.Slice
		known, holdz bool
		was, why     string
	}{
		{"as promised", "availability(all[phase=fault]) >= 99%", well, true, true, "100 %", ""},
		{"not as promised", "availability(all[phase=fault]) >= 99%", hurt, true, false, "0 %", ""},
		{"two parts, one false", "p50(trips[phase=warm]) <= 10ms and availability(all[phase=fault]) >= 99%", hurt, true, false, "5 ms", ""},
		{"one part false, another without data", "p99(trip[phase=warm]) <= 10ms and availability(all[phase=fault]) >= 99%", hurt, true, false, "no request", ""},
		{"no data", "availability(trip[phase=fault]) >= 99%", well, false, false, "no request", "no request of trip"},
		{"only a limit", "max(all[phase=fault]) <= 600ms", hurt, false, false, "at least 500 ms", "at least 500 ms was seen"},
		{"the fault did not arrive", "availability(all[phase=fault]) >= 99%", history.Slice{R: well.R, E: missed}, false, false, "", "blackhole was not delivered: an old connection met a reply"},
		{"in spite of a late generator", "p50(trips[phase=warm]) <= 10ms", play(outage("1"), roundtest.Answers("trips", "warm", 20*ms, 90, 5*ms, tail(50*ms))), true, true, "5 ms", ""},
		{"perhaps for a late generator", "p50(trips[phase=warm]) <= 4ms", play(outage("1"), roundtest.Answers("trips", "warm", 20*ms, 90, 5*ms, tail(50*ms))), false, false, "5 ms", "sent late"},
		{"in spite of a stall", "availability(all[phase=fault]) >= 99%", with(well, stall), true, true, "100 %", ""},
		{"perhaps for a stall", "availability(all[phase=fault]) >= 99%", with(hurt, stall), false, false, "0 %", "stalled for 200 ms, which may be why"},
	} {
		got := compile(t, row.holds, "").Once(row.h)
		if got.Known != row.known || got.Holds != row.holdz || !strings.Contains(got.Why, row.why) || (row.why == "") != (got.Why == "") {
			t.Errorf("%s: %+v, want %+v", row.name, got, row)
		}
		if row.was != "" && (len(got.Parts) == 0 || !strings.HasPrefix(got.Parts[0].Was, row.was)) {
			t.Errorf("%s: %+v, want %q measured", row.name, got.Parts, row.was)
		}
	}
	if note := compile(t, "availability(all[phase=fault]) >= 99%", "").Once(with(well, stall)).Note; !strings.Contains(note, "stalled") {
		t.Errorf("nothing says that the machine stalled: %q", note)
	}
}

func TestMeasuresOfAClaimAreThoseInsideOthersToo(t *testing.T) {
	got := compile(t, "max(time_to_recover(redis)) <= 2s and availability(all) >= 99%", "").Measures()
	if want := []string{"max", "time_to_recover", "availability"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
