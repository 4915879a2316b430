package evidence_test

import (
	"testing"
	"time"

	"github.com/trektribe/bench/internal/exact/evidence"
)

func TestAFindingKeepsTheGravest(t *testing.T) {
	var f evidence.Finding
	made := 0
	for i := range 30 {
		f.AddFor(time.Duration(i*7%30), func() evidence.Witness {
			made++
			return evidence.Witness{At: time.Duration(i)}
		})
	}
	if f.Count != 30 || f.Longest != 29 || len(f.Witnesses) != evidence.Most || made == 30 {
		t.Errorf("%+v, from %d witnesses", f, made)
	}
	for i, w := range f.Witnesses {
		if got := int(w.At) * 7 % 30; got != 29-i {
			t.Errorf("witness %d has weight %d, want %d", i, got, 29-i)
		}
	}
	var same evidence.Finding
	for i := range 12 {
		same.Add(2, 0, func() evidence.Witness { return evidence.Witness{At: time.Duration(i)} })
	}
	if same.Count != 24 || same.Witnesses[0].At != 0 || same.Witnesses[9].At != 9 {
		t.Errorf("of the same weight %+v, want the first ones", same)
	}
}

func TestBeforeAndUpTo(t *testing.T) {
	times := []time.Duration{1, 3, 3, 5}
	for at, want := range map[time.Duration][2]int{0: {0, 0}, 1: {0, 1}, 3: {1, 3}, 4: {3, 3}, 9: {4, 4}} {
		if before, upTo := evidence.Before(times, at), evidence.UpTo(times, at); before != want[0] || upTo != want[1] {
			t.Errorf("at %d: %d before and %d up to it, want %v", at, before, upTo, want)
		}
	}
}
