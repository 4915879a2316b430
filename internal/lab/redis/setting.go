package redis

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/resp"
)

// A hold is what a fault has changed in a Redis that runs on. Its wires were open before the
// change: a new one may not be let in until it is undone.
type hold struct {
	back *wire    // undoes it
	undo []string // how
	old  *wire    // asked during the fault, as a client that was there before
}

// setting is a fault that consists of another value of one of Redis' settings.
func (s *Store) setting(name, value string) func(context.Context, fault.Fault) error {
	return func(ctx context.Context, _ fault.Fault) error { return s.set(ctx, name, value) }
}

// lockOut gives Redis a password that nobody knows. Clients that have given the old one stay in.
func (s *Store) lockOut(ctx context.Context, _ fault.Fault) error {
	return s.set(ctx, "requirepass", rand.Text())
}

// rotate gives Redis another password and ends every connection that was let in by the old one, but those of the hold.
func (s *Store) rotate(ctx context.Context, f fault.Fault) error {
	if err := s.lockOut(ctx, f); err != nil {
		return err
	}
	for _, of := range []string{"normal", "pubsub"} {
		if _, err := s.held().back.Ask("CLIENT", "KILL", "TYPE", of, "SKIPME", "yes"); err != nil {
			return fmt.Errorf("end redis' %s connections: %w", of, err)
		}
	}
	return nil
}

// follow makes Redis a replica that reads and does not write. Nobody can ever listen on port 0, so
// no data comes that would replace its own.
func (s *Store) follow(ctx context.Context, _ fault.Fault) error {
	h, err := s.takeHold(ctx)
	if err != nil {
		return err
	}
	h.undo = []string{"REPLICAOF", "NO", "ONE"}
	if _, err := h.back.Ask("REPLICAOF", "127.0.0.1", "0"); err != nil {
		return fmt.Errorf("make redis a replica: %w", err)
	}
	return nil
}

// set changes one of Redis' settings until revive.
func (s *Store) set(ctx context.Context, name, value string) error {
	h, err := s.takeHold(ctx)
	if err != nil {
		return err
	}
	was, err := h.back.setting(name)
	if err != nil {
		return fmt.Errorf("read redis' setting %s: %w", name, err)
	}
	h.undo = []string{"CONFIG", "SET", name, was}
	if _, err := h.back.Ask("CONFIG", "SET", name, value); err != nil {
		return fmt.Errorf("change redis' setting %s: %w", name, err)
	}
	return nil
}

// takeHold opens the wires of a hold, which last until it is let go.
func (s *Store) takeHold(ctx context.Context) (*hold, error) {
	h := &hold{}
	for _, w := range []**wire{&h.back, &h.old} {
		var err error
		if *w, err = s.openWire(ctx, callWithin); err != nil {
			h.close()
			return nil, err
		}
		(*w).keep()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.hold = h
	return h, nil
}

// held is what a fault has changed; nil: nothing.
func (s *Store) held() *hold {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.hold
}

// letGo undoes what a fault has changed, if any. After an error it is still changed.
func (s *Store) letGo(ctx context.Context) error {
	h := s.held()
	if h == nil {
		return nil
	}
	if err := h.putBack(ctx); err != nil {
		return fmt.Errorf("put redis back (%s): %w", strings.Join(h.undo[:min(3, len(h.undo))], " "), err) // the fourth may be the password
	}
	s.drop()
	return nil
}

// drop closes a hold's wires.
func (s *Store) drop() {
	s.mu.Lock()
	h := s.hold
	s.hold = nil
	s.mu.Unlock()
	if h != nil {
		h.close()
	}
}

func (h *hold) close() {
	for _, w := range []*wire{h.back, h.old} {
		if w != nil {
			w.close()
		}
	}
}

// putBack undoes the change. A script that has just been told to end may still be at it.
func (h *hold) putBack(ctx context.Context) error {
	if len(h.undo) == 0 { // nothing was changed yet
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		h.back.Within(callWithin)
		_, err := h.back.Ask(h.undo...)
		var said resp.Answered
		if err == nil || !errors.As(err, &said) || !strings.HasPrefix(string(said), "BUSY") {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Millisecond):
		}
	}
}

// goesOn asks the wire that was open before the fault for a read.
func (s *Store) goesOn(timeout time.Duration) canary.Meeting {
	h := s.held()
	if h == nil { // it has just been put back
		return canary.Meeting{Met: "error", Detail: "nothing is held"}
	}
	began := time.Now()
	h.old.Within(timeout)
	_, err := h.old.Ask("EXISTS", canaryKey)
	return canary.Met(err, began)
}
