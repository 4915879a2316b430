package main

import (
	"reflect"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/scenarios"
)

func TestWordsAreSplitAsAShellWould(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want []string
		err  string
	}{
		{"", nil, ""},
		{"  node   server.js ", []string{"node", "server.js"}, ""},
		{`node "my server.js" --x='a "b"'`, []string{"node", "my server.js", `--x=a "b"`}, ""},
		{`a\ b "c\"d" ''`, []string{"a b", `c"d`, ""}, ""},
		{`node "server.js`, nil, "not closed"},
		{`node \`, nil, "backslash"},
		{"echo $HOME; ls", []string{"echo", "$HOME;", "ls"}, ""},
	} {
		got, err := splitWords(tt.in)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("splitWords(%q): error %v, want one about %q", tt.in, err, tt.err)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("splitWords(%q) = %q, %v, want %q", tt.in, got, err, tt.want)
		}
	}
}

func TestArms(t *testing.T) {
	for _, tt := range []struct {
		in      string
		foreign bool
		want    []lab.ArmSpec
		err     string
	}{
		{"", false, []lab.ArmSpec{{Name: "documented", Policy: "documented"}, {Name: "hardened", Policy: "hardened"}}, ""},
		{"", true, []lab.ArmSpec{{Name: "service"}}, ""},
		{"hardened, hardened+no-fallback", false, []lab.ArmSpec{{Name: "hardened", Policy: "hardened"}, {Name: "hardened+no-fallback", Policy: "hardened", Mutant: "no-fallback"}}, ""},
		{"hardend", false, nil, `no policy "hardend"`},
		{"hardened+no-falback", false, nil, "no-fallback"},
		{"hardened,hardened", false, nil, "named twice"},
		{"hardened+no-fallback", true, nil, "reference target only"},
		{"hardened,", false, nil, `no policy ""`},
	} {
		got, err := parseArms(tt.in, tt.foreign)
		if tt.err != "" {
			if err == nil || !strings.Contains(err.Error(), tt.err) {
				t.Errorf("parseArms(%q): error %v, want one about %q", tt.in, err, tt.err)
			}
			continue
		}
		if err != nil || !reflect.DeepEqual(got, tt.want) {
			t.Errorf("parseArms(%q) = %v, %v, want %v", tt.in, got, err, tt.want)
		}
	}
}

func TestTheExitCodeIsTheVerdictOfTheDecidingArms(t *testing.T) {
	row := func(policy string, v claim.Verdict) claim.Result { return claim.Result{Policy: policy, Verdict: v} }
	for _, tt := range []struct {
		name string
		in   []claim.Result
		want int
	}{
		{"all hold", []claim.Result{row("hardened", claim.Holds)}, exitHolds},
		{"documented is only shown", []claim.Result{row("documented", claim.Refuted), row("hardened", claim.Holds)}, exitHolds},
		{"documented alone decides", []claim.Result{row("documented", claim.Refuted)}, exitRefuted},
		{"refuted outweighs undecided", []claim.Result{row("", claim.Inconclusive), row("", claim.Refuted)}, exitRefuted},
		{"undecided", []claim.Result{row("", claim.Inconclusive), row("", claim.Holds)}, exitUndecided},
		{"the zero verdict is undecided", []claim.Result{{}}, exitUndecided},
		{"nothing was judged", nil, exitUndecided},
	} {
		if got := exitCode(tt.in); got != tt.want {
			t.Errorf("%s: exit %d, want %d", tt.name, got, tt.want)
		}
	}
}

// Of a library or a group, what cannot be played with so few instances is left
// out and said; what was named is refused by the run instead.
func TestScenariosThatNeedMoreInstancesAreLeftOut(t *testing.T) {
	small := &scenarios.Scenario{Name: "small", Traffic: []scenarios.Stream{{Instances: []string{"1", "2"}}}}
	large := &scenarios.Scenario{Name: "large", Phases: []scenarios.Phase{{Faults: []fault.Fault{{Instances: []string{"3"}}}}}}
	for _, tt := range []struct {
		names []string
		n     int
		left  int
		said  string
	}{
		{nil, 0, 2, ""},
		{nil, 3, 2, ""},
		{nil, 2, 1, "large is left out: it needs 3 instances, and there are 2"},
		{[]string{"large"}, 2, 2, ""},
	} {
		said := ""
		left := fitting([]*scenarios.Scenario{small, large}, tt.names, tt.n, func(s string) { said += s })
		if len(left) != tt.left || said != tt.said {
			t.Errorf("%v with %d instances: %d left, said %q", tt.names, tt.n, len(left), said)
		}
	}
}

// A setting of bench's own Redis is nothing to accuse a service of, and a database that it does not use cuts its run short.
func TestWhatIsBenchsOwnIsNotJudgedOfAService(t *testing.T) {
	for _, tt := range []struct {
		names   []string
		command []string
		left    int
	}{
		{nil, nil, 1},
		{nil, []string{"server"}, 0},
		{[]string{"its"}, []string{"server"}, 1},
	} {
		for _, f := range []fault.Fault{{Kind: "crashed", On: "redis", Fsync: "no"}, {Kind: "locked", On: "database"}} {
			said, its := "", &scenarios.Scenario{Name: "its", Phases: []scenarios.Phase{{Name: "hurt", Faults: []fault.Fault{f}}}}
			left := doable([]*scenarios.Scenario{its}, tt.names, lab.Spec{Redis: "server", Command: tt.command}, func(s string) { said += s })
			if len(left) != tt.left || (said == "") != (tt.left == 1) {
				t.Errorf("%v of command %q, %s: %d left, said %q", tt.names, tt.command, f.Kind, len(left), said)
			}
		}
	}
}

// What needs another Redis is left out, unless it was named: then the lab refuses it.
func TestScenariosThatNeedAnotherRedisAreLeftOut(t *testing.T) {
	any, needs := &scenarios.Scenario{Name: "any"}, &scenarios.Scenario{Name: "needs", File: "needs.yaml"}
	for s, kind := range map[*scenarios.Scenario]string{any: "flushed", needs: "reloaded"} {
		s.Phases = []scenarios.Phase{{Name: "fault", Faults: []fault.Fault{{Kind: kind, On: "redis"}}}}
	}
	for _, tt := range []struct {
		names []string
		spec  lab.Spec
		left  int
		said  string
	}{
		{nil, lab.Spec{Redis: "server"}, 2, ""},
		{nil, lab.Spec{Redis: "embedded"}, 1, "needs is left out: reloaded on redis cannot be done to the embedded Redis: use --redis server or container"},
		{[]string{"needs"}, lab.Spec{Redis: "embedded"}, 2, ""},
		{[]string{"needs.yaml"}, lab.Spec{Redis: "embedded"}, 2, ""},
		{nil, lab.Spec{Redis: "embedded", URLs: []string{"http://127.0.0.1:1"}}, 2, ""},
	} {
		said := ""
		left := doable([]*scenarios.Scenario{any, needs}, tt.names, tt.spec, func(s string) { said += s })
		if len(left) != tt.left || said != tt.said {
			t.Errorf("%v with %+v: %d left, said %q", tt.names, tt.spec, len(left), said)
		}
	}
}
