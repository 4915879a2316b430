package load_test

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/traffic"
)

func intended(s load.Stream) []time.Duration {
	var all []time.Duration
	for c := range s.Places() {
		all = append(all, c.Intended)
	}
	return all
}

func TestScheduleFollowsTheRate(t *testing.T) {
	const ms = time.Millisecond
	tests := []struct {
		name     string
		from, to float64
		start    time.Duration
		window   time.Duration
		want     []time.Duration
	}{
		{"constant begins at once", 4, 4, 0, time.Second, []time.Duration{0, 250 * ms, 500 * ms, 750 * ms}},
		{"constant is placed on the clock", 2, 2, 3 * time.Second, time.Second, []time.Duration{3000 * ms, 3500 * ms}},
		{"the end is not of the window", 3, 3, 0, time.Second, []time.Duration{0, 333333333, 666666667}},
		{"one in a long time", 0.1, 0.1, 0, time.Second, []time.Duration{0}},
		// 2t²/2 = k in a window of 2 s: t = √k.
		{"ramp up from nothing", 0, 4, 0, 2 * time.Second, []time.Duration{0, 1000 * ms, 1414213562, 1732050808}},
		// 4t − t² = k: t = 2 − √(4−k). The fourth falls on the end.
		{"ramp down to nothing", 4, 0, 0, 2 * time.Second, []time.Duration{0, 267949192, 585786438, 1000 * ms}},
		// 1t + t²/2 = k: t = √(1+2k) − 1.
		{"ramp between", 1, 3, 0, 2 * time.Second, []time.Duration{0, 732050808, 1236067977, 1645751311}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := stream("http://127.0.0.1:1", 1, time.Second)
			s.From, s.To, s.Start, s.For = tt.from, tt.to, tt.start, tt.window
			if got := intended(s); !slices.Equal(got, tt.want) {
				t.Errorf("intended %v, want %v", got, tt.want)
			}
		})
	}
}

func TestScheduleDoesNotDriftInALongRun(t *testing.T) {
	s := stream("http://127.0.0.1:1", 1, time.Second)
	s.From, s.To, s.For = 7, 7, 10*time.Hour
	got := intended(s)
	if want := 7 * 36000; len(got) != want {
		t.Fatalf("%d hits, want %d", len(got), want)
	}
	for hour := range 10 {
		if at, want := got[hour*7*3600], time.Duration(hour)*time.Hour; at != want {
			t.Errorf("hour %d begins at %v, want %v", hour, at, want)
		}
	}
}

func TestPoissonScheduleHasItsRateAndItsSpread(t *testing.T) {
	tests := []struct {
		name      string
		from, to  float64
		halfShare float64 // of the hits in the first half of the window
	}{
		{"constant", 200, 200, 0.5},
		{"ramp up", 0, 400, 0.25},
		{"ramp down", 300, 100, 0.625},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := stream("http://127.0.0.1:1", 1, time.Second)
			s.From, s.To, s.For, s.Poisson = tt.from, tt.to, 100*time.Second, true
			got := intended(s)
			n := float64(len(got))
			if sd := math.Sqrt(20000); math.Abs(n-20000) > 4*sd {
				t.Errorf("%v hits, want 20000 ± %.0f", n, 4*sd)
			}
			half, _ := slices.BinarySearch(got, 50*time.Second)
			if share := float64(half) / n; math.Abs(share-tt.halfShare) > 0.015 {
				t.Errorf("%.3f of the hits in the first half, want %.3f", share, tt.halfShare)
			}
			if !slices.IsSorted(got) {
				t.Error("hits out of order")
			}
		})
	}
	s := stream("http://127.0.0.1:1", 1, time.Second)
	s.From, s.To, s.For, s.Poisson = 200, 200, 100*time.Second, true
	var sum, squares, n float64
	last := time.Duration(0)
	for _, at := range intended(s) {
		gap := (at - last).Seconds()
		sum, squares, n, last = sum+gap, squares+gap*gap, n+1, at
	}
	mean := sum / n
	if cv := math.Sqrt(squares/n-mean*mean) / mean; math.Abs(cv-1) > 0.03 {
		t.Errorf("coefficient of variation of the gaps %.3f, want 1: exponential", cv)
	}
}

func TestSameSeedGivesTheSameCalls(t *testing.T) {
	base := stream("http://127.0.0.1:1", 200, 10*time.Millisecond)
	base.Path, base.Poisson, base.Keys = "/api/trips/{id}", true, traffic.Keys{Dist: "zipf", N: 500, S: 0.9}
	base.Targets = append(base.Targets, load.Target{Instance: "2", URL: "http://127.0.0.1:2"})
	want := slices.Collect(base.Places())
	tests := []struct {
		name   string
		change func(*load.Stream)
		same   bool
	}{
		{"again", func(*load.Stream) {}, true},
		{"in another arm", func(s *load.Stream) { s.Arm = "b" }, true},
		{"with another cap", func(s *load.Stream) { s.Workers = 1 }, true},
		{"another seed", func(s *load.Stream) { s.Seed++ }, false},
		{"another stream", func(s *load.Stream) { s.Name = "trip" }, false},
		{"numbered on", func(s *load.Stream) { s.First = 200 }, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := base
			tt.change(&s)
			if got := slices.Collect(s.Places()); slices.Equal(got, want) != tt.same {
				t.Errorf("the same calls: %t, want %t", !tt.same, tt.same)
			}
		})
	}
}

func TestKeysFollowTheirDistribution(t *testing.T) {
	const n = 50_000
	tests := []struct {
		name string
		keys traffic.Keys
		want map[string]float64 // share of a key
	}{
		{"uniform", traffic.Keys{Dist: "uniform", N: 4}, map[string]float64{"1": 0.25, "2": 0.25, "3": 0.25, "4": 0.25}},
		{"one key", traffic.Keys{Dist: "uniform", N: 1}, map[string]float64{"1": 1}},
		// The weights 1, 1/2, 1/3, 1/4 sum to 25/12.
		{"zipf 1", traffic.Keys{Dist: "zipf", N: 4, S: 1}, map[string]float64{"1": 12. / 25, "2": 6. / 25, "3": 4. / 25, "4": 3. / 25}},
		{"zipf 2", traffic.Keys{Dist: "zipf", N: 2, S: 2}, map[string]float64{"1": 0.8, "2": 0.2}},
		// 1 + 1/√2.
		{"zipf below 1", traffic.Keys{Dist: "zipf", N: 2, S: 0.5}, map[string]float64{"1": 0.5858, "2": 0.4142}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			s := stream("http://127.0.0.1:1", n, time.Millisecond)
			s.Path, s.Keys = "/api/trips/{id}", tt.keys
			count := map[string]float64{}
			for c := range s.Places() {
				count[c.Key]++
			}
			for key, want := range tt.want {
				if got := count[key] / n; math.Abs(got-want) > 0.01 {
					t.Errorf("key %s drawn %.3f of the time, want %.3f", key, got, want)
				}
			}
			if len(count) != len(tt.want) {
				t.Errorf("%d keys drawn, want %d: %v", len(count), len(tt.want), count)
			}
		})
	}
}
