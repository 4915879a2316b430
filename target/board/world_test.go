package board_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/alicebob/miniredis/v2"

	"github.com/trektribe/bench/target/board"
	"github.com/trektribe/bench/target/cache"
	"github.com/trektribe/bench/target/redistest"
	"github.com/trektribe/bench/target/store"
)

// limits let a busy machine take its time: how long Redis is waited for is not the matter here.
func limits() cache.Limits {
	l := cache.DefaultLimits()
	l.Wait, l.Command, l.Probe = redistest.Timeout, redistest.Timeout, 10*time.Millisecond
	return l
}

// bookings are a database in memory, which fails while it is told to.
type bookings struct {
	mu    sync.Mutex
	byID  map[string]string
	err   error
	asked int
}

func newBookings() *bookings { return &bookings{byID: map[string]string{}} }

var errNoDatabase = errors.New("the database is away")

func (b *bookings) fail(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.err = err
}

func (b *bookings) Book(_ context.Context, k store.Booking) (score int64, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.err != nil {
		return 0, b.err
	}
	if of, ok := b.byID[k.ID]; ok && of != k.OrganizerID {
		return 0, store.ErrTaken
	}
	b.byID[k.ID] = k.OrganizerID
	for _, of := range b.byID {
		if of == k.OrganizerID {
			score++
		}
	}
	return score, nil
}

func (b *bookings) Scores(_ context.Context, most int) ([]store.Score, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked++
	if b.err != nil {
		return nil, b.err
	}
	counts := map[string]int64{}
	for _, of := range b.byID {
		counts[of]++
	}
	return ordered(counts, most), nil
}

func ordered(counts map[string]int64, most int) []store.Score {
	scores := []store.Score{}
	for of, n := range counts {
		scores = append(scores, store.Score{OrganizerID: of, Score: n})
	}
	slices.SortFunc(scores, func(a, b store.Score) int {
		if a.Score != b.Score {
			return int(b.Score - a.Score)
		}
		if a.OrganizerID < b.OrganizerID {
			return 1
		}
		return -1
	})
	if most > 0 {
		scores = scores[:min(most, len(scores))]
	}
	return scores
}

// An instance is one board, and what it reported.
type instance struct {
	board.Policy
	reconciled *atomic.Int64
}

// hardened opens a board on the Redis at addr, or without one.
func hardened(t *testing.T, addr string, b board.Bookings) instance {
	t.Helper()
	in := instance{reconciled: new(atomic.Int64)}
	var scripts cache.Scripts
	if addr != "" {
		client, err := cache.BoundedClient("redis://"+addr, limits().Command)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { client.Close() })
		scripts = client
	}
	in.Policy = board.NewHardened(scripts, b, limits(), board.Hooks{Log: slog.New(slog.DiscardHandler), Reconciled: func() { in.reconciled.Add(1) }})
	t.Cleanup(func() {
		if err := in.Close(); err != nil {
			t.Error(err)
		}
	})
	return in
}

// documented opens the document's board.
func documented(t *testing.T, addr string) board.Policy {
	t.Helper()
	if addr == "" {
		return board.NewDocumented(nil)
	}
	client, err := cache.DefaultClient("redis://" + addr)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { client.Close() })
	return board.NewDocumented(client)
}

// book books n times for of, from the booking first on, and reports what failed.
func book(t *testing.T, b board.Board, of string, first, n int) {
	t.Helper()
	for i := range n {
		if err := b.Book(t.Context(), store.Booking{ID: fmt.Sprint(of, " ", first+i), OrganizerID: of}); err != nil {
			t.Errorf("book for %s: %v", of, err)
		}
	}
}

// shows checks the leaderboard.
func shows(t *testing.T, b board.Board, want ...store.Score) {
	t.Helper()
	if got, _, err := b.Top(t.Context()); err != nil || !slices.Equal(got, want) {
		t.Errorf("shows %v, %v; want %v", got, err, want)
	}
}

// from waits until b shows the leaderboard from there.
func from(t *testing.T, b board.Board, source cache.Source) {
	t.Helper()
	redistest.Until(t, "leaderboard from "+string(source), func() bool { _, got, err := b.Top(t.Context()); return err == nil && got == source })
}

// dump and restore take the scores and the marks back to what they were.
func dump(t *testing.T, m *miniredis.Miniredis) map[string]any {
	was := map[string]any{}
	for _, key := range m.Keys() {
		if set, err := m.SortedSet(key); err == nil {
			was[key] = set
		} else if text, err := m.Get(key); err == nil {
			was[key] = text
		} else {
			t.Fatalf("what is %s?", key)
		}
	}
	return was
}

func restore(t *testing.T, m *miniredis.Miniredis, was map[string]any) {
	m.FlushAll()
	for key, v := range was {
		switch v := v.(type) {
		case string:
			if err := m.Set(key, v); err != nil {
				t.Fatal(err)
			}
		case map[string]float64:
			for member, score := range v {
				if _, err := m.ZAdd(key, score, member); err != nil {
					t.Fatal(err)
				}
			}
		}
	}
}
