package redis

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/lab/dependency"
)

// kill ends the process at once.
func (s *Store) kill(context.Context, fault.Fault) error {
	p := s.running()
	p.Expect()
	return p.Kill()
}

// pause takes the processor away from it.
func (s *Store) pause(ctx context.Context, _ fault.Fault) error { return s.running().Pause(ctx) }

// flush empties Redis. In one transaction with the look at its size, since the load
// goes on writing; on a wire of its own, as for a transaction the client may open a second connection.
func (s *Store) flush(ctx context.Context, _ fault.Fault) error {
	began := time.Now()
	w, err := s.openWire(ctx, callWithin)
	if err != nil {
		return err
	}
	defer w.close()
	for _, command := range []string{"MULTI", "FLUSHALL", "DBSIZE", "EXEC"} {
		if _, err := w.Ask(command); err != nil {
			return fmt.Errorf("%s: %w", command, err)
		}
	}
	if _, err := w.Receive(); err != nil { // of FLUSHALL
		return fmt.Errorf("FLUSHALL: %w", err)
	}
	size, err := w.Receive()
	if err != nil {
		return fmt.Errorf("DBSIZE: %w", err)
	}
	s.left = canary.Meeting{Met: empty, Wait: time.Since(began)}
	if size != ":0" {
		s.left.Met = strings.TrimPrefix(size, ":") + " keys that were left"
	}
	return nil
}

// What flush, or remove, is to leave.
const empty, removed = "empty", "removed"

// found is what was left.
func (s *Store) found() (m canary.Meeting, flaw string) {
	if s.left.Met != empty && s.left.Met != removed {
		flaw = s.left.Met + " just after"
	}
	return s.left, flaw
}

// Up is nil when it runs.
func (s *Store) Up() error {
	p := s.running()
	switch {
	case p == nil:
		return dependency.ErrNotUp
	case p.Died() != nil:
		return p.Died()
	case p.Exited(): // a fault could not be lifted
		return dependency.ErrNotUp
	}
	return nil
}

// Mend undoes whatever a fault has done to it, and returns when it answers.
func (s *Store) Mend(ctx context.Context) error {
	p := s.running()
	if p == nil {
		return dependency.ErrNotUp
	}
	if p.Expected() {
		return p.Again(func() error { return s.startAgain(ctx) }, s.running)
	}
	if err := p.Died(); err != nil {
		return err
	}
	p.Resume()
	if err := s.kind.revive(ctx, s); err != nil {
		return err
	}
	return s.ready(ctx)
}

// Probe asks Redis for a sign of life on a new connection.
func (s *Store) Probe(ctx context.Context, timeout time.Duration) canary.Meeting {
	return s.asked(ctx, timeout, "PING")
}
