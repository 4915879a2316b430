package measure_test

import (
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
)

// primary is who is named from then on; at in ms.
func primary(name string, at int) part {
	return event(history.Event{Kind: history.Primary, On: "redis", Name: name, At: time.Duration(at) * ms})
}

// fault is a fault on all of redis.
func fault(from, to int) part {
	return func(h *history.Slice) {
		event(history.Event{Kind: history.FaultOn, Name: "killed", On: "redis", At: time.Duration(from) * ms})(h)
		event(history.Event{Kind: history.FaultOff, Name: "killed", On: "redis", At: time.Duration(to) * ms})(h)
	}
}

func TestTheTimeToTheNewPrimaryIsOfEachFault(t *testing.T) {
	const most = "max(time_to_primary(redis))"
	for name, r := range map[string]struct {
		parts []part
		want  float64 // s; below 0: no data
		cut   bool
		why   string
	}{
		"another is named":           {[]part{primary("a", 0), fault(1000, 5000), primary("b", 3200)}, 2.2, false, ""},
		"the longer of two":          {[]part{primary("a", 0), fault(1000, 4000), primary("b", 2500), fault(5000, 9000), primary("a", 8000)}, 3, false, ""},
		"nobody is":                  {[]part{primary("a", 0), fault(1000, 5000)}, 4, true, ""},
		"the first of one is no end": {[]part{primary("a", 0), fault(1000, 4000), primary("b", 2500), fault(5000, 9000)}, 4, true, ""},
		"the same is named again":    {[]part{primary("a", 0), fault(1000, 5000), primary("a", 2000)}, 4, true, ""},
		"only once it was lifted":    {[]part{primary("a", 0), fault(1000, 5000), primary("b", 5100)}, 4, true, ""},
		"no fault":                   {[]part{primary("a", 0)}, -1, false, "no fault on redis"},
		"one server":                 {[]part{fault(1000, 5000)}, -1, false, "nobody said who the primary"},
	} {
		got, cut, why := oneRound(t, most, r.parts...)
		if d := got - r.want; d > 1e-9 || d < -1e-9 || cut != r.cut || !strings.Contains(why, r.why) {
			t.Errorf("%s: got %v, at least: %v (%s); want %v, %v, %q", name, got, cut, why, r.want, r.cut, r.why)
		}
	}
}
