package lab

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/resp"
)

const (
	// canaryKey is never there, and may be asked for or written under a condition that never holds.
	canaryKey = "bench:canary"
	// keptKey holds a word of the lab's across a restart of Redis, and is removed after it.
	keptKey = "bench:kept"
)

// saveAndEnd has Redis write its data to its private directory and end, in one command: nothing that it has
// acknowledged is lost. Once it is started again, forget removes what it wrote.
func saveAndEnd(ctx context.Context, _ *Lab, t *trial) error {
	s, p := t.victim.store, t.victim.process()
	w, err := s.openWire(ctx, redisReady)
	if err != nil {
		return err
	}
	defer w.close()
	s.word = rand.Text()
	if _, err := w.Ask("SET", keptKey, s.word); err != nil {
		return fmt.Errorf("leave a word in redis: %w", err)
	}
	p.Expect()
	_, err = w.Ask("SHUTDOWN", "SAVE")
	var said resp.Answered
	if errors.As(err, &said) { // otherwise the answer is its end
		return fmt.Errorf("have redis save its data and end: %w%s", err, p.Tail())
	}
	select {
	case <-p.Done():
		return nil
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(redisReady):
		return fmt.Errorf("redis does not end, %v after SHUTDOWN SAVE%s", redisReady, p.Tail())
	}
}

// kept looks for the word that was left before Redis was ended, and takes it away.
func kept(ctx context.Context, t *trial) canary.Meeting {
	began := time.Now()
	s := t.victim.store
	w, err := s.openWire(ctx, healedPatience)
	if err != nil {
		return canary.Met(err, began)
	}
	defer w.close()
	word, err := w.AskText("GET", keptKey)
	if err == nil {
		_, err = w.Ask("DEL", keptKey)
	}
	m := canary.Met(err, began)
	if err == nil && word != s.word {
		m.Met = "no data"
	}
	return m
}

// forget removes the data that Redis has saved, so that its next start is an empty one.
func (s *store) forget() error {
	if s.dump == "" {
		return nil
	}
	if err := os.Remove(s.dump); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove what redis has saved: %w", err)
	}
	return nil
}
