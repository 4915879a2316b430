package scenarios_test

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/scenarios"
)

func TestFaultsFromBeforeTheStart(t *testing.T) {
	s := mustParse(t, complete(`
phases:
  - {name: up, for: 1s}
  - {name: down, for: 2s, restart: true, faults: [{kind: refused, on: redis, from: start, for: 1500ms}]}
  - {name: other, for: 2s, env: {X: 1}, faults: [{kind: killed, on: redis, from: start}]}
  - {name: back, for: 2s, faults: [{kind: latency, delay: 5ms, on: redis, from: start, for: 300ms, every: 1s, instances: [2]}]}
`))
	want := [][]fault.Fault{
		nil,
		{{Kind: "refused", On: "redis", Start: true, For: 1500 * ms}},
		{{Kind: "killed", On: "redis", Start: true, For: 2 * time.Second}},
		{{Kind: "latency", On: "redis", Start: true, For: 300 * ms, Delay: 5 * ms, Instances: []string{"2"}},
			{Kind: "latency", On: "redis", From: time.Second, For: 300 * ms, Delay: 5 * ms, Instances: []string{"2"}}},
	}
	for i, p := range s.Phases {
		if !reflect.DeepEqual(p.Faults, want[i]) {
			t.Errorf("phase %s: faults %+v, want %+v", p.Name, p.Faults, want[i])
		}
	}
	if got := len(s.Segments()); got != 4 {
		t.Errorf("%d segments, want 4", got)
	}
	var plan strings.Builder
	if err := scenarios.Plan(&plan, s, nil); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"  restart  .. 2.5s  refused on redis of every instance", "  restart  .. 5s    killed on redis itself", "  6s       .. 6.3s  latency of 5ms on redis of instance 2"} {
		if got := strings.Join(strings.Fields(plan.String()), " "); !strings.Contains(got, strings.Join(strings.Fields(line), " ")) {
			t.Errorf("the plan does not say %q:\n%s", line, &plan)
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
	for _, row := range []wrong{
		{name: "they run already", text: "phases: [{name: a, for: 2s}, {name: b, for: 2s, faults: [{kind: refused, on: redis, from: §start}]}]\n",
			want: []string{"from: start: the instances already run when this phase begins; add restart: true to the phase"}},
		{name: "nothing to hurt", text: "phases: [{name: a, for: 2s, faults: [{kind: killed, on: instance, from: §start}]}]\n",
			want: []string{"no instance runs yet"}},
		{name: "no old connection", text: "phases: [{name: a, for: 2s, faults: [{kind: blackhole, on: redis, from: §start, connections: old}]}]\n",
			want: []string{"from: start: no connection stands before the instances start"}},
		{name: "over at once", text: "phases: [{name: a, for: 2s, faults: [{kind: flushed, on: redis, from: §start}]}]\n",
			want: []string{"flushed cannot be on from: start: instances that start meet an empty redis"}},
		{name: "of its own time", text: "phases: [{name: a, for: 2s, faults: [{kind: slowcmd, on: redis, from: §start}]}]\n",
			want: []string{"slowcmd cannot be on from: start: it ends by its own time"}},
		{name: "too long", text: "phases: [{name: a, for: 2s, faults: [{kind: refused, on: redis, from: start, for: §3s}]}]\n",
			want: []string{"a fault of 3s does not fit a phase of 2s"}},
		{name: "overlap", text: "phases: [{name: a, for: 2s, faults: [{kind: refused, on: redis, from: start, for: 1s}, §{kind: blackhole, on: redis, from: 900ms}]}]\n",
			want: []string{"it overlaps the refused on redis from 0s to 1s"}},
		{name: "restart", text: "phases: [{name: a, for: 2s, restart: §no}]\n", want: []string{`restart is true, or left out; here is "no"`}},
	} {
		t.Run(row.name, row.check)
	}
}
