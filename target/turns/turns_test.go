package turns_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/trektribe/bench/target/turns"
)

func TestWhoeverCallsDuringARunSharesTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var runs atomic.Int64
		ts := turns.New(func() error {
			time.Sleep(time.Second)
			if runs.Add(1) == 3 {
				return errors.New("no")
			}
			return nil
		}, time.Hour)
		defer ts.Close()
		began := time.Now()
		ts.Ask()
		synctest.Wait() // the first run is under way
		var wg sync.WaitGroup
		for range 50 {
			wg.Go(func() {
				if !ts.Do(time.Hour) {
					t.Error("the run failed")
				}
			})
		}
		wg.Wait()
		if took := time.Since(began); runs.Load() != 2 || took != 2*time.Second {
			t.Errorf("%d runs in %v, want 2 in 2s", runs.Load(), took)
		}
		if ts.Do(time.Hour) {
			t.Error("the run that failed ended well")
		}
		if began = time.Now(); ts.Do(time.Millisecond) || time.Since(began) != time.Millisecond {
			t.Errorf("waited %v for a run of 1s, want 1ms, in vain", time.Since(began))
		}
	})
}

func TestARunThatFailsIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		runs := 0
		ts := turns.New(func() error {
			if runs++; runs < 4 {
				return errors.New("no")
			}
			return nil
		}, time.Second)
		ts.Ask()
		time.Sleep(time.Hour)
		if ts.Close(); runs != 4 {
			t.Errorf("%d runs, want 4", runs)
		}
	})
}

func TestCloseWaitsAndLetsNobodyWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var running atomic.Bool
		ts := turns.New(func() error {
			running.Store(true)
			time.Sleep(time.Second)
			running.Store(false)
			return nil
		}, time.Second)
		ts.Ask()
		synctest.Wait()
		go ts.Do(time.Hour) // of a run that does not come about
		synctest.Wait()
		if ts.Close(); running.Load() {
			t.Error("closed while a run was under way")
		}
		ts.Ask()
		if ts.Do(time.Hour) {
			t.Error("a run after the end")
		}
	})
}
