package run

import (
	"reflect"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/scenarios"
)

func phases() timeline {
	return timeline{start: 10 * time.Second, phases: []scenarios.Phase{
		{Name: "warm", For: 1 * time.Second},
		{Name: "fault", For: 2 * time.Second, Faults: []fault.Fault{{Kind: "refused", On: "redis"}, {Kind: "latency", On: "mongo"}}},
		{Name: "after", For: 3 * time.Second},
	}}
}

func TestAnInstantFallsInThePhaseThatHoldsItsBeginning(t *testing.T) {
	for _, tt := range []struct {
		at   time.Duration
		want string
	}{
		{0, "warm"}, {10 * time.Second, "warm"}, {11*time.Second - 1, "warm"}, {11 * time.Second, "fault"},
		{13*time.Second - 1, "fault"}, {13 * time.Second, "after"}, {16 * time.Second, "after"}, {time.Hour, "after"},
	} {
		if got := phases().phase(tt.at); got != tt.want {
			t.Errorf("phase(%v) = %s, want %s", tt.at, got, tt.want)
		}
	}
}

func TestWindowsJoinNeighboursAndSkipGaps(t *testing.T) {
	s := time.Second
	for _, tt := range []struct {
		names []string
		want  []window
	}{
		{nil, []window{{10 * s, 16 * s}}},
		{[]string{"warm", "fault"}, []window{{10 * s, 13 * s}}},
		{[]string{"warm", "after"}, []window{{10 * s, 11 * s}, {13 * s, 16 * s}}},
		{[]string{"elsewhere"}, nil},
	} {
		if got := phases().windows(tt.names); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("windows(%v) = %v, want %v", tt.names, got, tt.want)
		}
	}
}

func TestAPhaseSaysWhatItHurts(t *testing.T) {
	if got, want := hurts(phases().phases[1]), "refused on redis, latency on mongo"; got != want {
		t.Errorf("hurts = %q, want %q", got, want)
	}
	if got := hurts(phases().phases[0]); got != "" {
		t.Errorf("hurts of a phase without faults = %q, want nothing", got)
	}
}

// A phase that begins with a fault begins when that is switched on: what was asked before was not hurt.
func TestAPhaseBeginsWithItsFault(t *testing.T) {
	s := time.Second
	plan := phases()
	plan.late = &lateness{began: map[int]time.Duration{}}
	plan.phases[2].Faults = []fault.Fault{{Kind: "refused", On: "redis", From: s}} // and one that comes later is no reason to wait
	for _, step := range []struct {
		began time.Duration // 0: not yet
		want  map[time.Duration]string
	}{
		{0, map[time.Duration]string{11*s - 1: "warm", 11 * s: "warm", 12 * s: "warm", 13 * s: "after"}},
		{11*s + 40, map[time.Duration]string{11*s - 1: "warm", 11*s + 39: "warm", 11*s + 40: "fault", 13*s - 1: "fault", 13 * s: "after"}},
		{11*s + 50, map[time.Duration]string{11*s + 49: "warm", 11*s + 50: "fault"}}, // the last of its faults
		{11*s + 10, map[time.Duration]string{11*s + 49: "warm", 11*s + 50: "fault"}},
	} {
		if step.began > 0 {
			plan.begun(1, step.began)
		}
		for at, want := range step.want {
			if got := plan.phase(at); got != want {
				t.Errorf("after a begin at %v: phase(%v) = %s, want %s", step.began, at, got, want)
			}
		}
	}
	plan.phases[1].Faults[0].Start, plan.phases[1].Faults[1].Start = true, true // on since before the instances started
	plan.late.began = map[int]time.Duration{}
	if got := plan.phase(11 * s); got != "fault" {
		t.Errorf("with a fault from the start: phase(11s) = %s, want fault", got)
	}
}
