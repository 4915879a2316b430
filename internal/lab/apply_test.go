package lab_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
)

func TestFaultsAreProved(t *testing.T) {
	s := spec(t)
	s.Instances = 2
	w := open(t, s)
	w.fresh(t, nil)
	rows := []struct {
		fault        fault.Fault
		old, new     string
		oldAfterward string
	}{
		{fault.Fault{Kind: "blackhole"}, "old silence", "new silence", "old reply"},
		{fault.Fault{Kind: "latency", Delay: 40 * time.Millisecond, Jitter: 10 * time.Millisecond, Seed: 1}, "old reply", "new reply", "old reply"},
		{fault.Fault{Kind: "refused"}, "old eof", "new refused", ""},
	}
	for _, row := range rows {
		t.Run(row.fault.Kind, func(t *testing.T) {
			w.forget()
			a := onRedis(row.fault, "2")
			a.Arm = "hardened"
			w.hurt(t, a, 1)

			var during, after []string
			for _, e := range w.of(history.Canary) {
				if e.Name != "" {
					// The canary's ping may cross the end of its connection.
					during = append(during, strings.Replace(e.Detail, "old reset", "old eof", 1))
				} else {
					after = append(after, e.Detail)
				}
			}
			slices.Sort(during)
			if want := []string{row.new, row.old}; !slices.Equal(during, want) {
				t.Errorf("during the fault: %q, want %q", during, want)
			}
			want := []string{"old reply", row.oldAfterward, "new reply"}
			want = slices.DeleteFunc(want, func(s string) bool { return s == "" })
			if !slices.Equal(after, want) {
				t.Errorf("before and after the fault: %q, want %q", after, want)
			}
			on, off, got := w.of(history.FaultOn), w.of(history.FaultOff), w.of(history.Delivery)
			if len(on) != 1 || len(off) != 1 || len(got) != 1 {
				t.Fatalf("recorded %v, %v, %v; want one of each", on, off, got)
			}
			for _, e := range []history.Event{on[0], off[0], got[0]} {
				if e.Arm != "hardened" || e.Instance != "2" || e.On != "redis" || e.Name != row.fault.Kind || e.Planned != time.Second || e.Until < e.At || e.At <= 0 {
					t.Errorf("recorded %+v", e)
				}
			}
			if got[0].Value != 1 || got[0].Detail != "" {
				t.Errorf("delivery %v: %s", got[0].Value, got[0].Detail)
			}
			if p := w.of(history.Problem); len(p) > 0 {
				t.Errorf("problems: %v", p)
			}
		})
	}
}

func TestUndeliveredSaysWhy(t *testing.T) {
	rows := []struct {
		name, fake string
		wait       bool
		heal       bool
		value      float64
		why        string
	}{
		{"bypassed", "bypass", true, true, 0, "never connected to Redis through its proxy"},
		{"too short", "", false, true, 0, "over before a canary"},
		{"never lifted", "", true, false, 1, ""},
	}
	for _, row := range rows {
		t.Run(row.name, func(t *testing.T) {
			w := open(t, spec(t))
			w.fresh(t, map[string]string{"FAKE": row.fake})
			w.do(t, blackhole)
			if row.wait {
				w.probed(t, blackhole, 1)
			}
			if row.heal {
				w.do(t, lifted(blackhole))
			}
			for range 2 { // the second has nothing to add
				w.settle(t)
			}
			got := w.of(history.Delivery)
			if len(got) != 1 || got[0].Value != row.value || !strings.Contains(got[0].Detail, row.why) {
				t.Errorf("delivery %v, want one of %v with %q", got, row.value, row.why)
			}
			// The next round begins clean, whatever this one left on.
			w.fresh(t, nil)
			if err := w.Apply(t.Context(), blackhole); err != nil {
				t.Errorf("in the next round: %v", err)
			}
		})
	}
}

func TestApplyRefuses(t *testing.T) {
	w := open(t, spec(t))
	rows := []struct {
		action lab.Action
		want   string
	}{
		{doing("mongo", "blackhole"), `no dependency "mongo"`},
		{doing("", "blackhole"), `no dependency ""`},
		{lab.Action{Fault: blackhole.Fault, Arm: "documented"}, `no arm "documented": there are hardened`},
		{onRedis(blackhole.Fault, "1", "9"), `no instance "9": there are 1`},
		{doing("redis", ""), "without a kind"},
		{doing("redis", "gremlins"), "gremlins"},
	}
	for _, row := range rows {
		if err := w.Apply(t.Context(), row.action); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("Apply(%+v) = %v, want an error with %q", row.action, err, row.want)
		}
	}
	if err := w.Apply(t.Context(), lifted(blackhole)); err != nil {
		t.Errorf("lifting nothing: %v", err)
	}
	if n := len(w.of(history.FaultOn)) + len(w.of(history.FaultOff)); n > 0 {
		t.Errorf("%d faults recorded that were not", n)
	}

	w.do(t, blackhole)
	refused := lab.Action{Fault: fault.Fault{Kind: "refused", On: "redis"}}
	if err := w.Apply(t.Context(), refused); err == nil || !strings.Contains(err.Error(), "already has the fault blackhole") {
		t.Errorf("a second fault: %v", err)
	}
	if err := w.Apply(t.Context(), lifted(refused)); err == nil || !strings.Contains(err.Error(), "blackhole is on there") {
		t.Errorf("lifting another fault: %v", err)
	}
	if err := w.Apply(t.Context(), lab.Action{Fault: fault.Fault{On: "redis"}, Heal: true}); err != nil {
		t.Errorf("lifting whatever is on: %v", err)
	}
}

// Whoever asks is told when a fault begins: after its canaries were asked, and before it is on.
func TestAFaultTellsWhenItBegins(t *testing.T) {
	w := open(t, spec(t))
	w.fresh(t, nil)
	a, told := blackhole, []time.Duration{}
	a.Begins = func(now time.Duration) { told = append(told, now) }
	w.do(t, a)
	w.probed(t, a, 1)
	a = lifted(a)
	w.do(t, a)
	w.settle(t)
	on, canaries := w.of(history.FaultOn), w.of(history.Canary)
	if len(told) != 1 || told[0] > on[0].At || told[0] < canaries[0].Until {
		t.Errorf("told %v; the fault was on at %v, and its canary was answered at %v", told, on[0].At, canaries[0].Until)
	}
}
