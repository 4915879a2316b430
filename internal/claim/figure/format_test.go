package figure_test

import (
	"math"
	"testing"

	"github.com/trektribe/bench/internal/claim/figure"
)

func TestFormat(t *testing.T) {
	for _, r := range []struct {
		x    float64
		unit string
		want string
	}{
		{0, "s", "0 s"}, {80.4e-6, "s", "80.4 µs"}, {0.00041, "s", "0.41 ms"}, {0.053, "s", "53 ms"}, {0.99996, "s", "1 s"}, {10, "s", "10 s"},
		{900, "s", "15 min"}, {-0.0004, "s", "-0.4 ms"}, {7200, "s", "2 h"},
		{0.99953, "ratio", "99.953 %"}, {1, "ratio", "100 %"}, {0, "ratio", "0 %"}, {0.834, "ratio", "83.4 %"}, {0.9999999, "ratio", "99.99999 %"}, {-0.05, "ratio", "-5 %"},
		{40000, "B", "40 KB"}, {1.5e9, "B", "1.5 GB"}, {80, "1/s", "80/s"}, {1234.5, "1/s", "1,230/s"},
		{1204, "", "1,204"}, {1234567, "", "1,234,567"}, {64.234, "", "64.2"}, {0.034, "", "0.034"}, {-0.0, "", "0"}, {2, "B/s", "2 B/s"},
		{math.Inf(1), "s", "unbounded"}, {math.NaN(), "s", "unknown"}, {1e20, "", "1e+20"},
	} {
		if got := figure.Format(r.x, r.unit); got != r.want {
			t.Errorf("Format(%v, %q) = %q, want %q", r.x, r.unit, got, r.want)
		}
	}
}
