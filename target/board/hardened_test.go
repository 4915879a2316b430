package board_test

import (
	"errors"
	"fmt"
	"sync"
	"testing"

	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/redistest"
	"github.com/trektribe/bench/target/store"
)

func score(of string, n int64) store.Score { return store.Score{OrganizerID: of, Score: n} }

func TestABookingThatIsRepeatedCountsOnce(t *testing.T) {
	addr, db := redistest.Start(t).Addr(), newBookings()
	a, b := hardened(t, addr, db), hardened(t, addr, db)
	from(t, a, cache.FromRedis)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() { book(t, a, "a", 0, 5) })
		wg.Go(func() { book(t, b, "a", 0, 5) })
	}
	wg.Wait()
	for _, in := range []instance{a, b} {
		from(t, in, cache.FromRedis)
		shows(t, in, score("a", 5))
	}
	if err := a.Book(t.Context(), store.Booking{ID: "a 0", OrganizerID: "b"}); !errors.Is(err, store.ErrTaken) {
		t.Errorf("of another organizer: %v, want ErrTaken", err)
	}
}

func TestTheLeaderboardComesFromRedisOnceThatHasAll(t *testing.T) {
	m, db := redistest.Start(t), newBookings()
	for i := range 1200 { // as they were before this instance began
		db.Book(t.Context(), store.Booking{ID: fmt.Sprint(i), OrganizerID: fmt.Sprint("o", i)})
	}
	db.Book(t.Context(), store.Booking{ID: "again", OrganizerID: "o7"})
	in := hardened(t, m.Addr(), db)
	if len(m.Keys()) != 0 {
		t.Errorf("Redis was asked before anybody asked: it holds %v", m.Keys())
	}
	got, source, err := in.Top(t.Context())
	if err != nil || source != cache.FromDatabase || len(got) != 10 || got[0] != score("o7", 2) || got[1] != score("o999", 1) {
		t.Errorf("at first: %v from %s, %v", got, source, err)
	}
	from(t, in, cache.FromRedis)
	if again, _, _ := in.Top(t.Context()); len(again) != 10 || again[0] != got[0] || again[9] != got[9] {
		t.Errorf("then %v, want %v", again, got)
	}
	if asked := db.asked; asked > 100 {
		t.Errorf("asked the database %d times", asked)
	}
}

func TestALostReplyOfABookingCountsOnce(t *testing.T) {
	r := redistest.Before(t, redistest.Start(t).Addr())
	in := hardened(t, r.Addr, newBookings())
	book(t, in, "a", 0, 2)
	from(t, in, cache.FromRedis)
	r.Lose(1)
	book(t, in, "a", 2, 1)
	shows(t, in, score("a", 3)) // at once: from the database
	from(t, in, cache.FromRedis)
	shows(t, in, score("a", 3))
}

// TestAnOutageLosesNoBooking has two instances book before, during and after it.
func TestAnOutageLosesNoBooking(t *testing.T) {
	r, db := redistest.Before(t, redistest.Start(t).Addr()), newBookings()
	a, b := hardened(t, r.Addr, db), hardened(t, r.Addr, db)
	book(t, a, "a", 0, 3)
	book(t, b, "b", 0, 1)
	for _, in := range []instance{a, b} {
		from(t, in, cache.FromRedis)
	}
	r.Refuse()
	book(t, a, "a", 3, 3)
	book(t, b, "b", 1, 9)
	for _, in := range []instance{a, b} {
		shows(t, in, score("b", 10), score("a", 6))
	}
	r.Listen()
	book(t, a, "a", 6, 5)
	for _, in := range []instance{a, b} {
		shows(t, in, score("a", 11), score("b", 10))
		from(t, in, cache.FromRedis)
		shows(t, in, score("a", 11), score("b", 10))
	}
}

// TestARedisThatWasEmptiedIsToldAll, and nobody sees that it was empty.
func TestARedisThatWasEmptiedIsToldAll(t *testing.T) {
	m, db := redistest.Start(t), newBookings()
	a, b := hardened(t, m.Addr(), db), hardened(t, m.Addr(), db)
	book(t, a, "a", 0, 3)
	book(t, b, "b", 0, 2)
	for _, in := range []instance{a, b} {
		from(t, in, cache.FromRedis)
	}
	m.FlushAll()
	book(t, b, "c", 0, 1)
	for _, in := range []instance{a, b} {
		shows(t, in, score("a", 3), score("b", 2), score("c", 1))
		from(t, in, cache.FromRedis)
		shows(t, in, score("a", 3), score("b", 2), score("c", 1))
	}
	before := a.reconciled.Load()
	m.FlushAll() // and it notices that without being asked
	redistest.Until(t, "reconciliation", func() bool { return a.reconciled.Load() > before })
}

// TestARedisThatLostTheLastWritesIsToldAll has a score fall back to what it was.
func TestARedisThatLostTheLastWritesIsToldAll(t *testing.T) {
	m, db := redistest.Start(t), newBookings()
	in := hardened(t, m.Addr(), db)
	book(t, in, "a", 0, 1)
	from(t, in, cache.FromRedis)
	was := dump(t, m)
	book(t, in, "a", 1, 4)
	restore(t, m, was)
	shows(t, in, score("a", 5))
	from(t, in, cache.FromRedis)
	shows(t, in, score("a", 5))
}

func TestADatabaseThatFailsIsAnError(t *testing.T) {
	m, db := redistest.Start(t), newBookings()
	in := hardened(t, m.Addr(), db)
	book(t, in, "a", 0, 1)
	from(t, in, cache.FromRedis)
	db.fail(errNoDatabase)
	if err := in.Book(t.Context(), store.Booking{ID: "x", OrganizerID: "a"}); !errors.Is(err, errNoDatabase) {
		t.Errorf("a booking: %v, want the database's error", err)
	}
	shows(t, in, score("a", 1)) // from Redis
	m.SetError("LOADING")
	if _, _, err := in.Top(t.Context()); !errors.Is(err, errNoDatabase) {
		t.Errorf("without both: %v, want the database's error", err)
	}
	db.fail(nil)
	shows(t, in, score("a", 1))
	m.SetError("")
	from(t, in, cache.FromRedis)
}
