package scenarios_test

import (
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/scenarios"
)

func TestAProfileChangesWhatItNamesAndNothingElse(t *testing.T) {
	want := mustParse(t, full)
	want.Profile = "nightly"
	want.Rounds = claim.Looks{Min: 2, Max: 20}
	want.Target.Env["TTL_TRIPS"] = "300s"
	want.Target.Env["EXTRA"] = "1"
	want.Phases[0].For = 10 * time.Minute
	want.Curves[0].TTL = 300 * time.Second
	want.Traffic[1].From, want.Traffic[1].To = 50, 50
	if got := mustLoad(t, full, "nightly"); !reflect.DeepEqual(got, want) {
		t.Errorf("under nightly: %+v\nwant %+v", got, want)
	}
	if got, want := mustLoad(t, full, ""), mustParse(t, full); !reflect.DeepEqual(got, want) {
		t.Errorf("without a profile: %+v\nwant %+v", got, want)
	}
}

func TestAScenarioWithoutTheProfileIsItself(t *testing.T) {
	if got, want := mustLoad(t, complete(""), "nightly"), mustParse(t, complete("")); !reflect.DeepEqual(got, want) {
		t.Errorf("under nightly: %+v\nwant %+v", got, want)
	}
}

func TestAFaultWithoutAnEndReachesTheNewEndOfItsPhase(t *testing.T) {
	const text = `
phases:
  - name: a
    for: 4s
    faults:
      - {kind: blackhole, on: redis, for: 1s}
      - {kind: refused, on: redis, from: 1s}
  - {name: b, for: 2s, faults: [{kind: refused, on: redis}]}
profiles: {nightly: {phases: {a: 1m}}}
`
	const s = time.Second
	want := []scenarios.Phase{
		{Name: "a", For: 60 * s, Faults: []fault.Fault{{Kind: "blackhole", On: "redis", For: s}, {Kind: "refused", On: "redis", From: s, For: 59 * s}}},
		{Name: "b", For: 2 * s, Faults: []fault.Fault{{Kind: "refused", On: "redis", For: 2 * s}}},
	}
	if got := mustLoad(t, complete(text), "nightly").Phases; !reflect.DeepEqual(got, want) {
		t.Errorf("phases under nightly: %+v\nwant %+v", got, want)
	}
}

func TestAProfileMovesTheBoundsOfRoundsLikeAScenario(t *testing.T) {
	for _, row := range []struct {
		rounds, nightly string
		want            claim.Looks
	}{
		{"", "{min: 10}", claim.Looks{Min: 10, Max: 10}},
		{"", "{max: 2}", claim.Looks{Min: 2, Max: 2}},
		{"rounds: {min: 4}\n", "{max: 20}", claim.Looks{Min: 4, Max: 20}},
		{"rounds: {min: 4, max: 6}\n", "{min: 5}", claim.Looks{Min: 5, Max: 6}},
		{"rounds: {min: 4, max: 6}\n", "{}", claim.Looks{Min: 4, Max: 6}},
	} {
		got := mustLoad(t, complete(row.rounds+"profiles: {nightly: {rounds: "+row.nightly+"}}\n"), "nightly").Rounds
		if got != row.want {
			t.Errorf("%s under nightly %s: %v, want %v", row.rounds, row.nightly, got, row.want)
		}
	}
}

func TestAProfileThatNoScenarioCanHaveIsAnError(t *testing.T) {
	for profile, want := range map[string]string{
		"nightli": `no profile "nightli" (did you mean nightly?)`, "weekly": `no profile "weekly" (there is: quick, standard, nightly)`,
	} {
		if s, err := scenarios.LoadProfile("trips", profile); err == nil || err.Error() != want {
			t.Errorf("LoadProfile(trips, %s) = %v, %v; want the error %s", profile, s, err, want)
		}
	}
	if _, err := scenarios.LoadProfile("cache", "nightly"); err == nil || !strings.Contains(err.Error(), "cache is a group of: ") {
		t.Errorf("LoadProfile(cache, nightly): error %v, want that it is a group", err)
	}
}

