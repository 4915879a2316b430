package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/trend"
)

// nights writes so many runs into a folder: a median of 1 ms, and from the run worse on of 2 ms.
func nights(t *testing.T, n, worse int) string {
	t.Helper()
	dir := t.TempDir()
	for i := range n {
		x, verdict := 0.001*(1+0.01*float64(i%3)), claim.Holds
		if i >= worse {
			x, verdict = 2*x, claim.Refuted
		}
		at := time.Date(2026, 11, 1+i, 2, 0, 0, 0, time.UTC)
		night(t, filepath.Join(dir, at.Format("20060102T150405Z")+"-all"), map[string]any{"schema": 2, "started": at},
			[]claim.Result{{ID: "hit", Scenario: "trips", Arm: "hardened", Verdict: verdict,
				Parts: []claim.Part{{Text: "p50(t) <= 1.5ms", Unit: "s", Bound: "<= 1.5ms", Rounds: []float64{x, 1.02 * x, 0.98 * x}}}}})
	}
	return dir
}

// night writes one run.
func night(t *testing.T, dir string, run, results any) {
	t.Helper()
	if err := os.MkdirAll(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for name, v := range map[string]any{"run.json": run, "results.json": results} {
		b, err := json.Marshal(v)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func TestTrendTellsAChangeAndItsAlarm(t *testing.T) {
	dir := nights(t, 20, 12)
	code, out, errw := bench("trend", dir)
	for _, want := range []string{"20 runs from 20261101T020000Z-all to 20261120T020000Z-all, 1 series", "ALARM  hit  trips  hardened  +100 %  1.01 ms → 2.02 ms  since 20261113T020000Z-all",
		"++++++++++++xxxxxxxx", "did not turn: 0 of 1"} {
		if !strings.Contains(out, want) {
			t.Errorf("bench trend prints\n%s\nwant %q in it", out, want)
		}
	}
	if code != exitRefuted || errw != "" {
		t.Errorf("bench trend = %d, %q; want %d and no errors", code, errw, exitRefuted)
	}
	if _, again, _ := bench("trend", dir); again != out {
		t.Error("the same runs give another text")
	}

	code, out, _ = bench("trend", "--claim", "hit", dir)
	if want := "20261113T020000Z-all  REFUTED  2 ms"; code != exitRefuted || !strings.Contains(out, want) || strings.Count(out, "\n") != 22 {
		t.Errorf("--claim hit = %d\n%s\nwant %q, and a line for each run", code, out, want)
	}

	code, out, _ = bench("trend", "--json", dir)
	var got trend.Trend
	if err := json.Unmarshal([]byte(out), &got); err != nil || code != exitRefuted || got.Alarms() != 1 || len(got.Runs) != 20 || len(got.Strips) != 1 {
		t.Errorf("--json = %d, %v: %d alarms, %d runs", code, err, got.Alarms(), len(got.Runs))
	}
}

func TestTrendOfTooFewRunsIsUndecided(t *testing.T) {
	for n, want := range map[int]int{1: 3, 13: 3, 14: 0} {
		code, out, _ := bench("trend", nights(t, n, n))
		if needs := fmt.Sprintf("they need about %d more", 14-n); code != want || (want == 3) != strings.Contains(out, needs) {
			t.Errorf("%d runs = %d\n%s\nwant %d, and %q where that is 3", n, code, out, want, needs)
		}
	}
	if code, _, _ := bench("trend", "--last", "9", nights(t, 20, 12)); code != exitUndecided {
		t.Errorf("the last nine of twenty = %d, want %d", code, exitUndecided)
	}
}

// What cannot be read is named and left out; a folder without any run is no answer.
func TestTrendNamesWhatItCannotRead(t *testing.T) {
	dir := nights(t, 14, 14)
	broken := func(name, file, text string) {
		night(t, filepath.Join(dir, name), map[string]any{"schema": 2}, []claim.Result{})
		path := filepath.Join(dir, name, file)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		if text != "" {
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	broken("foreign", "run.json", "")
	broken("cut", "results.json", `[{"id": "hit"`)
	broken("unjudged", "results.json", "")
	broken("old", "run.json", `{"schema": 1}`)
	broken("text", "run.json", "hello")
	code, out, errw := bench("trend", dir)
	for _, want := range []string{"foreign is not a saved run", "cut/results.json: read results: unexpected EOF; bench judge", "unjudged was not judged: bench judge", "an older build saved this run", "text/run.json: invalid character"} {
		if !strings.Contains(errw, want) {
			t.Errorf("bench trend says\n%s\nwant %q in it", errw, want)
		}
	}
	if code != exitHolds || !strings.Contains(out, "14 runs from") {
		t.Errorf("beside what is damaged: %d\n%s\nwant the fourteen runs", code, out)
	}

	one := filepath.Join(dir, "20261101T020000Z-all")
	for want, args := range map[string][]string{
		"holds no run that can be read: bench run --out":                 {t.TempDir()},
		"is one run: name the folder that holds several, such as " + dir: {one},
		"no such file or directory":                                      {filepath.Join(dir, "none")},
		`has a figure of the claim "hitt"`:                               {"--claim", "hitt", dir},
		"trend takes one folder, got 2":                                  {dir, dir},
		"--last 0: want 1 or more":                                       {"--last", "0", dir},
		"exclude one another":                                            {"--json", "--claim", "hit", dir},
	} {
		if code, out, errw := bench(append([]string{"trend"}, args...)...); code != exitCannotRun || !strings.Contains(errw, want) || out != "" {
			t.Errorf("trend %q = %d, out %q, error %q; want %d and %q", args, code, out, errw, exitCannotRun, want)
		}
	}
}
