package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/mutant"
	"github.com/trektribe/bench/internal/traffic"
	"github.com/trektribe/bench/scenarios"
)

// One mutant and the intact service, from the command line to the matrix; all
// mutants take minutes, and .ci/run runs them.
func TestSelfcheckShowsThatAMutantIsNoticed(t *testing.T) {
	t.Parallel()
	code, out, errs := bench("selfcheck", "--out", t.TempDir(), "--mutants", "no-fallback", "testdata/toxiproxy.yaml")
	if code != exitHolds || !strings.Contains(out, "fallback.outage    x\n") {
		t.Errorf("exit %d, want %d with fallback.outage detected\n%s%s", code, exitHolds, out, errs)
	}
}

func TestSelfcheckRefuses(t *testing.T) {
	for args, want := range map[string]string{
		"--mutants no-sett":                    `unknown mutant "no-sett"; did you mean "no-set"?`,
		"--mutants no-set redis-blackhole":     "none of the mutants breaks a claim of these scenarios",
		"--mutants no-set redis-blackhol":      `no scenario "redis-blackhol"`,
		"--mutants no-set --redis nothing":     `write "embedded"`,
		"--mutants no-set --out /proc/nowhere": "--out",
	} {
		code, out, errs := bench(append([]string{"selfcheck"}, strings.Fields(args)...)...)
		if code != exitCannotRun || !strings.Contains(errs, want) {
			t.Errorf("selfcheck %s: exit %d, want %d with %q\n%s%s", args, code, exitCannotRun, want, out, errs)
		}
	}
}

func TestTheLeastMutantsBreakEveryClaimThatAnyBreaks(t *testing.T) {
	s := &scenarios.Scenario{Name: "s", Claims: []claim.Text{{ID: "a"}, {ID: "b"}, {ID: "c"}, {ID: "unbroken"}}}
	got := cover([]*scenarios.Scenario{s}, []mutant.Mutant{
		{Name: "one", Breaks: []string{"a"}}, {Name: "two", Breaks: []string{"a", "b"}}, {Name: "three", Fixes: []string{"c"}}, {Name: "elsewhere", Breaks: []string{"d"}},
	})
	if len(got) != 2 || got[0].Name != "three" || got[1].Name != "two" {
		t.Errorf("cover = %v, want three and two", got)
	}
	all, err := loadAll(nil, "")
	if err != nil {
		t.Fatal(err)
	}
	every, err := findMutants("")
	if err != nil {
		t.Fatal(err)
	}
	few := cover(all, every)
	for _, s := range all {
		for _, c := range s.Claims {
			if !slices.ContainsFunc(few, func(m mutant.Mutant) bool { return flips(m, c.ID) }) && brokenElsewhere[c.ID] == "" {
				t.Errorf("none of the least mutants breaks %s", c.ID)
			}
		}
	}
	// Nor does a scenario's share of them leave a claim out, and none plays there that others make needless.
	m := newMatrix(all, few, true)
	m.least = true
	for _, s := range all {
		arms := m.arms(s)
		if got, want := len(arms)-1, len(cover([]*scenarios.Scenario{s}, few)); got != want {
			t.Errorf("%s is played against %d mutants, want %d", s.Name, got, want)
		}
		for _, c := range s.Claims {
			if !slices.ContainsFunc(arms, func(a lab.ArmSpec) bool { return a.Name != intact && m.expects(a.Name, c.ID) }) && brokenElsewhere[c.ID] == "" {
				t.Errorf("no mutant that plays %s breaks %s", s.Name, c.ID)
			}
		}
	}
	if i := slices.IndexFunc(all, func(s *scenarios.Scenario) bool { return s.Name == "redis-blackhole" }); i < 0 || len(m.arms(all[i])) != 2 {
		t.Error("redis-blackhole, whose one claim several of them break, is not played against one")
	}
	if len(few) > len(every)*2/3 {
		t.Errorf("%d of %d mutants are not few", len(few), len(every))
	}
}

func TestArmsSideBySideOfferNoMoreThanCanBeSent(t *testing.T) {
	s := func(phases []string, rates ...float64) *scenarios.Scenario {
		s := &scenarios.Scenario{Phases: []scenarios.Phase{{Name: "a"}, {Name: "b"}}}
		for _, r := range rates {
			s.Traffic = append(s.Traffic, scenarios.Stream{Stream: traffic.Stream{From: r, To: r}, Phases: phases})
		}
		return s
	}
	for _, tt := range []struct {
		s    *scenarios.Scenario
		want []int // arms of each run, of seven
	}{
		{s(nil, 100), []int{3, 2, 2}},
		{s(nil, 200, 60), []int{2, 2, 2, 1}},
		{s([]string{"b"}, 200, 60), []int{2, 2, 2, 1}},
		{s([]string{"c"}, 900), []int{3, 2, 2}},
		{s(nil, 900), []int{1, 1, 1, 1, 1, 1, 1}},
	} {
		var got []int
		for _, b := range batches(tt.s, make([]lab.ArmSpec, 7)) {
			got = append(got, len(b.arms))
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("%v requests a second: runs of %v arms, want %v", tt.s.Offered(), got, tt.want)
		}
	}
}

