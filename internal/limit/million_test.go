package limit_test

import (
	"fmt"
	"math/rand"
	"runtime"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/limit"
)

// million draws decisions of a limiter that lets leak times the limit in, with
// all headers, 128 or so of a client under way at once where there are few.
func million(n, clients, leak int, r limit.Reading) []limit.Decision {
	rnd := rand.New(rand.NewSource(1))
	names, windows := make([]string, clients), make([]count, clients)
	for i := range names {
		names[i] = fmt.Sprint("client ", i)
		windows[i].expires = -1
	}
	ds := make([]limit.Decision, n)
	for i := range ds {
		at := time.Duration(i) * 100 * time.Microsecond
		c := rnd.Intn(clients)
		w := &windows[c]
		if at >= w.expires {
			*w = count{expires: at + r.Window}
		}
		d := limit.Decision{Client: names[c], Instance: "one", Answer: limit.Refused,
			Sent: at - time.Duration(rnd.Intn(6_000_000)), Done: at + time.Duration(rnd.Intn(6_000_000))}
		if w.n < r.Limit*leak {
			w.n++
			d.Answer = limit.Allowed
		}
		d.Header = limit.Header{Has: limit.HasLimit | limit.HasRemaining | limit.HasReset | limit.HasRetryAfter, Limit: r.Limit,
			Remaining: max(0, r.Limit-w.n), Reset: w.expires, RetryAfter: w.expires - at}
		ds[i] = d
	}
	return ds
}

// The bounds are generous, for a machine that is busy otherwise: the benchmark
// has the figures. Memory is what is held at once, besides the decisions.
func TestAMillionDecisions(t *testing.T) {
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	for _, c := range []struct{ clients, leak int }{{1, 1}, {1, 2}, {1, 1000}, {200, 1}, {50_000, 1}} {
		r := limit.Reading{Kind: limit.FixedFromFirst, Limit: 100, Window: 200 * time.Millisecond}
		within(t, 20*time.Second, 300<<20, million(1_000_000, c.clients, c.leak, r), r, c.leak > 1)
	}
}

// Windows shorter than requests take, answers that are lost, and requests that
// outlast ten windows leave very many explanations. They take no longer for it.
func TestUnclearHistoriesTakeNoLonger(t *testing.T) {
	if testing.Short() {
		t.Skip("takes ten seconds")
	}
	for _, c := range []struct {
		clients, leak, lose, most int
		window, outlast           time.Duration
	}{
		{1, 1, 10, 100, 200 * time.Millisecond, 0}, {1, 2, 10, 100, 200 * time.Millisecond, 0}, {1000, 1, 10, 10, 2 * time.Second, 0},
		{1, 3, 0, 2, time.Millisecond, 0}, {1, 3, 10, 2, time.Millisecond, 0}, {1, 2, 10, 1, 10 * time.Millisecond, 0},
		{1, 2, 10, 100, 200 * time.Millisecond, 2 * time.Second}, {100, 2, 10, 5, 200 * time.Millisecond, 2 * time.Second},
	} {
		r := limit.Reading{Kind: limit.FixedFromFirst, Limit: c.most, Window: c.window}
		ds, rnd := million(200_000, c.clients, c.leak, r), rand.New(rand.NewSource(1))
		for i := range ds {
			if c.outlast > 0 && i%50 == 0 {
				ds[i].Done += time.Duration(rnd.Int63n(int64(c.outlast)))
			}
			if c.lose > 0 && rnd.Intn(c.lose) == 0 {
				ds[i].Answer = limit.Unanswered
			}
		}
		within(t, 30*time.Second, 300<<20, ds, r, c.leak > 1)
	}
}

func within(t *testing.T, most time.Duration, memory uint64, ds []limit.Decision, r limit.Reading, broken bool) {
	t.Helper()
	began := time.Now()
	var rep limit.Report
	held := watch(func() { rep = judged(t, ds, r, limit.Context{}) })
	if took := time.Since(began); took > most || held > memory {
		t.Errorf("%d decisions of %v took %s and held %d MB", len(ds), r, took, held>>20)
	}
	if got := rep.Kept.Verdict == limit.Broken; got != broken {
		t.Errorf("%d decisions of %v: kept is %s", len(ds), r, rep.Kept.Verdict)
	}
}

// watch is how much more the heap held while f ran, at most.
func watch(f func()) uint64 {
	heap := func() uint64 {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	runtime.GC()
	before, peak := heap(), uint64(0)
	done, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for tick := time.NewTicker(5 * time.Millisecond); ; {
			select {
			case <-done:
				tick.Stop()
				return
			case <-tick.C:
				peak = max(peak, heap())
			}
		}
	}()
	f()
	close(done)
	<-stopped
	return max(peak, before) - before
}

func BenchmarkAMillionDecisions(b *testing.B) {
	r := limit.Reading{Kind: limit.FixedFromFirst, Limit: 100, Window: 200 * time.Millisecond}
	for _, c := range []struct {
		name          string
		clients, leak int
	}{{"one client, right", 1, 1}, {"one client, leaking", 1, 2}, {"one client, no limit", 1, 1000}, {"many clients", 50_000, 1}} {
		b.Run(c.name, func(b *testing.B) {
			ds := million(1_000_000, c.clients, c.leak, r)
			b.ReportAllocs()
			for b.Loop() {
				if _, err := limit.Judge(ds, r, limit.Context{}); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
