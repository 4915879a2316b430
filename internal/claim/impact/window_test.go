package impact_test

import (
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim/impact"
	"github.com/trektribe/bench/internal/history"
)

func TestTheWindowIsFromTheFirstFaultToTheLastHeal(t *testing.T) {
	on := func(instance string, at int) history.Event {
		return history.Event{Kind: history.FaultOn, On: "redis", Instance: instance, At: time.Duration(at), Until: time.Duration(at + 1)}
	}
	off := func(instance string, at int) history.Event {
		e := on(instance, at)
		e.Kind = history.FaultOff
		return e
	}
	for name, row := range map[string]struct {
		faults []history.Event
		want   impact.Window
	}{
		"no fault":                       {nil, impact.Window{}},
		"of another instance":            {[]history.Event{on("2", 10), off("2", 20)}, impact.Window{}},
		"of every instance":              {[]history.Event{on("", 10), off("", 20)}, impact.Window{Faulted: true, Healed: true, Began: 10, Set: 11, Lifting: 20, Lifted: 21, FirstHeal: 20}},
		"two, the first of them healed":  {[]history.Event{on("1", 10), off("1", 20), on("1", 30)}, impact.Window{Faulted: true, Began: 10, Set: 11, FirstHeal: 20}},
		"two, both healed, in any order": {[]history.Event{off("1", 40), on("1", 30), off("1", 20), on("1", 10)}, impact.Window{Faulted: true, Healed: true, Began: 10, Set: 11, Lifting: 40, Lifted: 41, FirstHeal: 20}},
	} {
		if got := impact.WindowOf(row.faults, "1"); got != row.want {
			t.Errorf("%s: %+v, want %+v", name, got, row.want)
		}
	}
}
