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

const ms = time.Millisecond

func TestParametersOfFaults(t *testing.T) {
	for _, row := range []struct {
		text string
		want fault.Fault
		plan string
	}{
		{"kind: latency, delay: 50ms, jitter: 40ms, shape: normal", fault.Fault{Kind: "latency", Delay: 50 * ms, Jitter: 40 * ms, Shape: "normal"}, "latency of 50ms ± 40ms (normal) on redis"},
		{"kind: latency, delay: 50ms, to: 1s", fault.Fault{Kind: "latency", Delay: 50 * ms, To: time.Second}, "latency of 50ms growing to 1s on redis"},
		{"kind: spikes, delay: 50ms, share: 2.5%", fault.Fault{Kind: "spikes", Delay: 50 * ms, Share: 0.025}, "spikes of 50ms in 2.5% of replies on redis"},
		{"kind: cutoff, after: 1.5KB", fault.Fault{Kind: "cutoff", After: 1500}, "cutoff after 1.5KB of replies on redis"},
		{"kind: slow, rate: 20KB/s", fault.Fault{Kind: "slow", Rate: 20_000}, "slow at 20KB/s on redis"},
		{"kind: oneway, direction: replies", fault.Fault{Kind: "oneway", Direction: "replies"}, "oneway that holds replies on redis"},
		{"kind: cutoff, after: 1.5KiB", fault.Fault{Kind: "cutoff", After: 1536}, "cutoff after 1.536KB of replies on redis"},
		{"kind: slices, size: 1.001KB, delay: 5ms", fault.Fault{Kind: "slices", Size: 1001, Delay: 5 * ms}, "slices of 1.001KB, 5ms apart on redis"},
		{"kind: error, commands: reads, answer: BUSY wait", fault.Fault{Kind: "error", Commands: []string{"reads"}, Answer: "BUSY wait"}, `error "BUSY wait" for reads on redis`},
		{"kind: error, commands: all, answer: LOADING it is", fault.Fault{Kind: "error", Commands: []string{"all"}, Answer: "LOADING it is"}, `error "LOADING it is" for all on redis`},
		{"kind: lost, commands: [set, EvalSha], prefix: \"trip:\"", fault.Fault{Kind: "lost", Commands: []string{"SET", "EVALSHA"}, Prefix: "trip:"}, "lost for SET, EVALSHA of keys trip:… on redis"},
		{"kind: late, prefix: \"trip:\", delay: 50ms, jitter: 10ms", fault.Fault{Kind: "late", Prefix: "trip:", Delay: 50 * ms, Jitter: 10 * ms}, "late of 50ms ± 10ms for commands of keys trip:… on redis"},
		{"kind: blackhole, connections: old", fault.Fault{Kind: "blackhole", Connections: "old"}, "blackhole of old connections on redis"},
		{"kind: error, commands: writes, answer: READONLY it is, connections: old, ends: never", fault.Fault{Kind: "error", Commands: []string{"writes"}, Answer: "READONLY it is", Connections: "old", Ends: "never"},
			`error "READONLY it is" for writes of old connections for good on redis`},
		{"kind: mute, commands: [JSON.GET, MULTI]", fault.Fault{Kind: "mute", Commands: []string{"JSON.GET", "MULTI"}}, "mute for JSON.GET, MULTI on redis"},
	} {
		s := mustParse(t, complete("phases: [{name: a, for: 2s, faults: [{on: redis, "+row.text+"}]}]\n"))
		row.want.On, row.want.For = "redis", 2*time.Second
		if got := s.Phases[0].Faults; len(got) != 1 || !reflect.DeepEqual(got[0], row.want) {
			t.Errorf("%s: faults %+v, want %+v", row.text, got, row.want)
		}
		var plan strings.Builder
		if err := scenarios.Plan(&plan, s, nil); err != nil || !strings.Contains(plan.String(), row.plan) {
			t.Errorf("%s: plan %v\n%s\nwant %q", row.text, err, &plan, row.plan)
		}
		js, err := json.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		back := new(scenarios.Scenario)
		if err := json.Unmarshal(js, back); err != nil || !reflect.DeepEqual(back, s) {
			t.Errorf("%s: back from JSON %v\n%+v\nwant %+v", row.text, err, back, s)
		}
	}
}

