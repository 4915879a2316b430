package figure

import (
	"math"
	"strconv"
	"strings"
)

// Dims are the exponents of a quantity's dimensions: a duration has Time 1, a
// rate Time −1, a size Bytes 1. Counts, shares and factors have none.
type Dims struct{ Time, Bytes int }

// Seconds and PerSecond are the dimensions of durations and of rates.
var (
	Seconds   = Dims{Time: 1}
	PerSecond = Dims{Time: -1}
)

// Times and Over are the dimensions of a product and of a quotient.
func (d Dims) Times(e Dims) Dims { return Dims{d.Time + e.Time, d.Bytes + e.Bytes} }
func (d Dims) Over(e Dims) Dims  { return Dims{d.Time - e.Time, d.Bytes - e.Bytes} }

// Unit is how results.json names the base unit of d.
func (d Dims) Unit() string {
	switch d {
	case Dims{}:
		return ""
	case Dims{Time: 1}:
		return "s"
	case Dims{Time: -1}:
		return "1/s"
	case Dims{Bytes: 1}:
		return "B"
	case Dims{Time: -1, Bytes: 1}:
		return "B/s"
	}
	return "s^" + strconv.Itoa(d.Time) + " B^" + strconv.Itoa(d.Bytes)
}

// DimsOfMetric are the dimensions of a metric, by the unit that its name ends in:
// Prometheus' rules for names.
func DimsOfMetric(name string) Dims {
	if strings.HasSuffix(name, "_bytes") {
		return Dims{Bytes: 1}
	}
	return Dims{}
}

// String names d in a message.
func (d Dims) String() string {
	switch d {
	case Dims{}:
		return "a plain number"
	case Dims{Time: 1}:
		return "a duration"
	case Dims{Time: -1}:
		return "a rate"
	case Dims{Bytes: 1}:
		return "a size"
	}
	return "a quantity in " + d.Unit()
}

// A Unit is what may stand behind a number, as ms in 6ms.
type Unit struct {
	Name  string
	Scale float64 // one of it, in the base unit
	Dims  Dims
}

// Of converts x of the unit to the base unit. Where Scale is below 1 it divides
// by the whole inverse: 99.9% is then the number nearest to 0.999.
func (u Unit) Of(x float64) float64 {
	if u.Scale < 1 {
		return x / math.Round(1/u.Scale)
	}
	return x * u.Scale
}

// Units lists every unit. KB is 1000 bytes, KiB is 1024.
func Units() []Unit {
	return []Unit{
		{"ns", 1e-9, Seconds},
		{"us", 1e-6, Seconds},
		{"µs", 1e-6, Seconds}, // U+00B5
		{"μs", 1e-6, Seconds}, // U+03BC
		{"ms", 1e-3, Seconds},
		{"s", 1, Seconds},
		{"m", 60, Seconds},
		{"min", 60, Seconds},
		{"h", 3600, Seconds},
		{"%", 0.01, Dims{}},
		{"/s", 1, PerSecond},
		{"B", 1, Dims{Bytes: 1}},
		{"KB", 1e3, Dims{Bytes: 1}},
		{"kB", 1e3, Dims{Bytes: 1}},
		{"MB", 1e6, Dims{Bytes: 1}},
		{"GB", 1e9, Dims{Bytes: 1}},
		{"KiB", 1 << 10, Dims{Bytes: 1}},
		{"MiB", 1 << 20, Dims{Bytes: 1}},
		{"GiB", 1 << 30, Dims{Bytes: 1}},
	}
}

// UnitNamed finds the unit a number was written with.
func UnitNamed(name string) (Unit, bool) {
	for _, u := range Units() {
		if u.Name == name {
			return u, true
		}
	}
	return Unit{}, false
}

// UnitNames lists the names of all units.
func UnitNames() []string {
	var names []string
	for _, u := range Units() {
		names = append(names, u.Name)
	}
	return names
}
