package near_test

import (
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/near"
)

func TestTheNearestWordIsFoundIfItIsASlipAway(t *testing.T) {
	words := []string{"trips", "redis-outage", "redis-blackhole", "p50", "p95", "run"}
	for _, tt := range []struct{ word, want string }{
		{"trips", "trips"},
		{"TRIPS", "trips"},
		{"trpis", "trips"}, // swapped neighbours are one edit
		{"trip", "trips"},
		{"redis-outtage", "redis-outage"},
		{"redis-blakchole", "redis-blackhole"},
		{"p51", "p50"},
		{"rum", "run"},
		{"", ""},
		{"leaderboard", ""},
		{strings.Repeat("x", 1000), ""},
	} {
		if got := near.Word(tt.word, words); got != tt.want {
			t.Errorf("Word(%q) = %q, want %q", tt.word, got, tt.want)
		}
	}
	if got := near.Word("run", nil); got != "" {
		t.Errorf("Word among none = %q, want none", got)
	}
}
