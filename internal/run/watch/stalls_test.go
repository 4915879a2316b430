package watch

import (
	"context"
	"reflect"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trektribe/bench/internal/history"
)

func TestMeterStalls(t *testing.T) {
	const ms = time.Millisecond
	hiccup := func(at, until time.Duration) history.Event {
		return history.Event{Kind: history.Hiccup, At: at, Until: until, Value: (until - at).Seconds()}
	}
	tests := []struct {
		name   string
		sleeps []time.Duration // how long each sleep of 5 ms really took; the last one ends the meter
		want   []history.Event
	}{
		{"on time", []time.Duration{5 * ms, 5 * ms, 5 * ms}, nil},
		{"as late as timers are", []time.Duration{6 * ms, 24 * ms, 24999 * time.Microsecond}, nil},
		{"just a stall", []time.Duration{5 * ms, 25 * ms, 5 * ms}, []history.Event{hiccup(10*ms, 30*ms)}},
		{"two", []time.Duration{105 * ms, 5 * ms, 1005 * ms, 5 * ms}, []history.Event{hiccup(5*ms, 105*ms), hiccup(115*ms, 1115*ms)}},
		{"in a row", []time.Duration{30 * ms, 30 * ms, 5 * ms}, []history.Event{hiccup(5*ms, 30*ms), hiccup(35*ms, 60*ms)}},
		{"across the end", []time.Duration{5 * ms, 80 * ms}, []history.Event{hiccup(10*ms, 85*ms)}},
		{"ended early", []time.Duration{5 * ms, 1 * ms}, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var now time.Duration
			var got []history.Event
			n := 0
			sleep := func(d time.Duration) bool {
				if d != 5*ms {
					t.Fatalf("sleep(%v), want 5ms", d)
				}
				now += tt.sleeps[n]
				n++
				return n < len(tt.sleeps)
			}
			meterStalls(func() time.Duration { return now }, sleep, 5*ms, 20*ms, func(e history.Event) { got = append(got, e) })
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("recorded %v, want %v", got, tt.want)
			}
		})
	}
}

// The meter itself, in real use: it ends with its context, and a recorder that is slow is not a stall.
func TestStalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		clock := history.NewClock()
		// In the bubble every timer fires on time, which is late when nothing at all is tolerated.
		n := 0
		Stalls(ctx, clock, 10*time.Millisecond, 0, func(e history.Event) {
			n++
			if want := time.Duration(n) * 20 * time.Millisecond; e.Until+10*time.Millisecond != want || e.Value != 0 {
				t.Fatalf("hiccup %d: %+v, want one that ends at %v", n, e, want-10*time.Millisecond)
			}
			time.Sleep(10 * time.Millisecond)
		})
		if got := clock.Now(); got != time.Second || n < 49 {
			t.Errorf("ended at %v after %d wakings, want 1s after 49 or more", got, n)
		}
	})
}
