package before_test

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/trektribe/bench/internal/run/before"
)

func TestRunsAreThoseBefore(t *testing.T) {
	out := t.TempDir()
	for name, results := range map[string]string{
		"20310401T000000Z-a": `[{"id":"x","verdict":"holds"}]`, "20310402T000000Z-other": `[{"id":"x"}]`, "20310403T000000Z-broken": `[`,
		"20310404T000000Z-a": `[{"id":"x","verdict":"refuted"}]`, "20310405T000000Z-a": `[]`, "20310406T000000Z-later": `[{"id":"x"}]`,
	} {
		if err := os.MkdirAll(filepath.Join(out, name), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(out, name, "results.json"), []byte(results), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink("20310405T000000Z-a", filepath.Join(out, "latest")); err != nil {
		t.Fatal(err)
	}
	same := func(dir string) bool { return filepath.Base(dir) != "20310402T000000Z-other" }
	for _, dir := range []string{"20310405T000000Z-a", "latest"} {
		var names []string
		for _, r := range before.Runs(filepath.Join(out, dir), same) {
			names = append(names, r.Name)
		}
		if want := []string{"20310404T000000Z-a", "20310401T000000Z-a"}; !slices.Equal(names, want) {
			t.Errorf("before %s: %v, want %v", dir, names, want)
		}
	}
}

func TestACommandCanBeTyped(t *testing.T) {
	for want, c := range map[string]before.Command{
		"bench run --arms documented,hardened --seed 7 trips":                        {Target: before.Reference, Arms: []string{"documented", "hardened"}, Seed: 7, Scenario: "trips"},
		"bench run --target-cmd 'node it'\\''s.js' --env 'A=b c' --seed 1 my/x.yaml": {Target: "node it's.js", Env: map[string]string{"A": "b c"}, Seed: 1, Scenario: "my/x.yaml"},
		"bench run --target-url http://a --target-url http://b --seed 1 x":           {Target: "http://a http://b", Running: true, Seed: 1, Scenario: "x"},
	} {
		if got := c.String(); got != want {
			t.Errorf("%s\nwant %s", got, want)
		}
	}
}

func TestShortenedNamesCompressedTimes(t *testing.T) {
	got := before.Shortened(map[string]string{"TTL_TRIPS": "2s", "TTL_AI": "1h", "RATE_WINDOW": "0s", "DB_DELAY": "180ms-250ms"})
	if want := []string{"TTL_TRIPS is 2s instead of 5m"}; !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