func TestMistakesOfProfiles(t *testing.T) {
	for _, row := range []wrong{
		{name: "profiles are no mapping", text: "profiles: §[nightly]\n", want: []string{"profiles is a mapping, such as {key: value}; here is a list"}},
		{name: "profiles that there are not", text: "profiles: {§nightli: {}, §weekly: {}}\n", want: []string{
			`unknown key "nightli" of profiles (did you mean nightly?)`, `unknown key "weekly" of profiles (there is: quick, nightly)`}},
		{name: "a profile is nothing", text: "profiles:\n  §nightly:\n", want: []string{"a profile is a mapping, such as {key: value}; here is nothing"}},
		{name: "unknown names in a profile", text: "profiles:\n  nightly:\n    §phase: {}\n    phases: {§stedy: 5s, later: 5s, §x: 1}\n    rates: {§trip: 5/s, §steady: 1/s}\n", want: []string{
			`unknown key "phase" of a profile (did you mean phases?)`, `unknown phase "stedy" (did you mean steady?)`, `unknown phase "x" (there is: steady, later)`,
			`unknown stream "trip" (did you mean trips?)`, `unknown stream "steady" (there is: trips)`}},
		{name: "wrong values in a profile", text: `
profiles:
  nightly:
    rounds: {min: §0, §most: 9}
    env: {§PORT: 80, §REDIS_URL: x, A: §[1], §A-B: 1}
    phases: {steady: §[5s], later: §25h}
    rates: {trips: §{}}
`, want: []string{
			"profile nightly: min is a whole number from 1 to 50", `profile nightly: unknown key "most" of rounds`,
			"profile nightly: PORT is set by the lab", "profile nightly: REDIS_URL is set by the lab", "profile nightly: A is a text", "profile nightly: env name",
			"profile nightly: for is a duration, such as 180ms or 2s; here is a list", "profile nightly: for: 25h0m0s is longer than 24h0m0s",
			"profile nightly: stream trips is a text; here is a mapping"}},
		{name: "lists where a profile has mappings", text: "profiles: {nightly: {rounds: §[], env: §[], phases: §[], rates: §x}}\n", want: []string{
			"profile nightly: rounds is a mapping", "profile nightly: env is a mapping", "phases is a mapping", `rates is a mapping, such as {key: value}; here is "x"`}},
		{name: "wrong only under a profile", text: `
target: {env: {TTL_TRIPS: 2s}}
rounds: {max: §6}
§phases:
  - {name: a, for: 4s, faults: [{kind: refused, on: redis, for: §3s}, {kind: refused, on: redis, from: §3s}]}
  - {name: b, for: 4s}
  - {name: c, for: 4s}
traffic:
  - {name: t, call: GET /a, rate: 10/s}
  - {name: u, call: GET /a, rate: §1/s, phases: [a]}
claims:
  - {id: x, holds: oldest(t) <= §$TTL_TRIPS}
profiles:
  nightly:
    rounds: {min: 7}
    env: {TTL_TRIPS: never}
    phases: {a: 900ms, b: 24h}
    rates: {t: §1/min..}
`, want: []string{
			"profile nightly: max 6 is below min 7", "profile nightly: the phases of a round last longer than 24h0m0s together",
			"profile nightly: a fault of 3s does not fit a phase of 900ms", "profile nightly: a fault from 3s does not fit a phase of 900ms",
			"profile nightly: rate: less than one request a round in the stream's 900ms", "profile nightly: holds: $TTL_TRIPS is",
			"profile nightly: rate: "}},
		{name: "wrong with and without a profile is said once", text: "§x: 1\nrounds: {min: §0}\nphases: [{name: a, for: §2, faults: [§refused]}]\nprofiles: {nightly: {env: {A: 1}}}\n", want: []string{
			`unknown key "x"`, "min is a whole number", `"2" has no unit`, "a fault is a mapping"}},
		{name: "claims that there are not", text: "claims: [{id: far, holds: oldest(trips) <= 1s}]\nprofiles: {nightly: {claims: [§fa]}, quick: {claims: §[]}}\n", want: []string{
			`no claim "fa" (did you mean far?)`, "claims is an empty list"}},
		{name: "a profile is not blamed for missing phases", text: "name: x\nphases: [§a]\ntraffic: [{name: t, call: GET /a, rate: 1/s}]\nprofiles: {nightly: {phases: {a: 5s}}}\n", want: []string{"a phase is a mapping"}},
	} {
		t.Run(row.name, row.check)
	}
}

func TestAProfileDecidesClaimsApart(t *testing.T) {
	const text = `
claims:
  - {id: near, holds: p50(t) <= 1s}
  - {id: far, holds: oldest(t) <= 1s}
profiles: {nightly: {claims: [far], rounds: {min: 1, max: 2}, phases: {a: 2m}}}
`
	load := func(text, profile string) (out []string) {
		file := filepath.Join(t.TempDir(), "x.yaml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		all, err := scenarios.LoadProfile(file, profile)
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range all {
			ids := ""
			for _, c := range s.Claims {
				ids += " " + c.ID
			}
			out = append(out, fmt.Sprintf("%s [%s]%s %v %d..%d", s.Name, s.Profile, ids, s.RoundLength(), s.Rounds.Min, s.Rounds.Max))
		}
		return out
	}
	base := "name: x\nphases: [{name: a, for: 4s}]\ntraffic: [{name: t, call: GET /a, rate: 10/s}]\n"
	for _, row := range []struct {
		text, profile string
		want          []string
	}{
		{text, "", []string{"x [] near far 4s 3..8"}},
		{text, "standard", []string{"x [] near far 4s 3..8"}},
		{text, "quick", []string{"x [quick] near far 4s 3..3"}},
		{text, "nightly", []string{"x [] near 4s 3..8", "x-nightly [nightly] far 2m0s 1..2"}},
		{strings.Replace(text, "[far]", "[far, near]", 1), "nightly", []string{"x-nightly [nightly] near far 2m0s 1..2"}},
		{strings.Replace(text, "nightly: {claims: [far], ", "quick: {", 1), "quick", []string{"x [quick] near far 2m0s 1..2"}},
	} {
		if got := load(base+row.text, row.profile); !reflect.DeepEqual(got, row.want) {
			t.Errorf("under %q: %q, want %q", row.profile, got, row.want)
		}
	}
}

// mustLoad is what LoadProfile makes of a file x.yaml that holds text.
func mustLoad(t *testing.T, text, profile string) *scenarios.Scenario {
	t.Helper()
	file := filepath.Join(t.TempDir(), "x.yaml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	all, err := scenarios.LoadProfile(file, profile)
	if err != nil || len(all) != 1 {
		t.Fatalf("%d scenarios, %v; want one", len(all), err)
	}
	s := all[0]
	if s.File != file {
		t.Errorf("File = %s, want %s", s.File, file)
	}
	s.File = "x.yaml"
	return s
}
