package limit_test

import (
	"math/rand"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/limit"
)

// A truth tries every instant of decision, in whole nanoseconds.
type truth struct {
	r    limit.Reading
	ds   []limit.Decision
	at   []int64 // never: not decided
	best [2]int  // over-admissions, false rejections
}

const never = -1

// exhaust is the fewest errors of each kind that any instants leave.
func exhaust(ds []limit.Decision, r limit.Reading) (over, falsely int) {
	b := &truth{r: r, ds: ds, at: make([]int64, len(ds)), best: [2]int{1 << 30, 1 << 30}}
	b.try(0)
	return b.best[0], b.best[1]
}

const horizon = 24

func (b *truth) try(i int) {
	if i == len(b.ds) {
		b.judge()
		return
	}
	d := &b.ds[i]
	switch d.Answer {
	case limit.Refused:
		b.try(i + 1)
	case limit.Allowed:
		for t := d.Sent; t <= d.Done; t++ {
			b.at[i] = int64(t)
			b.try(i + 1)
		}
	case limit.Unanswered:
		b.at[i] = never
		b.try(i + 1)
		for t := d.Sent; t <= horizon; t++ {
			b.at[i] = int64(t)
			b.try(i + 1)
		}
	}
}

func (b *truth) judge() {
	var in []event
	for i, t := range b.at {
		if b.ds[i].Answer != limit.Refused && t != never {
			in = append(in, event{t, b.ds[i].Answer == limit.Allowed})
		}
	}
	sortEvents(in)
	over := walkKept(in, b.r)
	falsely := 0
	for _, d := range b.ds {
		if d.Answer != limit.Refused {
			continue
		}
		right := false
		for t := int64(d.Sent); t <= int64(d.Done) && !right; t++ {
			right = refusable(in, t, b.r)
		}
		if !right {
			falsely++
		}
	}
	b.best[0], b.best[1] = min(b.best[0], over), min(b.best[1], falsely)
}

// someHistory draws a short history, of few instants so that edges meet.
func someHistory(rnd *rand.Rand, open bool, length int) []limit.Decision {
	n := 2 + rnd.Intn(7)
	ds := make([]limit.Decision, 0, n)
	allowed := 0
	for range n {
		s := rnd.Intn(16)
		d := limit.Decision{Client: "a", Sent: time.Duration(s), Done: time.Duration(s + rnd.Intn(length)), Answer: limit.Allowed}
		if rnd.Intn(3) == 0 {
			d.Answer = limit.Refused
		} else if allowed++; allowed > 5 {
			d.Answer = limit.Refused
		} else if open && rnd.Intn(5) == 0 {
			d.Answer, d.Done = limit.Unanswered, 0
		}
		ds = append(ds, d)
	}
	return ds
}

func judged(t testing.TB, ds []limit.Decision, r limit.Reading, c limit.Context) limit.Report {
	t.Helper()
	rep, err := limit.Judge(ds, r, c)
	if err != nil {
		t.Fatal(err)
	}
	return rep
}

var everyKind = []limit.Kind{limit.FixedFromFirst, limit.FixedClock, limit.SlidingLog, limit.SlidingCounter, limit.GCRA}

// agrees holds what is reported against exhaustive search: never more errors,
// and as many where a reading counts in windows and all requests are answered,
// and shorter than a window.
func agrees(t testing.TB, ds []limit.Decision, r limit.Reading) (exact bool) {
	t.Helper()
	rep := judged(t, ds, r, limit.Context{})
	over, falsely := exhaust(ds, r)
	if rep.Kept.Errors > over || rep.Granted.Errors > falsely {
		t.Errorf("%v of %v: %d over, %d falsely; there need be only %d and %d", r, ds, rep.Kept.Errors, rep.Granted.Errors, over, falsely)
	}
	exact = rep.Kept.Errors == over && rep.Granted.Errors == falsely
	if determined := sequential(ds) || r.Kind <= limit.FixedClock && short(ds, r.Window); determined && !exact {
		t.Errorf("%v of %v: %d over, %d falsely; there must be %d and %d", r, ds, rep.Kept.Errors, rep.Granted.Errors, over, falsely)
	}
	return exact
}

func short(ds []limit.Decision, window time.Duration) bool {
	for _, d := range ds {
		if d.Answer == limit.Unanswered || d.Done-d.Sent >= window {
			return false
		}
	}
	return true
}

// sequential: when each request was decided is known.
func sequential(ds []limit.Decision) bool {
	for _, d := range ds {
		if d.Answer == limit.Unanswered || d.Done != d.Sent {
			return false
		}
	}
	return true
}

func someReading(rnd *rand.Rand, kind limit.Kind) limit.Reading {
	return limit.Reading{Kind: kind, Limit: 1 + rnd.Intn(3), Window: 6, Epoch: time.Duration(rnd.Intn(6)), Burst: 1 + rnd.Intn(3)}
}

func TestRandomHistoriesAgreeWithExhaustiveSearch(t *testing.T) {
	histories := 20_000
	if testing.Short() {
		histories = 5000
	}
	for _, kind := range everyKind {
		t.Run(kind.String(), func(t *testing.T) {
			t.Parallel()
			rnd := rand.New(rand.NewSource(int64(kind)))
			exact := 0
			for i := range histories / len(everyKind) {
				length := []int{1, 4, 6, 9}[i%4]
				if agrees(t, someHistory(rnd, i%20 == 0, length), someReading(rnd, kind)) {
					exact++
				}
			}
			// In windows so narrow many requests touch two windows of the clock.
			least := map[limit.Kind]float64{limit.SlidingCounter: 0.85}[kind]
			if least == 0 {
				least = 0.97
			}
			if got := float64(exact) / float64(histories/len(everyKind)); got < least {
				t.Errorf("%.1f %% of the histories are judged exactly, want %.0f %%", 100*got, 100*least)
			} else {
				t.Logf("%.2f %% exactly", 100*got)
			}
		})
	}
}

func FuzzAgainstExhaustiveSearch(f *testing.F) {
	for seed := range int64(20) {
		f.Add(seed, uint8(seed), seed%3 == 0, uint8(seed))
	}
	f.Fuzz(func(t *testing.T, seed int64, kind uint8, open bool, length uint8) {
		rnd := rand.New(rand.NewSource(seed))
		agrees(t, someHistory(rnd, open, 1+int(length%9)), someReading(rnd, everyKind[int(kind)%len(everyKind)]))
	})
}
