package scenarios_test

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/trektribe/bench/scenarios"
)

// hurtTwice has two faults, and then a restart.
const hurtTwice = `
name: twice
phases:
  - {name: before, for: 2s}
  - {name: outage, for: 2s, faults: [{kind: refused, on: redis}], expect: 'availability(all[phase=outage]) >= 99%'}
  - {name: settle, for: 2s}
  - {name: calm, for: 2s}
  - name: dead
    for: 2s
    faults: [{kind: killed, on: instance, instances: [1]}]
    expect: ["availability(all[phase=dead]) >= 40%"]
  - {name: fresh, for: 2s, restart: true}
traffic: [{name: trips, call: GET /api/trips, rate: 10/s}]
`

func TestAnEpisodeIsAFaultAndWhatIsAroundIt(t *testing.T) {
	s := mustParse(t, hurtTwice)
	var got [][]string
	for _, e := range s.Episodes() {
		got = append(got, append([]string{e.Before, e.Phase.Name}, e.After...), e.FaultTexts(), e.Phase.Expect)
	}
	want := [][]string{
		{"before", "outage", "settle", "calm"}, {"refused on redis of every instance"}, {"availability(all[phase=outage]) >= 99%"},
		{"calm", "dead"}, {"killed on instance 1"}, {"availability(all[phase=dead]) >= 40%"},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	var plan bytes.Buffer
	if err := scenarios.Plan(&plan, s, nil); err != nil || !strings.Contains(plan.String(), "predicted for a drill: availability(all[phase=outage]) >= 99%") {
		t.Errorf("%v\n%s", err, plan.String())
	}
	b, err := json.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	var back scenarios.Scenario
	if err := json.Unmarshal(b, &back); err != nil || !reflect.DeepEqual(&back, s) {
		t.Errorf("%+v, %v", back, err)
	}
}

func TestWhatCannotBeMeasuredCannotBePredicted(t *testing.T) {
	s := mustParse(t, hurtTwice)
	for _, row := range []struct {
		episode int
		text    string
		want    string // empty: it can
	}{
		{0, "availability(all[phase=outage]) >= 99% and max(time_to_detect(redis)) <= 1s", ""},
		{0, "max(time_to_recover(redis)) <= 1s", ""},
		{0, "nobody notices", "nobody is no figure"},
		{0, "availabilty(all) >= 99%", `did you mean "availability"?`},
		{0, "availability(all[phase=dead]) >= 99%", "before, outage, settle, calm"},
		{1, "max(time_to_detect(redis)) <= 1s", "no fault of phase dead is on redis"},
		{1, "availability(all[phase=fresh]) >= 1%", "calm, dead"},
		{1, "max(time_to_steady(trips, 300ms)) <= 1s", "no phase without faults comes after phase dead"},
	} {
		_, errs := s.Predict(s.Episodes()[row.episode], row.text)
		var said []string
		for _, e := range errs {
			said = append(said, e.Msg)
		}
		if text := strings.Join(said, "\n"); !strings.Contains(text, row.want) || (row.want == "") != (text == "") {
			t.Errorf("%s: %q, want %q", row.text, text, row.want)
		}
	}
}

func TestPredictionsAreCheckedWithTheScenario(t *testing.T) {
	for text, want := range map[string]string{
		"phases: [{name: a, for: 2s, expect: count(all) >= 1}]\n":                                                                                  "1:29: expect is a prediction of what faults do, and phase a has none",
		"phases: [{name: a, for: 2s, faults: [{kind: refused, on: redis}], expect: [count(all) >= 1, 'count(al) >= 1']}]\n":                        "did you mean \"all\"?",
		"phases: [{name: a, for: 2s, faults: [{kind: refused, on: redis}], expect: max(time_to_recover(redis)) <= 1s}]\n":                          "no phase without faults comes after phase a; add one",
		"phases: [{name: a, for: 2s, faults: [{kind: refused, on: redis}], expect: {count: 1}}]\n":                                                 "expect",
		"phases: [{name: a, for: 2s, faults: [{kind: refused, on: redis}], expect: []}, {name: b, for: 1s, expect: 'count(all[phase=b]) >= 1'}]\n": "phase b has none",
	} {
		_, err := scenarios.Parse("x.yaml", []byte(complete(text)))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s%v, want %q", text, err, want)
		}
	}
}

func TestAProfileKeepsPredictions(t *testing.T) {
	text := hurtTwice + "profiles: {quick: {rounds: {min: 1}}}\n"
	if got := mustLoad(t, text, "quick").Phases[1].Expect; !slices.Equal(got, []string{"availability(all[phase=outage]) >= 99%"}) {
		t.Errorf("%v", got)
	}
}
