package delay_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trektribe/bench/target/delay"
)

func TestWaitsAreWithinTheirRangeAndRepeatThemselves(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := delay.Range{Min: 180 * time.Millisecond, Max: 250 * time.Millisecond}
		draw := func(seed, stream uint64) (waits []time.Duration) {
			w := delay.New(r, seed, stream)
			for range 60 {
				began := time.Now()
				if err := w.Wait(t.Context()); err != nil {
					t.Fatal(err)
				}
				waits = append(waits, time.Since(began))
			}
			return waits
		}
		first := draw(1, 1)
		if least, most := slices.Min(first), slices.Max(first); least < r.Min || most > r.Max {
			t.Errorf("waits of %v to %v, want all within %v..%v", least, most, r.Min, r.Max)
		}
		if !slices.Equal(first, draw(1, 1)) {
			t.Error("the same seed and stream give other waits")
		}
		if slices.Equal(first, draw(2, 1)) || slices.Equal(first, draw(1, 2)) {
			t.Error("another seed, or another stream, gives the same waits")
		}
	})
}

func TestAWaitEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := delay.New(delay.Range{Min: time.Hour, Max: time.Hour}, 1, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		err := w.Wait(ctx)
		if waited := time.Since(began); !errors.Is(err, context.DeadlineExceeded) || waited != time.Second {
			t.Errorf("after %v: %v, want the context's error after 1s", waited, err)
		}
	})
}
