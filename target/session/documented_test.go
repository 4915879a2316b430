package session_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/trektribe/bench/target/redistest"
)

// The document's flaws are what the harness is to find: they must not be mended by accident.

func TestDocumentedKeepsNoLease(t *testing.T) {
	m := redistest.Start(t)
	documented(t, m.Addr()).Open(t.Context(), "7", made(1)) // and that instance is never heard of again
	m.FastForward(1000 * time.Hour)
	shows(t, documented(t, m.Addr()), "7", "s1")
}

func TestDocumentedOverwritesWhatHappensAtOnce(t *testing.T) {
	addr := redistest.Start(t).Addr()
	s := documented(t, addr)
	for n := 0; ; n++ { // most of them at the same time read the same list
		user := fmt.Sprint("u", n)
		var wg sync.WaitGroup
		for i := range 32 {
			wg.Go(func() { s.Open(t.Context(), user, made(i)) })
		}
		wg.Wait()
		if len(ids(t, s, user)) < 32 {
			return
		}
		if n == 20 {
			t.Fatal("32 sockets at a time were all kept, 20 times")
		}
	}
}

func TestDocumentedForgetsASocketThatEndedTooSoon(t *testing.T) {
	s := documented(t, redistest.Start(t).Addr())
	ctx, end := context.WithCancel(t.Context())
	end() // while its session was being stored
	s.Open(ctx, "7", made(1))()
	shows(t, s, "7", "s1")
}

func TestDocumentedSplitsInAnOutage(t *testing.T) {
	m := redistest.Start(t)
	s := documented(t, m.Addr())
	end := s.Open(t.Context(), "7", made(1))
	m.SetError("LOADING")
	shows(t, s, "7")
	s.Open(t.Context(), "7", made(2))
	shows(t, s, "7", "s2")
	end()
	m.SetError("")
	shows(t, s, "7", "s1") // which has ended, and without the one that has not
}
