package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/machinetest"
)

func partial(speaks string) string { return "env SPEAKS=" + speaks + " python3 testdata/partial.py" }

// The table of bench inspect says of each call what the service does with it.
func TestInspectShowsWhatAServiceSpeaks(t *testing.T) {
	machinetest.Need(t, "python3")
	for _, row := range []struct {
		speaks string
		want   []string // lines, their columns parted by one bar
	}{
		{"trips", []string{
			"GET /health|200|right|–|–|–",
			"GET /metrics|404|not spoken: status 404|–|–|–",
			"GET /api/trips|200|right|database, redis|–|500, ids 1 to 500",
			"GET /api/users/{id}|404|not spoken: status 404|–|–|–",
			"PUT /api/trips/{id}|501|not spoken: status 501|–|–|–",
		}},
		{"data", []string{"GET /api/trips|200|not spoken: its answer has no trips: it has data, source|–|–|–", "GET /api/trips/{id}|200|right|database, redis|1|–"}},
		{"uuids", []string{"GET /api/trips|200|right|database, redis|–|100, ids such as 0b1c-0001", "GET /api/trips/{id}|200|right|database, redis|1|–"}},
		{"failing", []string{"GET /api/users/{id}|500|failed: status 500|–|–|–"}},
	} {
		t.Run(row.speaks, func(t *testing.T) {
			t.Parallel()
			exit, table, errs := bench("inspect", "--target-cmd", partial(row.speaks), "kinds")
			if exit != exitHolds || errs != "" {
				t.Fatalf("exit %d\n%s%s", exit, table, errs)
			}
			lines := map[string]bool{}
			for line := range strings.Lines(table) {
				var fields []string
				for f := range strings.SplitSeq(strings.TrimSpace(line), "  ") {
					if f != "" {
						fields = append(fields, strings.TrimSpace(f))
					}
				}
				lines[strings.Join(fields, "|")] = true
			}
			for _, want := range row.want {
				if !lines[want] {
					t.Errorf("no line %s in\n%s", want, table)
				}
			}
		})
	}
}

// What a contract names and never comes is told where the service is asked.
func TestInspectShowsWhatAContractNamesInVain(t *testing.T) {
	t.Parallel()
	machinetest.Need(t, "python3")
	table := inspected(t, "--target-cmd", "python3 testdata/strangers/twocalls.py", "--contract", "testdata/strangers/never-contract.yaml", "redis-outage")
	for _, want := range []string{"not spoken: its answer has no data.trips: it has trips", "right; no source at header X-Never"} {
		if !strings.Contains(table, want) {
			t.Errorf("no %q in\n%s", want, table)
		}
	}
}

// A scenario of which nothing is left is not played: its claims are undecided, and judged alike from what was saved.
func TestWhatAServiceDoesNotSpeakIsNotPlayed(t *testing.T) {
	machinetest.Need(t, "python3")
	out := t.TempDir()
	exit, table, errs := bench("run", "--out", out, "--seed", "7", "--target-cmd", partial("trips"), "redis-crash")
	if exit != exitUndecided {
		t.Fatalf("exit %d\n%s%s", exit, table, errs)
	}
	dir, err := filepath.EvalSymlinks(filepath.Join(out, "latest")) // the report shows its folder
	if err != nil {
		t.Fatal(err)
	}
	r := results(t, dir)[[2]string{"fallback.crash", "service"}]
	if want := "the service does not speak GET /api/trips/{id} (status 404)"; r.Code != code.Unspoken || r.Because != want || r.Remedy == "" {
		t.Errorf("%q because %q, to settle: %q; want %q", r.Code, r.Because, r.Remedy, want)
	}
	if _, err := os.Stat(filepath.Join(dir, "rounds")); !os.IsNotExist(err) {
		t.Errorf("it was played: %v", err)
	}
	var before [][]byte
	for _, name := range judgedFiles {
		before = append(before, read(t, dir, name))
	}
	if exit, _, errs := bench("judge", dir); exit != exitUndecided {
		t.Fatalf("judge: exit %d\n%s", exit, errs)
	}
	for i, name := range judgedFiles {
		if string(read(t, dir, name)) != string(before[i]) {
			t.Errorf("%s is judged differently from disk", name)
		}
	}
	for _, want := range []string{"## What the service speaks", "| GET /api/trips/{id} | 404 | not spoken: status 404 |", "redis-crash is not played"} {
		if report := string(read(t, dir, "report.md")); !strings.Contains(report, want) {
			t.Errorf("no %q in report.md", want)
		}
	}
	if err := os.WriteFile(filepath.Join(dir, "inspection.json"), []byte(`[{"arm":`), 0o644); err != nil {
		t.Fatal(err)
	}
	if exit, _, errs := bench("judge", dir); exit != exitCannotRun || !strings.Contains(errs, "inspection.json") {
		t.Errorf("a damaged inspection: exit %d, %s", exit, errs)
	}
}

