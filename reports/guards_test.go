package reports

import "testing"

func TestGuardsSayEachReasonOnce(t *testing.T) {
	for _, c := range []struct {
		warnings []string
		want     string
	}{
		{nil, "every round counts"},
		{[]string{"round 4 set aside: the machine stalled for 104 ms"}, "round 4 set aside: the machine stalled for 104 ms"},
		{[]string{"round 1 set aside: the machine stalled for 115 ms", "round 4 set aside: the machine stalled for 1.02 s", "round 4 set aside: the machine stalled for 98 ms"},
			"rounds 1, 4 set aside: the machine stalled for 98 ms to 1.02 s"},
		{[]string{"round 1 set aside: the generator sent late: p99 12.5 ms, more than 10 ms", "another", "round 2 set aside: the generator sent late: p99 18 ms, more than 10 ms"},
			"rounds 1, 2 set aside: the generator sent late: p99 12.5 ms to 18 ms, more than 10 ms; another"},
	} {
		if got := guards(c.warnings); got != c.want {
			t.Errorf("guards(%q) = %q, want %q", c.warnings, got, c.want)
		}
	}
}
