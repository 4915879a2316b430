package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// recorded unpacks a recorded run into a folder of its own, and judges it.
func recorded(t *testing.T, name string) (dir string) {
	t.Helper()
	archive, err := filepath.Abs("testdata/recorded/" + name + ".tar.gz")
	if err != nil {
		t.Fatal(err)
	}
	dir = filepath.Join(t.TempDir(), "run")
	unpack(t, archive, dir)
	if code, _, errs := bench("judge", "--report-only", dir); code != 0 {
		t.Fatalf("judge exits with %d: %s", code, errs)
	}
	return dir
}

// A saved run gives the same bytes in every format, wherever its folder is, and its verdicts stay as they are.
func TestASavedRunGivesTheSameReports(t *testing.T) {
	dir := recorded(t, "interrupted")
	judged, err := os.ReadFile(filepath.Join(dir, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	code, out, errs := bench("report", dir)
	if code != 0 || errs != "" {
		t.Fatalf("report exits with %d: %s", code, errs)
	}
	files := strings.Fields(out)
	if len(files) != len(allFormats()) {
		t.Errorf("%d files are named, want %d:\n%s", len(files), len(allFormats()), out)
	}
	moved := filepath.Join(t.TempDir(), "elsewhere")
	if err := os.Rename(dir, moved); err != nil {
		t.Fatal(err)
	}
	again := filepath.Join(t.TempDir(), "a", "b")
	if code, _, errs := bench("report", "--out", again, moved); code != 0 {
		t.Fatalf("report --out exits with %d: %s", code, errs)
	}
	for _, f := range allFormats() {
		first, err := os.ReadFile(filepath.Join(moved, f.File))
		if err != nil {
			t.Fatal(err)
		}
		second, err := os.ReadFile(filepath.Join(again, f.File))
		if err != nil || string(first) != string(second) {
			t.Errorf("%s differs when it is written again (%v)", f.File, err)
		}
		if f.Name == "results" && string(first) != string(judged) {
			t.Error("report changed results.json")
		}
	}
	if left, _ := filepath.Glob(filepath.Join(again, ".*")); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
}

// A run that was killed has no verdicts yet. It is reported on what was seen, and the reports say so.
func TestAKilledRunIsReported(t *testing.T) {
	dir := recorded(t, "interrupted")
	path := filepath.Join(dir, "run.json")
	text, err := os.ReadFile(path)
	var saved map[string]any
	if err = errors.Join(err, json.Unmarshal(text, &saved), os.Remove(filepath.Join(dir, "results.json"))); err != nil {
		t.Fatal(err)
	}
	saved["elapsed"], saved["interrupted"] = 0, false // as before its end
	if text, err = json.Marshal(saved); err == nil {
		err = os.WriteFile(path, text, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	code, out, errs := bench("report", "--format", "summary", "--out", "-", dir)
	if code != 0 || !strings.Contains(out, "the run was killed before its end") || !strings.Contains(out, "redis-outage-02 was cut short") {
		t.Errorf("report exits with %d: %s%s", code, out, errs)
	}
}

func TestReportRefuses(t *testing.T) {
	dir := recorded(t, "interrupted")
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	results := filepath.Join(dir, "results.json")
	judged, err := os.ReadFile(results)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args     []string
		from, to string // in results.json
		want     string
	}{
		{[]string{t.TempDir()}, "", "", "has no run.json"},
		{[]string{"--format", "junti", dir}, "", "", `unknown format "junti" (did you mean junit?)`},
		{[]string{"--format", "pdf", dir}, "", "", "there is: results, "},
		{[]string{"--format", "", dir}, "", "", "unknown format"},
		{[]string{"--out", "-", dir}, "", "", "takes one format"},
		{[]string{"--out", "-", "--format", "junit,bench", dir}, "", "", "takes one format"},
		{[]string{"--out", filepath.Join(file, "sub"), dir}, "", "", "choose another with --out"},
		{[]string{dir, dir}, "", "", "takes one folder"},
		{[]string{dir}, `"verdict": "inconclusive"`, `"verdict": "holds"`, "another build judged this run; 'bench judge "},
		{[]string{dir}, `"fallback.outage"`, `"fallback.gone"`, "another build judged this run"},
		{[]string{dir}, "[\n", "{\n", "read results"},
	} {
		if err := os.WriteFile(results, []byte(strings.Replace(string(judged), c.from, c.to, 1)), 0o644); err != nil {
			t.Fatal(err)
		}
		code, out, errs := bench(append([]string{"report"}, c.args...)...)
		if code != exitCannotRun || out != "" || !strings.Contains(errs, c.want) {
			t.Errorf("report %q exits with %d and says %q; want %d and %q", c.args, code, out+errs, exitCannotRun, c.want)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "junit.xml")); err == nil {
		t.Error("a refused report was written")
	}
}

// A run that is asked for formats refuses unknown ones before it starts anything.
func TestRunRefusesUnknownFormats(t *testing.T) {
	code, _, errs := bench("run", "--format", "junit,sumary", "--out", t.TempDir(), "trips")
	if code != exitCannotRun || !strings.Contains(errs, "did you mean summary?") {
		t.Errorf("exit %d: %s", code, errs)
	}
}

// What a claim and a measure are is told whole.
func TestExplainTellsWhatAClaimNeeds(t *testing.T) {
	for name, wants := range map[string][]string{
		"fallback.outage": {"decided   over 3 to 7 rounds", "needs     2 instances; ", "GET /api/trips", "broken by ", "bench run redis-outage --arms hardened+"},
		"sessions.redis":  {"a redis-server (--redis server)"},
		"oldest":          {"Source of truth: outside, service or wire."},
	} {
		code, out, errs := bench("explain", name)
		for _, want := range wants {
			if code != 0 || !strings.Contains(out, want) {
				t.Errorf("explain %s lacks %q (%d):\n%s%s", name, want, code, out, errs)
			}
		}
	}
	if code, _, errs := bench("explain", "falback.outage"); code != exitCannotRun || !strings.Contains(errs, "did you mean fallback.outage?") {
		t.Errorf("exit %d: %s", code, errs)
	}
}