func TestAMatrixTellsWhatIsWrong(t *testing.T) {
	s := &scenarios.Scenario{Name: "s", Claims: []claim.Text{{ID: "a"}, {ID: "b"}, {ID: "c"}}}
	breaksA := mutant.Mutant{Name: "one", Breaks: []string{"a"}}
	fixesB := mutant.Mutant{Name: "two", Fixes: []string{"b"}, Flaky: []string{"a"}}
	const h, r, i = claim.Holds, claim.Refuted, claim.Inconclusive
	for _, tt := range []struct {
		name     string
		complete bool
		verdicts [3][3]claim.Verdict // of a, b and c: the intact service, one, two
		cells    [3]string
		says     string
		code     int
	}{
		{"all detected", false, [3][3]claim.Verdict{{h, r, h}, {r, r, h}, {h, h, h}}, [3]string{"x·", "·x", "··"}, "2 detected, 0 wrong, 0 undecided", exitHolds},
		{"a claim without a mutant", true, [3][3]claim.Verdict{{h, r, h}, {r, r, h}, {h, h, h}}, [3]string{"x·", "·x", "··"}, "no mutant breaks c (s)", exitRefuted},
		{"one that is undecided may break it", true, [3][3]claim.Verdict{{h, i, h}, {r, r, h}, {h, h, h}}, [3]string{"?·", "·x", "··"}, "1 detected, 1 wrong, 1 undecided", exitRefuted},
		{"a survivor", false, [3][3]claim.Verdict{{h, h, h}, {r, r, h}, {h, h, h}}, [3]string{"!·", "·x", "··"}, "one survives a", exitRefuted},
		{"one that fixes nothing", false, [3][3]claim.Verdict{{h, r, h}, {r, r, r}, {h, h, h}}, [3]string{"x·", "·!", "··"}, "two survives b", exitRefuted},
		{"refuted for the intact service too", false, [3][3]claim.Verdict{{r, r, r}, {r, r, h}, {h, h, h}}, [3]string{"!·", "·x", "··"}, "one survives a", exitRefuted},
		{"a stray", false, [3][3]claim.Verdict{{h, r, h}, {r, r, h}, {h, h, r}}, [3]string{"x·", "·x", "·#"}, "two should not change c", exitRefuted},
		{"a chance that came true", false, [3][3]claim.Verdict{{h, r, r}, {r, r, h}, {h, h, h}}, [3]string{"x~", "·x", "··"}, "2 detected, 0 wrong, 0 undecided", exitHolds},
		{"undecided where nothing is expected", false, [3][3]claim.Verdict{{h, r, i}, {r, i, h}, {h, h, h}}, [3]string{"x·", "·x", "··"}, "2 detected, 0 wrong, 0 undecided", exitHolds},
		{"undecided where it must decide", false, [3][3]claim.Verdict{{h, i, h}, {r, r, h}, {h, h, h}}, [3]string{"?·", "·x", "··"}, "a of hardened+one is undecided", exitUndecided},
		{"undecided for the intact service", false, [3][3]claim.Verdict{{i, r, h}, {r, r, h}, {h, h, h}}, [3]string{"?·", "·x", "··"}, "a of hardened is undecided", exitUndecided},
	} {
		m := newMatrix([]*scenarios.Scenario{s}, []mutant.Mutant{breaksA, fixesB}, tt.complete)
		for c, row := range tt.verdicts {
			for a, arm := range []string{intact, intact + "+one", intact + "+two"} {
				m.enter([]claim.Result{{ID: s.Claims[c].ID, Arm: arm, Verdict: row[a]}})
			}
		}
		var out strings.Builder
		if code := m.print(&out); code != tt.code {
			t.Errorf("%s: exit %d, want %d", tt.name, code, tt.code)
		}
		for c := range s.Claims {
			if got := m.cell(breaksA, s.Claims[c].ID) + m.cell(fixesB, s.Claims[c].ID); got != tt.cells[c] {
				t.Errorf("%s: %s is %q, want %q", tt.name, s.Claims[c].ID, got, tt.cells[c])
			}
		}
		if !strings.Contains(out.String(), tt.says) {
			t.Errorf("%s: want %q in\n%s", tt.name, tt.says, out.String())
		}
	}
}

func TestALaterRunDecidesWhatAnEarlierDidNot(t *testing.T) {
	m := newMatrix(nil, nil, false)
	for _, v := range []claim.Verdict{claim.Inconclusive, claim.Refuted, claim.Holds} {
		m.enter([]claim.Result{{ID: "a", Arm: intact, Verdict: v}})
	}
	if got := m.verdicts[[2]string{intact, "a"}].Verdict; got != claim.Refuted {
		t.Errorf("a is %s, want refuted: only what is undecided is replaced", got)
	}
}
