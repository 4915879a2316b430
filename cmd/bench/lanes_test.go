package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

func TestAPlanUnderAProfileSaysHowLongAndWhatStaysOpen(t *testing.T) {
	code, out, errs := bench("plan", "--profile", "nightly")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	for i, want := range []string{"this takes ", "in the end side by side: ", "nightly leaves undecided, of the "} {
		if got := lines[len(lines)-3+i]; code != exitHolds || !strings.Contains(got, want) {
			t.Errorf("bench plan --profile nightly = %d %s, line %q, want %q in it", code, errs, got, want)
		}
	}
	if first, lanes := lines[len(lines)-3], lines[len(lines)-2]; !strings.HasSuffix(first, ", of a budget of 1 h 30 min") ||
		!strings.HasSuffix(lanes, " scenarios without response times, trips-nightly, kinds-nightly") {
		t.Errorf("the plan says %q and %q, want the budget, and what is played side by side", first, lanes)
	}
}

// What quick may leave open is named, with the reason; a count is decided as ever, and is not.
func TestAQuickPlanNamesWhatMayStayOpen(t *testing.T) {
	code, out, errs := bench("plan", "--profile", "quick", "trips", "limit")
	lines := strings.Split(strings.TrimSpace(out), "\n")
	why, names := lines[len(lines)-2], lines[len(lines)-1]
	if code != exitHolds || !strings.Contains(why, "because the interval of three rounds") {
		t.Errorf("bench plan --profile quick = %d %s, line %q, want why", code, errs, why)
	}
	if !strings.HasPrefix(names, "these are: trips.hit.latency, ") || strings.Contains(names, "limit.window") || strings.Contains(names, "cache.stampede") {
		t.Errorf("the plan names %q, want what an interval decides, and no count", names)
	}
}

// A long scenario and a short one are played at the same time, each in a lab of its own, and leave one run.
func TestScenariosArePlayedSideBySide(t *testing.T) {
	if testing.Short() {
		t.Skip("a round that is worth neighbours takes a minute")
	}
	dir, out := t.TempDir(), t.TempDir()
	var files []string
	for name, length := range map[string]string{"long": "rounds: {min: 1, max: 1}\nphases: [{name: a, for: 61s}]\n", "brief": "rounds: {min: 2, max: 2}\nphases: [{name: a, for: 2s}]\n"} {
		file := filepath.Join(dir, name+".yaml")
		text := "name: " + name + "\ntarget: {instances: 1, env: {TTL_TRIPS: 1s, DB_DELAY: 20ms-30ms}}\n" + length +
			"traffic: [{name: t, call: GET /api/trips, rate: 10/s}]\nclaims: [{id: " + name + ".ttl, holds: oldest(t) <= 10s}]\n"
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, file)
	}
	began := time.Now()
	code, table, errs := bench(append([]string{"run", "--arms", "hardened", "--report-only", "--out", out}, files...)...)
	if code != exitHolds || !strings.Contains(table, "long.ttl") || !strings.Contains(table, "brief.ttl") {
		t.Fatalf("exit %d\n%s%s", code, table, errs)
	}
	for _, name := range []string{"rounds/long-01/requests.parquet", "rounds/brief-02/requests.parquet", "logs/hardened-1.log", "beside/long/logs/hardened-1.log"} {
		if s, err := os.Stat(filepath.Join(out, "latest", name)); err != nil || s.Size() == 0 {
			t.Errorf("%s is missing or empty: %v", name, err)
		}
	}
	brief, err := os.Stat(filepath.Join(out, "latest/rounds/brief-02/events.jsonl"))
	if err != nil || brief.ModTime().Sub(began) > 60*time.Second {
		t.Errorf("the brief scenario ended %v after the begin (%v): want it before the long one", brief.ModTime().Sub(began), err)
	}
}
