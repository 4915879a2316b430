package limit_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/trektribe/bench/target/limit"
	"github.com/trektribe/bench/target/redistest"
)

const client = "2001:db8::7"

// key is where the counts of client are.
const key = "limit:{" + client + "}"

func TestTheLimitHoldsWhoeverAsksAndHowMany(t *testing.T) {
	m := redistest.Start(t)
	a := hardened(t, m.Addr(), limit.Rule{Limit: 100, Window: time.Hour, Instances: 2})
	b := hardened(t, m.Addr(), limit.Rule{Limit: 100, Window: time.Hour, Instances: 2})
	for _, n := range []int{1, 2, 8, 32, 128} {
		name, count := "192.0.2."+strconv.Itoa(n), 0
		for asked := 0; asked < 300; asked += 2 * n {
			count += together(t, name, n, a, b)
		}
		if count != 100 {
			t.Errorf("%d at once to each instance: let %d through, want 100", n, count)
		}
	}
}

// TestTheWindowEndsForAClientThatNeverStops asks all the time.
func TestTheWindowEndsForAClientThatNeverStops(t *testing.T) {
	m := redistest.Start(t)
	rule := limit.Rule{Limit: 3, Window: 300 * time.Millisecond, Instances: 1}
	l := hardened(t, m.Addr(), rule)
	for i := range 3 {
		client := client + strconv.Itoa(i)
		began := time.Now()
		first := l.Take(t.Context(), client)
		ended := time.Now()
		if !first.Allowed || first.Remaining != 2 {
			t.Fatalf("the first of a window: %+v", first)
		}
		// The window's clock is Redis's, in whole milliseconds.
		if first.Reset.Before(began.Add(rule.Window-time.Millisecond)) || first.Reset.After(ended.Add(rule.Window)) {
			t.Errorf("the window ends %v after it began, want %v", first.Reset.Sub(began), rule.Window)
		}
		for n := 1; ; n++ {
			d := l.Take(t.Context(), client)
			now := time.Now()
			if d.Reset.Equal(first.Reset) {
				if d.Allowed != (n < 3) {
					t.Fatalf("request %d of the window: %+v", n, d)
				}
				continue
			}
			if now.Before(first.Reset) {
				t.Errorf("another window began %v before this one ended", first.Reset.Sub(now))
			}
			break
		}
	}
}

func TestRefusalsAreNotCounted(t *testing.T) {
	m := redistest.Start(t)
	l := hardened(t, m.Addr(), limit.Rule{Limit: 5, Window: time.Hour, Instances: 1})
	if n := admitted(t, l, client, 50); n != 5 {
		t.Errorf("let %d through, want 5", n)
	}
	if fields, err := m.HKeys(key); err != nil || len(fields) != 6 { // "ends" among them
		t.Errorf("Redis holds %v, %v", fields, err)
	}
}

// TestALostReplyCountsOnce loses replies of scripts that were run, of the first and of later ones.
func TestALostReplyCountsOnce(t *testing.T) {
	for _, lost := range []int{1, 2} { // the second try is answered, or is not either
		for _, after := range []int{0, 1, 4} {
			t.Run(fmt.Sprint(lost, " after ", after), func(t *testing.T) {
				m := redistest.Start(t)
				l := hardened(t, m.Addr(), limit.Rule{Limit: 5, Window: time.Hour, Instances: 1})
				n := admitted(t, l, client, after)
				l.fault.loses(lost)
				n += admitted(t, l, client, 10)
				if n != 5 {
					t.Errorf("let %d through, want 5", n)
				}
				if m.TTL(key) <= 0 {
					t.Error("the counter does not expire")
				}
			})
		}
	}
}

