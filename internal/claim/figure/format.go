package figure

import (
	"math"
	"strconv"
	"strings"
)

// Format prints x, which is in the base unit that a Result names, in the
// unit a person would choose: "0.41 ms", "99.953 %", "80/s", "40 KB", "1,204".
// Three significant digits, for a share two of its distance from 0 or 1, so that
// 99.95 % never turns into 100 %. Counts are printed whole.
func Format(x float64, unit string) string {
	if math.IsNaN(x) {
		return "unknown"
	}
	if !Bounded(x) {
		return "unbounded"
	}
	switch unit {
	case "s":
		return scaled(x, []scale{{1e-4, 1e-6, " µs"}, {1, 1e-3, " ms"}, {120, 1, " s"}, {7200, 60, " min"}, {unbounded, 3600, " h"}}, " s")
	case "B":
		return scaled(x, []scale{{1e3, 1, " B"}, {1e6, 1e3, " KB"}, {1e9, 1e6, " MB"}, {unbounded, 1e9, " GB"}}, " B")
	case "ratio":
		return percent(x)
	case "1/s":
		return number(x) + "/s"
	case "":
		return number(x)
	}
	return number(x) + " " + unit
}

// unbounded is from where a number only says that nothing is known.
const unbounded = 1e100

// Bounded reports whether x is a figure, and no open end of an interval, or Never.
func Bounded(x float64) bool { return math.Abs(x) < unbounded }

// A scale is a unit of display: used below a size, worth so many base units.
type scale struct {
	below, worth float64
	suffix       string
}

func scaled(x float64, scales []scale, zero string) string {
	x = round3(x)
	if x == 0 {
		return "0" + zero
	}
	for _, s := range scales {
		if math.Abs(x) < s.below {
			return number(round3(x/s.worth)) + s.suffix
		}
	}
	return number(x) + zero
}

// percent shows a share in percent.
func percent(x float64) string {
	if math.Abs(x) >= 10 {
		return number(100*x) + " %"
	}
	near := 100 * min(math.Abs(x), math.Abs(1-x))
	places := 1
	if near > 0 && near < 100 && math.Abs(x) < 1 {
		places = max(1, min(6, 1-int(math.Floor(math.Log10(near)))))
	}
	return trim(strconv.FormatFloat(100*x, 'f', places, 64)) + " %"
}

// number shows whole numbers whole and others with three significant digits.
func number(x float64) string {
	if x == math.Trunc(x) && math.Abs(x) < 1e15 {
		return Grouped(strconv.FormatFloat(x, 'f', 0, 64))
	}
	x = round3(x)
	if math.Abs(x) >= 1e15 {
		return strconv.FormatFloat(x, 'g', 3, 64)
	}
	places := 0
	if x != 0 {
		places = max(0, min(12, 2-int(math.Floor(math.Log10(math.Abs(x))))))
	}
	return Grouped(trim(strconv.FormatFloat(x, 'f', places, 64)))
}

// round3 rounds to three significant digits.
func round3(x float64) float64 {
	y, err := strconv.ParseFloat(strconv.FormatFloat(x, 'e', 2, 64), 64)
	if err != nil {
		return x
	}
	return y
}

// trim drops the zeros that end a decimal fraction, and the sign of a zero.
func trim(s string) string {
	if strings.Contains(s, ".") {
		s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	}
	if s == "-0" {
		return "0"
	}
	return s
}

// Grouped puts a comma between thousands.
func Grouped(s string) string {
	s = trim(s)
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	whole, fraction, _ := strings.Cut(s, ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if fraction != "" {
		whole += "." + fraction
	}
	return sign + whole
}

// Count prints a number of things with their plural noun.
func Count(n int, noun string) string {
	if n == 1 {
		if stem, ok := strings.CutSuffix(noun, "ies"); ok {
			return "1 " + stem + "y"
		}
		return "1 " + strings.TrimSuffix(noun, "s")
	}
	return Grouped(strconv.Itoa(n)) + " " + noun
}
