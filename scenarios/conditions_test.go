package scenarios_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/scenarios"
)

const hurtLater = "phases: [{name: a, for: 2s}, {name: b, for: 2s, faults: [{kind: refused, on: redis, from: 500ms}]}]\n"

func TestConditionsOfAScenario(t *testing.T) {
	s := mustParse(t, complete(hurtLater+"steady: 'availability(all) >= 99% and p99(trips) <= 50ms'\nabort: {holds: availability(all) < 50%, over: 2s}\n"))
	if want := (scenarios.Condition{Holds: "availability(all) >= 99% and p99(trips) <= 50ms", Over: time.Second}); s.Steady == nil || *s.Steady != want {
		t.Errorf("steady %+v, want %+v", s.Steady, want)
	}
	if want := (scenarios.Condition{Holds: "availability(all) < 50%", Over: 2 * time.Second}); s.Abort == nil || *s.Abort != want {
		t.Errorf("abort %+v, want %+v", s.Abort, want)
	}
	if first, ok := s.Segments()[0].Hurts(); !ok || first != 2500*ms {
		t.Errorf("the first fault begins at %v, %v, want 2.5s", first, ok)
	}
	var plan strings.Builder
	if err := scenarios.Plan(&plan, s, nil); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"steady    availability(all) >= 99% and p99(trips) <= 50ms in every arm over the last 1s before the first fault",
		"abort     when availability(all) < 50% in an arm over the last 2s, twice in a row",
	} {
		if !strings.Contains(plan.String(), want) {
			t.Errorf("the plan does not say %q:\n%s", want, &plan)
		}
	}
	js, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	back := new(scenarios.Scenario)
	if err := json.Unmarshal(js, back); err != nil || !reflect.DeepEqual(back, s) {
		t.Errorf("back from JSON %v\n%+v\nwant %+v", err, back, s)
	}
}

func TestMistakesInConditions(t *testing.T) {
	for _, row := range []wrong{
		{name: "unknown stream", text: hurtLater + "steady: availability(§tripz) >= 99%\n", want: []string{`steady: unknown stream "tripz"`}},
		{name: "counters", text: hurtLater + "abort: {holds: 'count(trips) > 5 and §delta(trips_db_queries_total) > 5'}\n", want: []string{"abort: delta(trips_db_queries_total) is not known while the traffic runs"}},
		{name: "phases", text: hurtLater + "abort: '§availability(all[phase=a]) < 50%'\n", want: []string{"leave phase out"}},
		{name: "over", text: hurtLater + "abort: {holds: availability(all) < 50%, over: §100ms}\n", want: []string{"over: 100ms; a condition looks back over 200ms to 1m0s"}},
		{name: "no comparison", text: hurtLater + "abort: §{over: 1s}\n", want: []string{"abort has no holds: the comparison"}},
		{name: "a list", text: hurtLater + "steady: §[a]\n", want: []string{"steady is a mapping"}},
		{name: "nothing to begin", text: "§steady: availability(all) >= 99%\n", want: []string{"there is no such fault; leave it out"}},
		{name: "nothing before", text: "phases: [{name: a, for: 2s, faults: [{kind: refused, on: redis}]}]\n§steady: availability(all) >= 99%\n",
			want: []string{"phase a begins with a fault, so no request comes before it"}},
		{name: "on from the start", text: "phases: [{name: a, for: 2s, faults: [{kind: refused, on: redis, from: start}]}]\n§steady: availability(all) >= 99%\n",
			want: []string{"there is no such fault"}},
	} {
		t.Run(row.name, row.check)
	}
}
