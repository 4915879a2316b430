package picture

import (
	"math"
	"time"

	"github.com/trektribe/bench/internal/claim/source"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/stats"
)

const (
	// A column tells times apart by a 32nd of a decade, 7 %: half of what a page shows apart.
	perDecade = 32
	shortest  = 1e-5 // s; all below are in the first bin
	decades   = 9
)

// A column gathers response times in a kilobyte.
type column struct {
	n, failed int
	min, max  float64
	bins      [decades * perDecade]int32
	sources   map[string]int
}

func (c *column) add(took float64) {
	if c.n == 0 || took < c.min {
		c.min = took
	}
	c.max = max(c.max, took)
	c.n++
	c.bins[binOf(took)]++
}

func binOf(took float64) int {
	if took <= shortest {
		return 0
	}
	return min(decades*perDecade-1, int(math.Log10(took/shortest)*perDecade))
}

func (c *column) merge(o *column) {
	if c.n == 0 || o.min < c.min {
		c.min = o.min
	}
	c.max, c.n, c.failed = max(c.max, o.max), c.n+o.n, c.failed+o.failed
	for i, n := range o.bins {
		c.bins[i] += n
	}
	for s, n := range o.sources {
		c.sources[s] += n
	}
}

// median is the middle of the bin that holds it, within min..max.
func (c *column) median() float64 {
	seen := 0
	for i, n := range c.bins {
		if seen += int(n); 2*seen >= c.n {
			return min(c.max, max(c.min, shortest*math.Pow(10, (float64(i)+0.5)/perDecade)))
		}
	}
	return c.max
}

func (c *column) column(at int) Column {
	return Column{At: at, Min: short(c.min), Median: short(c.median()), Max: short(c.max), Sources: c.sources, Failed: c.failed}
}

// short is x with four significant digits.
func short(x float64) float64 {
	if x == 0 || math.IsNaN(x) || math.IsInf(x, 0) {
		return 0
	}
	scale := math.Pow(10, 3-math.Floor(math.Log10(math.Abs(x))))
	return math.Round(x*scale) / scale
}

// classes are the response times of correct answers, by class.
type classes struct{ hits, misses, fallback stats.Sketch }

func (c *classes) add(r *history.Request, faulted bool) {
	switch {
	case r.Source == "":
	case faulted && r.Source != source.Redis && r.Source != source.Cache:
		c.fallback.Record(r.Response())
	case source.Is(r.Source, source.Cache):
		c.hits.Record(r.Response())
	default:
		c.misses.Record(r.Response())
	}
}

func (c *classes) merge(o *classes) {
	c.hits.Merge(&o.hits)
	c.misses.Merge(&o.misses)
	c.fallback.Merge(&o.fallback)
}

func (c *classes) series() []Series {
	out := []Series{}
	for _, s := range []struct {
		name   string
		sketch *stats.Sketch
	}{{Hits, &c.hits}, {Misses, &c.misses}, {Fallback, &c.fallback}} {
		if s.sketch.Count() > 0 {
			out = append(out, Series{Name: s.name, N: s.sketch.Count(), Points: quantiles(s.sketch)})
		}
	}
	return out
}

// perNine are the points between two nines, such as 99 % and 99.9 %.
const perNine = 12

// quantiles go up to 99.99 %, and no further than the answers reach: beyond 1 − 1/n there is only the slowest.
func quantiles(s *stats.Sketch) (out []Quantile) {
	for i := range 4*perNine + 1 {
		q := 1 - math.Pow(10, -float64(i)/perNine)
		if i > 0 && (1-q)*float64(s.Count()) < 1-1e-9 {
			break
		}
		out = append(out, Quantile{Q: math.Round(q*1e6) / 1e6, X: short(s.Quantile(q).Seconds())})
	}
	return append(out, Quantile{Q: math.Round(min(0.9999, 1-1/float64(s.Count()))*1e6) / 1e6, X: short(last(s))})
}

// last is the greatest that the picture reaches.
func last(s *stats.Sketch) float64 {
	if s.Count() >= 10_000 {
		return s.Quantile(0.9999).Seconds()
	}
	return s.Max().Seconds()
}

// underFault reports whether a request was due while its instance was under a fault.
func underFault(faults []history.Event, r *history.Request) bool {
	var on time.Duration = -1
	for i := range faults {
		e := &faults[i]
		if e.Instance != "" && e.Instance != r.Instance || e.At > r.Intended {
			continue
		}
		if e.Kind == history.FaultOn {
			on = max(on, e.At)
		} else if e.At >= on {
			on = -1
		}
	}
	return on >= 0
}
