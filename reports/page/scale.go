package page

import (
	"math"
	"strconv"
	"strings"

	"github.com/trektribe/bench/internal/claim/figure"
)

// A scale places numbers between 0 and 1.
type scale struct {
	lo, hi float64 // lo < hi; where log, above 0
	log    bool
}

// scaleOf reaches over all of xs, with some room at both ends. Numbers that spread over more than a decade, none of
// them at or below 0, have a logarithmic one.
func scaleOf(xs []float64, mayLog bool) scale {
	s := scale{math.Inf(1), math.Inf(-1), mayLog}
	for _, x := range xs {
		if figure.Bounded(x) {
			s.lo, s.hi = min(s.lo, x), max(s.hi, x)
		}
	}
	if s.lo > s.hi {
		return scale{0, 1, false}
	}
	if s.log = s.log && s.lo > 0 && s.hi/s.lo > 12; s.log {
		room := math.Pow(s.hi/s.lo, 0.06)
		return scale{s.lo / room, s.hi * room, true}
	}
	room := (s.hi - s.lo) * 0.08
	if room == 0 {
		room = max(math.Abs(s.hi)*0.2, 1)
	}
	low := s.lo - room
	if s.lo >= 0 {
		low = max(0, low)
	}
	if low == 0 && s.lo == 0 {
		low = -room / 2 // a mark at 0 is not cut in half
	}
	return scale{low, s.hi + room, false}
}

// logScale reaches over lo..hi in steps of 1 and 3.
func logScale(lo, hi float64) scale {
	lo = max(lo, 1e-6)
	return scale{lo / 1.3, max(hi, lo*10) * 1.5, true}
}

// at is where x stands; outside 0..1 where x is outside the scale.
func (s scale) at(x float64) float64 {
	if s.log {
		if x <= 0 {
			return 0
		}
		return math.Log(x/s.lo) / math.Log(s.hi/s.lo)
	}
	return (x - s.lo) / (s.hi - s.lo)
}

// in is at, held within the scale.
func (s scale) in(x float64) float64 { return min(max(s.at(x), 0), 1) }

// ticks are round numbers within the scale, at most some n of them.
func (s scale) ticks(n int) (out []float64) {
	if s.log {
		for _, steps := range [][]float64{{1, 2, 5}, {1, 3}, {1}} {
			if out = s.decades(steps, 1); len(out) <= n {
				return out
			}
		}
		for every := 2; len(out) > n; every++ {
			out = s.decades([]float64{1}, every)
		}
		return out
	}
	step := math.Pow(10, math.Floor(math.Log10((s.hi-s.lo)/float64(n))))
	for _, m := range []float64{1, 2, 5, 10} {
		if (s.hi-s.lo)/(m*step) <= float64(n) {
			step *= m
			break
		}
	}
	for i := math.Ceil(s.lo/step - 1e-9); i*step <= s.hi*(1+1e-12); i++ {
		out = append(out, math.Round(i)*step)
	}
	return out
}

func (s scale) decades(steps []float64, every int) (out []float64) {
	for d := int(math.Floor(math.Log10(s.lo))); d <= int(math.Ceil(math.Log10(s.hi))); d++ {
		for _, m := range steps {
			if x := m * math.Pow(10, float64(d)); d%every == 0 && x >= s.lo && x <= s.hi {
				out = append(out, x)
			}
		}
	}
	return out
}

// A bound is what a comparison is held to, as numbers.
type bound struct {
	op     string // <= < >= > == in
	lo, hi float64
}

// boundOf reads "<= 6ms" or "in 200ms..270ms"; false: it has no fixed numbers.
func boundOf(text string) (b bound, ok bool) {
	op, rest, found := strings.Cut(strings.TrimSpace(text), " ")
	if !found {
		return b, false
	}
	b.op = op
	low, high, ranged := strings.Cut(rest, "..")
	if b.lo, ok = quantity(low); !ok || ranged != (op == "in") {
		return b, false
	}
	if b.hi = b.lo; ranged {
		b.hi, ok = quantity(high)
	}
	return b, ok
}

// quantity reads "6ms" in the base unit.
func quantity(s string) (float64, bool) {
	s = strings.TrimSpace(s)
	i := strings.LastIndexAny(s, "0123456789") + 1
	x, err := strconv.ParseFloat(strings.ReplaceAll(s[:i], ",", ""), 64)
	if err != nil {
		return 0, false
	}
	name := strings.TrimSpace(s[i:])
	if name == "" {
		return x, true
	}
	u, ok := figure.UnitNamed(name)
	return u.Of(x), ok
}

// promisedFrom and promisedTo are the ends of what is promised; infinite where it is open.
func (b bound) promisedFrom() float64 {
	if b.op == "<=" || b.op == "<" {
		return math.Inf(-1)
	}
	return b.lo
}

func (b bound) promisedTo() float64 {
	if b.op == ">=" || b.op == ">" {
		return math.Inf(1)
	}
	return b.hi
}

// ends are its numbers, each once.
func (b bound) ends() []float64 {
	if b.lo == b.hi {
		return []float64{b.lo}
	}
	return []float64{b.lo, b.hi}
}

// num prints a coordinate shortly.
func num(x float64) string {
	if math.IsNaN(x) || math.IsInf(x, 0) {
		return "0"
	}
	return strconv.FormatFloat(math.Round(x*10)/10, 'f', -1, 64)
}

// percent prints a share of the width.
func percent(share float64) string {
	return strconv.FormatFloat(math.Round(share*1000)/10+0, 'f', -1, 64) + "%"
}
