package gate

import (
	"encoding/json"
	"flag"
	"math"
	"os"
	"testing"

	"github.com/trektribe/bench/internal/compare"
)

var record = flag.String("record", "", "a saved run of the arms A and B, one build: keep its figures in testdata/one-build.json")

// Of rounds that were really played, 24 of trips with one build as A and B on a busy machine, at most one in a hundred random
// splits alarms, and no figure is called different as they were played.
func TestOneBuildIsTheSameInRoundsThatWerePlayed(t *testing.T) {
	t.Parallel()
	const path, effect = "testdata/one-build.json", 0.05
	if *record != "" {
		keep(t, *record, path)
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	var all []compare.Figure
	if err := json.Unmarshal(text, &all); err != nil {
		t.Fatal(err)
	}
	most := 0
	for _, f := range all {
		most = max(most, len(f.A))
		if c := compare.Compare(f, compare.Alarming, effect); c.Verdict == compare.Different {
			t.Errorf("%s differs: %+v", f.Name, c)
		}
	}
	if most < 24 || len(all) < 10 {
		t.Fatalf("%d figures of %d rounds", len(all), most)
	}
	const screen = 9 // and Confirming(9) are the other 15
	alarms := compare.FalseAlarms(all, screen, effect)
	t.Logf("%d of %d splits of %d figures alarm", alarms, compare.Splits, len(all))
	if alarms > compare.Splits/100 {
		t.Errorf("%d of %d splits alarm", alarms, compare.Splits)
	}
	// The same rounds with hits that are a fifth longer in B do alarm: what is so rare above can happen.
	for i, f := range all {
		if f.Name == "p50(listing[phase=cached, ok])" {
			for k := range f.B {
				all[i].B[k].X *= 1.2
			}
			if c := compare.Compare(all[i], compare.Alarming, effect); c.Verdict != compare.Different || math.Abs(c.Change-0.2) > 0.1 {
				t.Errorf("a fifth more is %+v", c)
			}
		}
	}
}

// keep writes the paired figures of a run.
func keep(t *testing.T, dir, path string) {
	all, err := observe(t.Context(), dir)
	if err != nil {
		t.Fatal(err)
	}
	var figures []compare.Figure
	for _, s := range all {
		if f, _ := s.pair(A, B); len(f.A) > 0 {
			figures = append(figures, f)
		}
	}
	text, err := json.Marshal(figures)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, append(text, '\n'), 0o644); err != nil {
		t.Fatal(err)
	}
}