func read(t *testing.T, dir, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A sound service is judged on what it speaks, and refuted for nothing that it does not.
func TestPartialServices(t *testing.T) {
	machinetest.Need(t, "python3")
	if testing.Short() {
		t.Skip("make verdicts plays it")
	}
	const (
		noTrip = "does not speak GET /api/trips/{id} (status 404)"
		noUser = "does not speak GET /api/users/{id} (status 404)"
		shape  = "does not speak GET /api/trips (its answer has no trips: it has data, source)"
		limits = "the service limits the generator (429)"
	)
	for _, row := range []struct {
		speaks string
		want   map[string]outcome
		note   string // in report.md
	}{
		{"", outcomes(all(holds, "listing.fast trip.right profile.right all.right")), ""},
		{"trips", outcomes(all(holds, "listing.fast all.right"), all(undecided(noTrip), "trip.right"), all(undecided(noUser), "profile.right")),
			"partial is played without trip: GET /api/trips/{id} (status 404), profile: GET /api/users/{id} (status 404)"},
		{"hundred", all(holds, "listing.fast trip.right profile.right all.right"), "partial: trip has 100 keys, which GET /api/trips shows, and not 400"},
		{"uuids", all(holds, "listing.fast trip.right profile.right all.right"), "partial: trip has 100 keys, which GET /api/trips shows, and not 400"},
		{"few-users", all(holds, "listing.fast trip.right profile.right all.right"), "partial: profile has 25 keys, which were found by asking, and not 100"},
		{"no-users", outcomes(all(holds, "listing.fast trip.right all.right"), all(undecided(noUser), "profile.right")), "judged without profile: GET /api/users/{id} (status 404)"},
		{"data", outcomes(all(holds, "trip.right profile.right all.right"), all(undecided(shape), "listing.fast")), "not spoken: its answer has no trips: it has data, source"},
		{"limited", all(undecided(limits), "listing.fast trip.right profile.right all.right"), "partial is not played: " + limits},
		{"failing", outcomes(all(holds, "listing.fast"), all(outcome{notHeld, ""}, "trip.right profile.right all.right")), "failed: status 500"},
	} {
		t.Run(row.speaks, func(t *testing.T) {
			t.Parallel()
			out := t.TempDir()
			exit, table, errs := bench("run", "--out", out, "--seed", "7", "--report-only", "--target-cmd", partial(row.speaks), "testdata/partial.yaml")
			if exit != exitHolds {
				t.Fatalf("exit %d\n%s%s", exit, table, errs)
			}
			got := results(t, filepath.Join(out, "latest"))
			for id, want := range row.want {
				r := got[[2]string{id, "service"}]
				if r.Code.OfMachine() && want.verdict != claim.Inconclusive {
					machinetest.Busy(t, "%s: undecided: %s: %s", id, r.Code, r.Because)
				} else if err := want.of(r); err != nil {
					t.Errorf("%s: %v", id, err)
				}
			}
			if report := strings.ReplaceAll(string(read(t, filepath.Join(out, "latest"), "report.md")), `\`, ""); !strings.Contains(report, row.note) {
				t.Errorf("no %q in\n%s", row.note, report)
			}
		})
	}
}
