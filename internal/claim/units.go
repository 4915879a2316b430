package claim

import (
	"math"
	"strconv"
)

// dims are the exponents of a quantity's dimensions: a duration is time 1, a
// rate time −1, a size bytes 1; counts, shares and factors have none.
type dims struct{ time, bytes int }

func (d dims) times(e dims) dims { return dims{d.time + e.time, d.bytes + e.bytes} }
func (d dims) over(e dims) dims  { return dims{d.time - e.time, d.bytes - e.bytes} }

// unit is how results.json names the base unit of d.
func (d dims) unit() string {
	switch d {
	case dims{}:
		return ""
	case dims{time: 1}:
		return "s"
	case dims{time: -1}:
		return "1/s"
	case dims{bytes: 1}:
		return "B"
	case dims{time: -1, bytes: 1}:
		return "B/s"
	}
	return "s^" + strconv.Itoa(d.time) + " B^" + strconv.Itoa(d.bytes)
}

// String names d in a message.
func (d dims) String() string {
	switch d {
	case dims{}:
		return "a plain number"
	case dims{time: 1}:
		return "a duration"
	case dims{time: -1}:
		return "a rate"
	case dims{bytes: 1}:
		return "a size"
	}
	return "a quantity in " + d.unit()
}

// A literalUnit is what may stand behind a number.
type literalUnit struct {
	name  string
	scale float64 // to the base unit
	dims  dims
}

// of is x such units in the base unit. Below 1 it divides by the whole inverse,
// so that 99.9% is the number nearest to 0.999.
func (u literalUnit) of(x float64) float64 {
	if u.scale < 1 {
		return x / math.Round(1/u.scale)
	}
	return x * u.scale
}

// literalUnits are all of them. KB is 1000 bytes, KiB is 1024.
var literalUnits = []literalUnit{
	{"ns", 1e-9, dims{time: 1}},
	{"us", 1e-6, dims{time: 1}},
	{"µs", 1e-6, dims{time: 1}}, // U+00B5
	{"μs", 1e-6, dims{time: 1}}, // U+03BC
	{"ms", 1e-3, dims{time: 1}},
	{"s", 1, dims{time: 1}},
	{"m", 60, dims{time: 1}},
	{"min", 60, dims{time: 1}},
	{"h", 3600, dims{time: 1}},
	{"%", 0.01, dims{}},
	{"/s", 1, dims{time: -1}},
	{"B", 1, dims{bytes: 1}},
	{"KB", 1e3, dims{bytes: 1}},
	{"kB", 1e3, dims{bytes: 1}},
	{"MB", 1e6, dims{bytes: 1}},
	{"GB", 1e9, dims{bytes: 1}},
	{"KiB", 1 << 10, dims{bytes: 1}},
	{"MiB", 1 << 20, dims{bytes: 1}},
	{"GiB", 1 << 30, dims{bytes: 1}},
}

// unitNamed finds the unit a number was written with.
func unitNamed(name string) (literalUnit, bool) {
	for _, u := range literalUnits {
		if u.name == name {
			return u, true
		}
	}
	return literalUnit{}, false
}

func unitNames() []string {
	names := make([]string, len(literalUnits))
	for i, u := range literalUnits {
		names[i] = u.name
	}
	return names
}