// TestARefusalWhoseReplyIsLostCostsNothing is one that Redis may have let through, and counted.
func TestARefusalWhoseReplyIsLostCostsNothing(t *testing.T) {
	m := redistest.Start(t)
	l := hardened(t, m.Addr(), limit.Rule{Limit: 4, Window: time.Hour, Instances: 2})
	n := admitted(t, l, client, 2) // its share
	l.fault.loses(2)
	if d := l.Take(t.Context(), client); d.Allowed || d.Tier != "memory" {
		t.Fatalf("beyond the share, without an answer: %+v", d)
	}
	redistest.Until(t, "correction", func() bool { fields, _ := m.HKeys(key); return len(fields) == 3 })
	if n += admitted(t, l, client, 5); n != 4 {
		t.Errorf("let %d through, want 4", n)
	}
}

func TestARedisThatWasEmptiedLearnsTheCountsAgain(t *testing.T) {
	m := redistest.Start(t)
	rule := limit.Rule{Limit: 10, Window: time.Hour, Instances: 2}
	a, b := hardened(t, m.Addr(), rule), hardened(t, m.Addr(), rule)
	n := admitted(t, a, client, 4) + admitted(t, b, client, 3)
	reset := a.Take(t.Context(), client).Reset
	n++
	m.FlushAll() // scripts too
	if d := b.Take(t.Context(), client); !d.Allowed || d.Remaining != 6 || !d.Reset.Equal(reset) {
		t.Errorf("after the loss: %+v, want four counted, and the window that was open until %v", d, reset)
	}
	n++
	if n += admitted(t, a, client, 5); n != 10 {
		t.Errorf("let %d through, want 10", n)
	}
	if d := b.Take(t.Context(), client); d.Allowed {
		t.Errorf("over the limit: %+v", d)
	}
}

// TestAnOutageIsBounded has a client ask two instances before, during and after it.
func TestAnOutageIsBounded(t *testing.T) {
	r := redistest.Before(t, redistest.Start(t).Addr())
	rule := limit.Rule{Limit: 20, Window: time.Hour, Instances: 2}
	a, b := hardened(t, r.Addr, rule), hardened(t, r.Addr, rule)
	if n := admitted(t, a, client, 6); n != 6 {
		t.Fatalf("let %d through, want 6", n)
	}
	r.Refuse()
	if n := admitted(t, a, client, 30); n != 4 { // its share is 10
		t.Errorf("the instance that had let 6 through let %d more, want 4", n)
	}
	if n := admitted(t, b, client, 30); n != 10 {
		t.Errorf("the other let %d through, want its share of 10", n)
	}
	if n := admitted(t, b, "192.0.2.9", 1); n != 1 {
		t.Error("a client that did not ask before was refused")
	}
	r.Listen()
	for _, l := range []instance{a, b} { // one of them is back first, and does not know yet what the other has let through
		redistest.Until(t, "use of Redis", func() bool { return l.Take(t.Context(), "192.0.2.1").Tier == "redis" })
	}
	if d := a.Take(t.Context(), client); d.Allowed {
		t.Errorf("after the outage, with all of the limit spent: %+v", d)
	}
	if d := a.Take(t.Context(), "192.0.2.9"); !d.Allowed || d.Remaining != 18 {
		t.Errorf("the other client, known to one instance: %+v, want its request counted", d)
	}
	if a, b := a.carried.Load(), b.carried.Load(); a < 4 || b < 11 { // and those of 192.0.2.1
		t.Errorf("carried over %d and %d, want 4 and 11 at least", a, b)
	}
}

// TestWithoutRedisTheWindowEndsToo counts in memory only.
func TestWithoutRedisTheWindowEndsToo(t *testing.T) {
	rule := limit.Rule{Limit: 4, Window: 50 * time.Millisecond, Instances: 2}
	l := hardened(t, "", rule)
	began := time.Now()
	first := l.Take(t.Context(), client)
	redistest.Until(t, "next window", func() bool {
		d := l.Take(t.Context(), client)
		return d.Allowed && !d.Reset.Equal(first.Reset)
	})
	if took := time.Since(began); took < rule.Window-time.Millisecond {
		t.Errorf("the next window began after %v", took)
	}
	if n := together(t, "192.0.2.1", 50, l); n != 2 {
		t.Errorf("let %d through, want its share of 2", n)
	}
}