func TestEveryRepeatsAFaultUntilItDoesNotFit(t *testing.T) {
	const text = `
phases:
  - name: a
    for: 2s
    faults:
      - {kind: refused, on: redis, from: 100ms, every: 600ms, for: 300ms, instances: [1]}
      - {kind: latency, on: redis, from: 400ms, every: 600ms, for: 300ms, delay: 5ms, to: 10ms, instances: [1]}
      - {kind: blackhole, on: redis, every: 1s, for: 999ms, instances: [2]}
profiles: {nightly: {phases: {a: 1999ms}}}
`
	one, two := []string{"1"}, []string{"2"}
	refused := func(from time.Duration) fault.Fault {
		return fault.Fault{Kind: "refused", On: "redis", Instances: one, From: from, For: 300 * ms}
	}
	latency := func(from time.Duration) fault.Fault {
		return fault.Fault{Kind: "latency", On: "redis", Instances: one, From: from, For: 300 * ms, Delay: 5 * ms, To: 10 * ms}
	}
	want := []fault.Fault{
		refused(100 * ms), refused(700 * ms), refused(1300 * ms), // and at 1.9 s for 0.1 s: not whole
		latency(400 * ms), latency(1000 * ms), latency(1600 * ms),
		{Kind: "blackhole", On: "redis", Instances: two, For: 999 * ms},
		{Kind: "blackhole", On: "redis", Instances: two, From: time.Second, For: 999 * ms},
	}
	for _, profile := range []string{"", "nightly"} {
		if got := mustLoad(t, complete(text), profile).Phases[0].Faults; !reflect.DeepEqual(got, want) {
			t.Errorf("profile %q: faults\n%+v\nwant\n%+v", profile, got, want)
		}
	}
}

func TestFaultsOfProcesses(t *testing.T) {
	for text, plan := range map[string]string{
		"kind: killed, on: redis":                        "killed on redis itself",
		"kind: slowcmd, on: redis":                       "slowcmd on redis itself",
		"kind: reloaded, on: redis":                      "reloaded on redis itself",
		"kind: maxclients, on: redis":                    "maxclients on redis itself",
		"kind: busy, on: redis":                          "busy on redis itself",
		"kind: locked, on: database":                     "locked on the database of all instances",
		"kind: killed, on: instance":                     "killed on every instance",
		"kind: terminated, on: instance, instances: [2]": "terminated on instance 2",
		"kind: refused, on: redis, instances: [1, 2]":    "refused on redis of instances 1, 2",
	} {
		s := mustParse(t, complete("phases: [{name: a, for: 2s, faults: [{"+text+"}]}]\n"))
		var out strings.Builder
		if err := scenarios.Plan(&out, s, nil); err != nil || !strings.Contains(out.String(), plan+"\n") {
			t.Errorf("%s: plan %v\n%s\nwant %q", text, err, &out, plan)
		}
	}
	for _, row := range []wrong{
		{name: "a path is no process", text: "phases: [{name: a, for: 2s, faults: [{kind: latency, delay: 5ms, on: §instance}]}]\n", want: []string{"latency is done to the path to redis, not to an instance"}},
		{name: "not of redis", text: "phases: [{name: a, for: 2s, faults: [{kind: terminated, on: §redis}]}]\n", want: []string{"terminated is done to the process of instance, not of redis"}},
		{name: "a restart of an instance", text: "phases: [{name: a, for: 2s, faults: [{kind: restarted, on: §instance}]}]\n", want: []string{"restarted is for the process of redis; to restart an instance, use killed with a for"}},
		{name: "not of an instance", text: "phases: [{name: a, for: 2s, faults: [{kind: flushed, on: §instance}]}]\n", want: []string{"flushed is done to the process of redis, not of instance"}},
		{name: "one redis for all", text: "phases: [{name: a, for: 2s, faults: [{kind: killed, on: redis, §instances: [1]}]}]\n", want: []string{"killed hits the one redis that all instances share; leave instances out"}},
		{name: "a path is no database", text: "phases: [{name: a, for: 2s, faults: [{kind: blackhole, on: §database}]}]\n", want: []string{"blackhole is done to the path to redis, not to the database"}},
		{name: "not of a database", text: "phases: [{name: a, for: 2s, faults: [{kind: killed, on: §database}]}]\n", want: []string{"killed is done to the process of redis or instance, not of database"}},
		{name: "of the database alone", text: "phases: [{name: a, for: 2s, faults: [{kind: locked, on: §redis}]}]\n", want: []string{"locked is done to the database; write on: database"}},
		{name: "one database for all", text: "phases: [{name: a, for: 2s, faults: [{kind: locked, on: database, §instances: [1]}]}]\n", want: []string{"locked hits the one database that all instances share; leave instances out"}},
		{name: "a database beyond its phase", text: "phases: [{name: a, for: 2s, faults: [{kind: locked, on: database, for: §3s}, {kind: reloaded, on: redis, from: §2s}]}]\n", want: []string{"a fault of 3s does not fit a phase of 2s", "a fault from 2s does not fit a phase of 2s"}},
		{name: "a word near a new kind", text: "phases: [{name: a, for: 2s, faults: [{kind: §maxclient, on: redis}, {kind: §lockd, on: §databse}]}]\n", want: []string{"did you mean maxclients?", "did you mean locked?", "did you mean database?"}},
		{name: "no delay", text: "phases: [{name: a, for: 2s, faults: [{kind: killed, on: redis, §delay: 5ms}]}]\n", want: []string{"killed takes no delay"}},
	} {
		t.Run(row.name, row.check)
	}
}

