package stats

import (
	"fmt"
	"math"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// The range in which a Sketch tells durations apart. Below, they differ by less
// than half a microsecond; above, only the greatest is kept.
const (
	finest  = time.Microsecond
	longest = time.Hour
	digits  = 3
)

// A Sketch holds durations in flat memory (about 190 KB from the first one on),
// 3 significant digits, 1 µs to 1 h. The zero Sketch is empty and ready. Not safe
// for concurrent use; not to be copied once used.
type Sketch struct {
	hist     *hdrhistogram.Histogram
	sum      float64 // ns
	min, max time.Duration
}

// Record adds d; a negative d counts as zero. Durations of more than an hour
// count, but all of them as an hour in Quantile, save the greatest.
func (s *Sketch) Record(d time.Duration) {
	d = max(d, 0)
	if s.hist == nil {
		s.hist = hdrhistogram.New(int64(finest), int64(longest), digits)
		s.min = d
	}
	if err := s.hist.RecordValue(int64(min(d, longest))); err != nil {
		// Every value is in range: only a broken histogram comes here, and
		// figures that silently miss a request are worse than none.
		panic(fmt.Sprintf("stats: record %v: %v", d, err))
	}
	s.min, s.max = min(s.min, d), max(s.max, d)
	s.sum += float64(d)
}

// Merge adds all that o holds, which stays as it is.
func (s *Sketch) Merge(o *Sketch) {
	if o.Count() == 0 {
		return
	}
	if s.hist == nil {
		s.hist = hdrhistogram.New(int64(finest), int64(longest), digits)
		s.min = o.min
	}
	s.hist.Merge(o.hist) // same range and digits: nothing is dropped
	s.min, s.max = min(s.min, o.min), max(s.max, o.max)
	s.sum += o.sum
}

// Quantile is the smallest recorded value that at least q (0..1) of all are not
// above: true to 3 digits (or half a microsecond), never outside Min..Max, exact
// at both ends. A q outside 0..1 counts as the nearer end, NaN as 1, so that a
// wrong q never flatters. Above one hour it is Max. Zero when empty.
func (s *Sketch) Quantile(q float64) time.Duration {
	n := s.Count()
	if n == 0 {
		return 0
	}
	// 0.99 * 600 is a hair above 594, whose ceiling is not meant to be 595.
	rank := math.Ceil(q*float64(n)*(1-1e-12) - 1e-9)
	switch {
	case !(rank < float64(n)):
		return s.max
	case rank <= 1:
		return s.min
	}
	// The histogram rounds a percentile to the nearest rank; this one is exact.
	v := time.Duration(s.hist.ValueAtPercentile(100 * rank / float64(n)))
	if v >= longest {
		return s.max
	}
	return min(max(v, s.min), s.max)
}

// Count is how many were recorded.
func (s *Sketch) Count() int {
	if s.hist == nil {
		return 0
	}
	return int(s.hist.TotalCount())
}

// Min is the least recorded, exact; zero when empty.
func (s *Sketch) Min() time.Duration { return s.min }

// Max is the greatest recorded, exact; zero when empty.
func (s *Sketch) Max() time.Duration { return s.max }

// Mean is the mean of what was recorded, true to the nanosecond up to 100 days in all; zero when empty.
func (s *Sketch) Mean() time.Duration {
	n := s.Count()
	if n == 0 {
		return 0
	}
	// Rounding must not carry it past the ends, nor past what a Duration holds.
	if mean := math.Round(s.sum / float64(n)); mean < float64(s.max) {
		return max(time.Duration(mean), s.min)
	}
	return s.max
}
