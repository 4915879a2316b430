package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/resp"
)

const (
	// canaryKey is never there, and may be asked for or written under a condition that never holds.
	canaryKey = "bench:canary"
	// keptKey holds a word of the lab's across a restart of Redis, and is removed after it.
	keptKey = "bench:kept"
	// keptWithin is how long Redis may take to say whether it is there, on a busy machine.
	keptWithin = time.Second
)

// saveAndEnd has Redis write its data to its private directory and end, in one command: nothing that it has
// acknowledged is lost. Once it is started again, forget removes what it wrote.
func (s *Store) saveAndEnd(ctx context.Context, _ fault.Fault) error {
	p := s.running()
	w, err := s.openWire(ctx, readyWithin)
	if err != nil {
		return err
	}
	defer w.close()
	if err := s.leaveWord(w); err != nil {
		return err
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
	case <-time.After(readyWithin):
		return fmt.Errorf("redis does not end, %v after SHUTDOWN SAVE%s", readyWithin, p.Tail())
	}
}

func (s *Store) leaveWord(w *wire) error {
	s.word = rand.Text()
	if _, err := w.Ask("SET", keptKey, s.word); err != nil {
		return fmt.Errorf("leave a word in redis: %w", err)
	}
	return nil
}

// kept looks for the word that was left before Redis was ended, and takes it away.
func (s *Store) kept(ctx context.Context) canary.Meeting {
	began := time.Now()
	w, err := s.openWire(ctx, keptWithin)
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
func (s *Store) forget(ctx context.Context) error {
	if s.logs {
		if err := s.client.ConfigSet(ctx, "appendonly", "no").Err(); err != nil {
			return fmt.Errorf("have redis log no longer: %w", err)
		}
		s.logs = false
	}
	var errs []error
	for _, name := range []string{dumpName, logName, logDir} {
		errs = append(errs, os.RemoveAll(filepath.Join(s.dir, name)))
	}
	if err := errors.Join(errs...); err != nil {
		return fmt.Errorf("remove what redis has saved: %w", err)
	}
	return nil
}
