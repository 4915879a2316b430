package session_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trektribe/bench/target/redistest"
)

func TestSocketsOfOneUserAtOnceAreAllKept(t *testing.T) {
	addr := redistest.Start(t).Addr()
	a, b := hardened(t, addr, time.Hour), hardened(t, addr, time.Hour)
	ends := make(chan func(), 64)
	var wg sync.WaitGroup
	for i := range 64 {
		wg.Go(func() { ends <- []instance{a, b}[i%2].Open(t.Context(), "7", made(i)) })
	}
	wg.Wait()
	for _, in := range []instance{a, b} {
		if got := ids(t, in, "7"); len(got) != 64 {
			t.Errorf("%d sessions, want 64", len(got))
		}
	}
	for range 64 {
		wg.Go((<-ends))
	}
	wg.Wait()
	for _, in := range []instance{a, b} {
		comes(t, in, "7")
	}
}

// TestTheSessionsOfADeadInstanceEndWithItsLease cuts one off from Redis: nobody could tell that from its death.
func TestTheSessionsOfADeadInstanceEndWithItsLease(t *testing.T) {
	const lease = 600 * time.Millisecond
	m := redistest.Start(t)
	r := redistest.Before(t, m.Addr())
	a, b := hardened(t, r.Addr, lease), hardened(t, m.Addr(), lease)
	a.Open(t.Context(), "7", made(1))
	b.Open(t.Context(), "7", made(2))
	shows(t, b, "7", "s1", "s2")
	for began := time.Now(); time.Since(began) < 2*lease; { // while both live
		shows(t, b, "7", "s1", "s2")
	}
	r.Refuse()
	died := time.Now()
	comes(t, b, "7", "s2")
	if took := time.Since(died); took < lease/3 {
		t.Errorf("gone after %v: it has a lease of %v, and had renewed it within the last third", took, lease)
	}
	shows(t, a, "7", "s1") // who lives on, alone
	r.Listen()
	for _, in := range []instance{a, b} {
		comes(t, in, "7", "s1", "s2")
	}
}

func TestAnInstanceThatEndsSaysGoodbye(t *testing.T) {
	m := redistest.Start(t)
	a, b := hardened(t, m.Addr(), time.Hour), hardened(t, m.Addr(), time.Hour)
	a.Open(t.Context(), "7", made(1))
	shows(t, b, "7", "s1")
	if err := a.close(); err != nil {
		t.Error(err)
	}
	shows(t, b, "7")
	if len(m.Keys()) != 0 {
		t.Errorf("Redis holds %v", m.Keys())
	}
}

func TestARedisThatWasEmptiedLearnsTheSessionsAgain(t *testing.T) {
	m := redistest.Start(t)
	a, b := hardened(t, m.Addr(), 300*time.Millisecond), hardened(t, m.Addr(), time.Hour)
	for i := range 50 {
		a.Open(t.Context(), fmt.Sprint("u", i), made(i))
	}
	m.FlushAll()
	shows(t, a, "u7", "s7") // its own
	for i := range 50 {
		comes(t, b, fmt.Sprint("u", i), fmt.Sprint("s", i))
	}
	if a.resynced.Load() == 0 {
		t.Error("it was not reported")
	}
}

// TestARedisThatWentBackLearnsWhoHasLeft has Redis forget the last writes, an end among them.
func TestARedisThatWentBackLearnsWhoHasLeft(t *testing.T) {
	m := redistest.Start(t)
	a, b := hardened(t, m.Addr(), time.Hour), hardened(t, m.Addr(), time.Hour)
	end := a.Open(t.Context(), "7", made(1))
	var hash string
	for _, key := range m.Keys() {
		if strings.Contains(key, ":of:") {
			hash = key
		}
	}
	fields, err := m.HKeys(hash)
	if err != nil {
		t.Fatal(err)
	}
	was := map[string]string{}
	for _, f := range fields {
		was[f] = m.HGet(hash, f)
	}
	a.Open(t.Context(), "8", made(2))
	end()
	comes(t, b, "7")
	m.Del(hash)
	for f, v := range was {
		m.HSet(hash, f, v)
	}
	shows(t, b, "7", "s1")
	a.Open(t.Context(), "9", made(3))
	shows(t, b, "7")
	shows(t, b, "8", "s2")
}

func TestAnOutageEndsWithEverybodyTold(t *testing.T) {
	r := redistest.Before(t, redistest.Start(t).Addr())
	a, b := hardened(t, r.Addr, time.Hour), hardened(t, r.Addr, time.Hour)
	gone := a.Open(t.Context(), "7", made(1))
	r.Refuse()
	gone()
	a.Open(t.Context(), "7", made(2))
	b.Open(t.Context(), "7", made(3))
	shows(t, a, "7", "s2")
	shows(t, b, "7", "s3")
	r.Listen()
	for _, in := range []instance{a, b} {
		comes(t, in, "7", "s2", "s3")
		if _, source := in.Of(t.Context(), "7"); source != "redis" {
			t.Errorf("from %s", source)
		}
	}
}

// TestALostReplyDoesNoHarm loses those of announcements that were taken.
func TestALostReplyDoesNoHarm(t *testing.T) {
	m := redistest.Start(t)
	r := redistest.Before(t, m.Addr())
	a, b := hardened(t, r.Addr, time.Hour), hardened(t, m.Addr(), time.Hour)
	a.Open(t.Context(), "7", made(1))
	for i := 2; i < 6; i++ {
		r.Lose(1)
		a.Open(t.Context(), "7", made(i))
	}
	comes(t, b, "7", "s1", "s2", "s3", "s4", "s5")
	if n := a.resynced.Load(); n != 0 {
		t.Errorf("told all %d times, though nothing was lost", n)
	}
}

// TestNothingIsKeptForNobody has a user come back after the lease has ended for want of sessions.
func TestNothingIsKeptForNobody(t *testing.T) {
	m := redistest.Start(t)
	a := hardened(t, m.Addr(), 100*time.Millisecond)
	if len(m.Keys()) != 0 {
		t.Errorf("before anybody came Redis holds %v", m.Keys())
	}
	a.Open(t.Context(), "7", made(1))()
	redistest.Until(t, "end of the lease", func() bool {
		return !slices.ContainsFunc(m.Keys(), func(k string) bool { return strings.Contains(k, ":of:") })
	})
	a.Open(t.Context(), "7", made(2))
	shows(t, hardened(t, m.Addr(), time.Hour), "7", "s2")
	if n := a.resynced.Load(); n != 0 {
		t.Errorf("told all %d times, though nothing was lost", n)
	}
}

// TestALossWhoseNoticeIsLostIsNoticed has the reply lost that tells of an emptied Redis.
func TestALossWhoseNoticeIsLostIsNoticed(t *testing.T) {
	m := redistest.Start(t)
	r := redistest.Before(t, m.Addr())
	a, b := hardened(t, r.Addr, time.Hour), hardened(t, m.Addr(), time.Hour)
	a.Open(t.Context(), "7", made(1))
	m.FlushAll()
	r.Lose(1)
	a.Open(t.Context(), "8", made(2))
	comes(t, b, "8", "s2")
	shows(t, b, "7", "s1")
}
