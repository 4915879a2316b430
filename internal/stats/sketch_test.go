package stats_test

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/stats"
)

func TestEmptySketch(t *testing.T) {
	var s stats.Sketch
	if s.Count() != 0 || s.Min() != 0 || s.Max() != 0 || s.Mean() != 0 || s.Quantile(0.5) != 0 {
		t.Errorf("an empty sketch is not zero: %d %v %v %v %v", s.Count(), s.Min(), s.Max(), s.Mean(), s.Quantile(0.5))
	}
}

func TestSketchKeepsTheEnds(t *testing.T) {
	for _, c := range []struct {
		name           string
		in             []time.Duration
		min, max, mean time.Duration
	}{
		{"zero", []time.Duration{0}, 0, 0, 0},
		{"negative counts as zero", []time.Duration{-5, 10}, 0, 10, 5},
		{"below a microsecond", []time.Duration{3, 700, 5}, 3, 700, 236},
		{"odd nanoseconds", []time.Duration{1234567891, 1234567893}, 1234567891, 1234567893, 1234567892},
		{"above an hour", []time.Duration{time.Second, 5 * time.Hour}, time.Second, 5 * time.Hour, 2*time.Hour + 30*time.Minute + 500*time.Millisecond},
		{"the longest there is", []time.Duration{math.MaxInt64}, math.MaxInt64, math.MaxInt64, math.MaxInt64},
	} {
		t.Run(c.name, func(t *testing.T) {
			var s stats.Sketch
			for _, d := range c.in {
				s.Record(d)
			}
			if s.Count() != len(c.in) {
				t.Errorf("Count = %d, want %d", s.Count(), len(c.in))
			}
			if s.Min() != c.min || s.Quantile(0) != c.min || s.Quantile(-1) != c.min {
				t.Errorf("Min = %v, Quantile(0) = %v, want %v", s.Min(), s.Quantile(0), c.min)
			}
			if s.Max() != c.max || s.Quantile(1) != c.max || s.Quantile(2) != c.max || s.Quantile(math.NaN()) != c.max {
				t.Errorf("Max = %v, Quantile(1) = %v, want %v", s.Max(), s.Quantile(1), c.max)
			}
			if s.Mean() != c.mean {
				t.Errorf("Mean = %v, want %v", s.Mean(), c.mean)
			}
		})
	}
}

// The 99th of 100 is the 99th, not its neighbour.
func TestQuantileIsARank(t *testing.T) {
	for _, c := range []struct {
		n    int
		q    float64
		want int
	}{
		{100, 0.99, 99}, {600, 0.99, 594}, {100, 0.5, 50}, {101, 0.5, 51}, {3, 0.34, 2}, {3, 0.33, 1},
		{10, 0.01, 1}, {1000, 0.999, 999}, {1000, 0.9991, 1000}, {7, 1, 7}, {100, 0.29, 29},
	} {
		var s stats.Sketch
		for i := range c.n {
			s.Record(time.Duration(i+1) * time.Millisecond)
		}
		want := time.Duration(c.want) * time.Millisecond
		if got := s.Quantile(c.q); got.Round(500*time.Microsecond) != want && math.Abs(float64(got-want)) > 1e-3*float64(want) {
			t.Errorf("Quantile(%v) of %d = %v, want %v", c.q, c.n, got, want)
		}
	}
}

// Against the sorted values: within a thousandth or half a microsecond, and rising in q.
func TestSketchAgreesWithSorting(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	var s stats.Sketch
	var all []time.Duration
	for range 20000 {
		d := time.Duration(math.Exp(28*r.Float64())) + time.Duration(r.IntN(3))
		s.Record(d)
		all = append(all, d)
	}
	slices.Sort(all)
	last := time.Duration(0)
	for i := range 1001 {
		q := float64(i) / 1000
		want := all[max(int(math.Ceil(q*20000-1e-6)), 1)-1]
		got := s.Quantile(q)
		if math.Abs(float64(got-want)) > max(1e-3*float64(want), 512) {
			t.Errorf("Quantile(%v) = %v, want %v", q, got, want)
		}
		if got < last {
			t.Errorf("Quantile(%v) = %v, below the one before: %v", q, got, last)
		}
		last = got
	}
}

// A duration of hours must not read as one hour.
func TestQuantileAboveAnHourIsMax(t *testing.T) {
	var s stats.Sketch
	s.Record(time.Second)
	s.Record(2 * time.Hour)
	s.Record(9 * time.Hour)
	if got := s.Quantile(0.6); got != 9*time.Hour {
		t.Errorf("Quantile(0.6) = %v, want 9h", got)
	}
}

func TestMergedSketchesAreOne(t *testing.T) {
	var a, b, both, empty stats.Sketch
	for i := range 1000 {
		d := time.Duration(i*i) * time.Microsecond
		both.Record(d)
		if i%3 == 0 {
			a.Record(d)
		} else {
			b.Record(d)
		}
	}
	a.Merge(&empty)
	a.Merge(&b)
	empty.Merge(&a)
	for name, got := range map[string]*stats.Sketch{"merged": &a, "merged into an empty one": &empty} {
		if got.Count() != both.Count() || got.Min() != both.Min() || got.Max() != both.Max() || got.Mean() != both.Mean() {
			t.Errorf("%s: %d %v..%v mean %v, want %d %v..%v mean %v", name, got.Count(), got.Min(), got.Max(), got.Mean(),
				both.Count(), both.Min(), both.Max(), both.Mean())
		}
		for _, q := range []float64{0, 0.5, 0.99, 1} {
			if got, want := got.Quantile(q), both.Quantile(q); got != want {
				t.Errorf("%s: Quantile(%v) = %v, want %v", name, q, got, want)
			}
		}
	}
}

func BenchmarkSketchRecord(b *testing.B) {
	var s stats.Sketch
	b.ReportAllocs()
	for i := range b.N {
		s.Record(time.Duration(i%1000003) * 977)
	}
}
