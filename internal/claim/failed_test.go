package claim_test

import (
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/history"
)

// A service that fails fast is not fast.
func TestAFailureIsSlowerThanAnyBound(t *testing.T) {
	c := compile(t, "p99(trips) <= 100ms", "")
	some := func(bad int) history.Slice {
		return play(trips("warm", 400, ms, "redis"), failed("warm", bad, time.Millisecond))
	}
	fine := some(0)

	got := judge(t, c, some(40), some(40), some(40))
	if got.Verdict != claim.Refuted || !strings.Contains(got.Because, "p99 that of a failed request, which is slower than any bound, in 3 of 3 rounds and 1,320 requests") {
		t.Errorf("%s because %q", got.Verdict, got.Because)
	}
	got = judge(t, c, fine, some(40), fine)
	if got.Verdict != claim.Inconclusive || !strings.Contains(got.Because, "in 1 of 3 rounds") || got.N != 0 {
		t.Errorf("%s because %q, n=%d", got.Verdict, got.Because, got.N)
	}
	if got = judge(t, c, fine, fine, fine); got.Verdict != claim.Holds {
		t.Errorf("%s because %q", got.Verdict, got.Because)
	}
	if got = judge(t, compile(t, "p99(trips[ok]) <= 100ms", ""), some(40), some(40), some(40)); got.Verdict != claim.Holds {
		t.Errorf("%s because %q", got.Verdict, got.Because)
	}
}