// A canary waits for what it meets: a fault that is over before is never proved.
func TestAFaultLastsUntilItIsProved(t *testing.T) {
	for text, least := range map[string]time.Duration{
		"kind: refused, on: redis":                                             200 * ms,
		"kind: blackhole, on: redis":                                           200 * ms,
		"kind: terminated, on: instance":                                       200 * ms,
		"kind: busy, on: redis":                                                200 * ms,
		"kind: locked, on: database":                                           200 * ms,
		"kind: stopped, on: redis":                                             350 * ms,
		"kind: stopped, on: instance":                                          350 * ms,
		"kind: slowcmd, on: redis":                                             350 * ms,
		"kind: latency, on: redis, delay: 20ms":                                200 * ms,
		"kind: latency, on: redis, delay: 500ms":                               600 * ms,
		"kind: latency, on: redis, delay: 500ms, jitter: 150ms":                750 * ms,
		"kind: latency, on: redis, delay: 500ms, jitter: 150ms, shape: normal": 600 * ms, // a canary's is 500 ms
		"kind: latency, on: redis, delay: 20ms, to: 1s":                        200 * ms, // from 20 ms on
		"kind: late, on: redis, delay: 500ms, jitter: 100ms, commands: reads":  700 * ms,
		"kind: spikes, on: redis, delay: 500ms, share: 5%":                     600 * ms,
		"kind: slices, on: redis, delay: 500ms, size: 5B":                      600 * ms,
	} {
		mustParse(t, complete("phases: [{name: a, for: 2s, faults: [{"+text+", for: "+least.String()+"}]}]\n"))
		wrong{name: text, text: "phases: [{name: a, for: 2s, faults: [{" + text + ", for: §" + (least - ms).String() + "}]}]\n",
			want: []string{" cannot be proved in less than " + least.String() + "; give it for: " + least.String() + " or more"}}.check(t)
	}
	for _, row := range []wrong{
		{name: "what it is", text: "phases: [{name: a, for: 2s, faults: [{kind: latency, on: redis, delay: 500ms, jitter: 50ms, for: §400ms}, {kind: stopped, on: instance, for: §200ms}]}]\n",
			want: []string{"for: latency of 500ms ± 50ms cannot be proved in less than 650ms", "for: stopped cannot be proved in less than 350ms"}},
		{name: "as long as its phase", text: "phases: [{name: a, for: 400ms, faults: [§{kind: latency, on: redis, delay: 500ms}]}]\n",
			want: []string{"latency of 500ms cannot be proved in less than 600ms, and 400ms are left of the phase; give the phase 600ms or more"}},
		{name: "the rest of its phase", text: "phases: [{name: a, for: 1s, faults: [§{kind: stopped, on: redis, from: 700ms}]}]\n",
			want: []string{"stopped cannot be proved in less than 350ms, and 300ms are left of the phase; give the phase 1.05s or more"}},
		{name: "in a profile", text: "phases: [{name: a, for: 1s, faults: [§{kind: stopped, on: redis}]}]\nprofiles: {nightly: {phases: {a: 300ms}}}\n",
			want: []string{"profile nightly: stopped cannot be proved in less than 350ms"}},
		{name: "a delay near the largest", text: "phases: [{name: a, for: 24h, faults: [{kind: latency, on: redis, delay: 2500000h, jitter: 2400000h, for: §24h}]}]\n",
			want: []string{"cannot be proved in less than 48h0m0.1s"}},
		{name: "of no kind", text: "phases: [{name: a, for: 1s, faults: [{kind: §stoped, on: redis, for: 1ms}]}]\n", want: []string{"did you mean stopped?"}},
		{name: "a delay that is wrong is not counted", text: "phases: [{name: a, for: 1s, faults: [{kind: latency, on: redis, delay: §5, for: 200ms}]}]\n",
			want: []string{`"5" has no unit`}},
	} {
		t.Run(row.name, row.check)
	}
}

