package scenarios

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/strictyaml"
)

const (
	// longest is the longest round, and so the longest phase or fault.
	longest = 24 * time.Hour
	// fastest is more than a generator can send on one machine; it catches a wrong unit.
	fastest = 100_000.0 // requests per second
)

var number = regexp.MustCompile(`^[0-9]+(\.[0-9]+)?$`)

// size is the dimension of bytes.
var size = figure.Dims{Bytes: 1}

// unitNames are the names of figure's units of one kind.
func unitNames(dims figure.Dims) []string {
	var names []string
	for _, u := range figure.Units() {
		if u.Dims == dims {
			names = append(names, u.Name)
		}
	}
	return names
}

// split parts a quantity's number from its unit.
func split(s string) (num, unit string) {
	unit = strings.TrimLeft(s, "0123456789.")
	return strings.TrimSuffix(s, unit), unit
}

// parseDuration reads "2s", "180ms", "1m30s"; never negative.
func parseDuration(s string) (time.Duration, error) {
	if strings.HasPrefix(s, "-") {
		return 0, fmt.Errorf("%s is negative", near.Quote(s))
	}
	if number.MatchString(s) && strings.Trim(s, "0.") != "" {
		return 0, fmt.Errorf("%s has no unit (did you mean %ss?)", near.Quote(s), s)
	}
	num, unit := split(s)
	if u, known := figure.UnitNamed(unit); known && u.Dims == figure.Seconds && number.MatchString(num) {
		if n, err := strconv.ParseFloat(num, 64); err == nil && u.Of(n) < math.MaxInt64/1e9 {
			return time.Duration(math.Round(u.Of(n) * 1e9)), nil
		}
	}
	if d, err := time.ParseDuration(s); err == nil {
		return d, nil // of several units, as 1m30s
	}
	if unit != s && unit != "" && len(unit) <= 8 {
		return 0, fmt.Errorf("%s: bad unit %s%s", near.Quote(s), near.Quote(unit), near.Hint(unit, unitNames(figure.Seconds)))
	}
	return 0, fmt.Errorf("%s: want a number and a unit, such as 180ms or 2s", near.Quote(s))
}

// duration is a field's length of time; ok: the field is there, without a mistake. missing: what
// the field is for; empty: the field is optional.
func duration(t strictyaml.Table, key, missing string) (d time.Duration, ok bool) {
	v, there := t.Get(key)
	if !there {
		t.Missing(key, missing)
		return 0, false
	}
	s, isScalar := v.Scalar()
	if !isScalar {
		v.WrongType(key + " is a duration, such as 180ms or 2s")
		return 0, false
	}
	d, err := parseDuration(s)
	if err != nil {
		v.Wrong("%s: %v", key, err)
		return 0, false
	}
	return d, true
}

// parseRate reads "400/s", "30/min" and ramps "100/s..400/s", in requests per second.
func parseRate(s string) (from, to float64, err error) {
	a, b, ramp := strings.Cut(s, "..")
	if from, err = oneRate(a); err != nil {
		return 0, 0, err
	}
	if !ramp {
		return from, from, nil
	}
	to, err = oneRate(b)
	return from, to, err
}

func oneRate(s string) (float64, error) {
	const want = "want a number per second or minute, such as 400/s or 30/min, or a ramp, such as 100/s..400/s"
	num, unit, _ := strings.Cut(s, "/")
	if strings.HasPrefix(num, "-") && number.MatchString(num[1:]) {
		return 0, fmt.Errorf("%s is negative: a rate is above zero", near.Quote(s))
	}
	if !number.MatchString(num) {
		return 0, fmt.Errorf("%s: %s", near.Quote(s), want)
	}
	n, err := strconv.ParseFloat(num, 64)
	if err != nil {
		return 0, fmt.Errorf("%s: %s", near.Quote(s), want)
	}
	u, _ := figure.UnitNamed(unit)
	switch known := []string{"s", "min"}; {
	case unit == "":
		return 0, fmt.Errorf("%s has no unit: %s", near.Quote(s), want)
	case !slices.Contains(known, unit):
		return 0, fmt.Errorf("%s: bad unit %s%s", near.Quote(s), near.Quote(unit), near.Hint(unit, known))
	}
	n /= u.Scale
	if n <= 0 {
		return 0, fmt.Errorf("%s: a rate is above zero", near.Quote(s))
	}
	if n > fastest {
		return 0, fmt.Errorf("%s is above %.0f/s, more than one machine can send", near.Quote(s), fastest)
	}
	return n, nil
}

// mostAmount catches a wrong unit.
const mostAmount = 1_000_000_000

// parseBytes reads "512B", "20KB" and "1.5MiB". Above zero.
func parseBytes(s string) (int64, error) {
	const want = "want a number and a unit, such as 512B, 20KB or 1MB"
	num, unit := split(s)
	n, err := strconv.ParseFloat(num, 64)
	u, known := figure.UnitNamed(unit)
	switch {
	case !number.MatchString(num) || err != nil:
		return 0, fmt.Errorf("%s: %s", near.Quote(s), want)
	case unit == "":
		return 0, fmt.Errorf("%s has no unit: %s", near.Quote(s), want)
	case !known || u.Dims != size:
		return 0, fmt.Errorf("%s: bad unit %s%s", near.Quote(s), near.Quote(unit), near.Hint(unit, unitNames(size)))
	}
	n = u.Of(n)
	whole := math.Round(n)
	switch {
	case math.Abs(n-whole) > 1e-6 || whole < 1: // 1.001KB is not quite 1001 in binary
		return 0, fmt.Errorf("%s: want a whole number of bytes above zero", near.Quote(s))
	case whole > mostAmount:
		return 0, fmt.Errorf("%s is above %s: check the unit", near.Quote(s), bytesText(mostAmount))
	}
	return int64(whole), nil
}

// bytesText is n in the unit in which it reads best; 1KB is 1000B.
func bytesText(n int64) string {
	names := []string{"B", "KB", "MB", "GB"}
	unit, scale := 0, int64(1)
	for unit < len(names)-1 && n >= 1000*scale {
		unit, scale = unit+1, scale*1000
	}
	return strconv.FormatFloat(float64(n)/float64(scale), 'f', -1, 64) + names[unit]
}
