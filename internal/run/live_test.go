package run

import (
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
)

func TestTheLastRequestsOfAnArmAreKept(t *testing.T) {
	l := newLive()
	const n = mostRecent + 10
	for i := range n {
		l.add(history.Request{Arm: "a", Seq: uint64(i), Done: time.Duration(i) * time.Millisecond})
	}
	l.add(history.Request{Arm: "b", Done: n * time.Millisecond})
	for _, tt := range []struct {
		since time.Duration
		want  int
	}{
		{0, mostRecent}, {(n - 11) * time.Millisecond, 10}, {(n - 1) * time.Millisecond, 0}, {time.Hour, 0},
	} {
		got := l.since("a", tt.since, nil)
		if len(got) != tt.want {
			t.Errorf("since %v: %d requests, want %d", tt.since, len(got), tt.want)
		}
		for i, r := range got {
			if want := uint64(n - 1 - i); r.Seq != want {
				t.Fatalf("since %v: request %d is %d, want %d, the latest first", tt.since, i, r.Seq, want)
			}
		}
	}
	if got := l.since("b", 0, nil); len(got) != 1 {
		t.Errorf("of b: %d requests, want 1", len(got))
	}
	if got := l.since("c", 0, nil); len(got) != 0 {
		t.Errorf("of c: %d requests, want none", len(got))
	}
}

// Requests come only about in the order in which they ended: one that is late is found behind older ones.
func TestALateRecordIsNotMissed(t *testing.T) {
	l := newLive()
	for _, done := range []time.Duration{1000, 1200, 1150, 1300} {
		l.add(history.Request{Arm: "a", Done: done * time.Millisecond})
	}
	l.add(history.Request{Arm: "a", Done: 1090 * time.Millisecond})
	if got := l.since("a", 1100*time.Millisecond, nil); len(got) != 3 {
		t.Errorf("%d requests, want the three that ended after 1.1 s", len(got))
	}
}

// BenchmarkAsk is what asking a condition costs, four times a second, of a second at 2,000 requests.
func BenchmarkAsk(b *testing.B) {
	p := limited(b, nil, "availability(all) < 50% and p99(trips) > 50ms")
	for i := range 2000 {
		p.live.add(request("a", time.Duration(i)*500*time.Microsecond, i%100 != 0))
	}
	b.ReportAllocs()
	var recent []history.Request
	for b.Loop() {
		recent = p.live.since("a", 0, recent[:0])
		p.abort.Read(recent)
	}
}

// BenchmarkTee is what each request costs more where there are conditions.
func BenchmarkTee(b *testing.B) {
	p := limited(b, nil, "availability(all) < 50%")
	sink := p.tee(func(history.Request) {})
	r := request("a", time.Second, true)
	for b.Loop() {
		sink(r)
	}
}