// A killed instance has no connection and a stopped one uses none: a fault on it would count as delivered, without effect.
func TestAFaultOnThePathOfWhoIsAway(t *testing.T) {
	const phase = "target: {instances: 2}\nphases: [{name: a, for: 4s, faults: ["
	const nothing = " would have no effect: its instances are "
	for _, row := range []wrong{
		{name: "killed", text: phase + "{kind: killed, on: instance, instances: [1]}, §{kind: blackhole, on: redis, instances: [1]}]}]\n",
			want: []string{"the blackhole on redis from 0s to 4s" + nothing + "killed from 0s to 4s; give it other instances, or let it last longer than that"}},
		{name: "the other way round", text: phase + "{kind: reset, on: redis, from: 1s, for: 1s, instances: [2]}, §{kind: killed, on: instance, for: 3s}]}]\n",
			want: []string{"the reset on redis from 1s to 2s" + nothing + "killed from 0s to 3s"}},
		{name: "one of several", text: phase + "{kind: stopped, on: instance, instances: [2, 1]}, §{kind: latency, on: redis, delay: 50ms, instances: [1]}]}]\n",
			want: []string{"the latency on redis from 0s to 4s" + nothing + "stopped from 0s to 4s"}},
		{name: "one time of several", text: phase + "{kind: killed, on: instance, from: 2s, for: 1s}, §{kind: close, on: redis, from: 100ms, for: 200ms, every: 1s}]}]\n",
			want: []string{"the close on redis from 2.1s to 2.3s" + nothing + "killed from 2s to 3s"}},
	} {
		t.Run(row.name, row.check)
	}
	for _, text := range []string{
		"{kind: killed, on: instance, instances: [1]}, {kind: blackhole, on: redis, instances: [2]}",
		"{kind: killed, on: instance, instances: [1]}, {kind: blackhole, on: redis}",                                // it is done to instance 2
		"{kind: killed, on: instance, instances: [1, 2]}, {kind: blackhole, on: redis}",                             // a run may have more (--instances)
		"{kind: killed, on: instance, from: 1s, for: 1s}, {kind: refused, on: redis, for: 3s}",                      // it starts again without Redis
		"{kind: killed, on: instance, for: 1s}, {kind: refused, on: redis, from: 500ms, for: 1s}",                   //
		"{kind: killed, on: instance, from: 1s, for: 3s}, {kind: refused, on: redis, from: start, for: 3s}",         // it is on before that
		"{kind: stopped, on: instance}, {kind: reset, on: redis}",                                                   // its connections are gone when it goes on
		"{kind: terminated, on: instance, instances: [1]}, {kind: blackhole, on: redis}",                            // what it does in its last moments
		"{kind: killed, on: instance}, {kind: flushed, on: redis}, {kind: locked, on: database}",                    // no path
		"{kind: blackhole, on: redis}, {kind: flushed, on: redis, from: 1s}",                                        // the lab does it beside the path
		"{kind: flushed, on: redis, every: 1s, for: 200ms}, {kind: latency, delay: 5ms, on: redis, from: 100ms}",    //
		"{kind: flushed, on: redis, from: 1s, for: 200ms}, {kind: refused, on: redis, from: start, instances: [1]}", //
	} {
		mustParse(t, complete(phase+text+"]}]\n"))
	}
	wrong{name: "flushed and another of the process", text: phase + "{kind: flushed, on: redis, for: 1s}, §{kind: stopped, on: redis}, §{kind: flushed, on: redis}]}]\n",
		want: []string{"it overlaps the flushed on redis from 0s to 1s", "it overlaps the flushed on redis from 0s to 1s"}}.check(t)
}
