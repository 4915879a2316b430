package capacity

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestTheRateIsThatBeforeTwoLateWindows(t *testing.T) {
	const ms = time.Millisecond
	on, off := []time.Duration{ms, ms}, []time.Duration{ms, 11 * ms}
	for _, tt := range []struct {
		name string
		lags [][]time.Duration
		want float64
	}{
		{"all on time", [][]time.Duration{on, on, on, on}, 1000},
		{"one stall", [][]time.Duration{on, off, on, on}, 1000},
		{"late from the third on", [][]time.Duration{on, on, off, off}, 550},
		{"late at the end", [][]time.Duration{on, on, on, off}, 775},
		{"late from the first on", [][]time.Duration{off, off, off, off}, 100},
		{"too few to have any", [][]time.Duration{nil, on, nil, on}, 1000},
	} {
		if got := kept(tt.lags, 100, 1000); got != tt.want {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

func TestNoMachineSendsAMillionRequestsASecond(t *testing.T) {
	rate, err := Measure(t.Context(), 1e6)
	if err != nil || rate >= 1e6 {
		t.Errorf("%v, %v", rate, err)
	}
}

func TestMeasuringCanBeInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Measure(ctx, 100); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want canceled", err)
	}
}
