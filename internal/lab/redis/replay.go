package redis

import (
	"context"
	"fmt"
	"time"

	"github.com/trektribe/bench/internal/fault"
)

// withLog are the settings of a redis-server that logs each write before it confirms it. The last of a name counts.
const withLog = "appendfsync always\nappendonly yes\n"

// logName is the append-only file in its private directory, and logDir, since Redis 7, the folder of its parts.
const (
	logName = "appendonly.aof"
	logDir  = "appendonlydir"
)

// logAndKill has Redis write all that it has to its append-only file, and each write from then on, and kills it.
// It is started again from that file: nothing that it has acknowledged is lost. Once it runs, forget removes the file.
func (s *Store) logAndKill(ctx context.Context, f fault.Fault) error {
	w, err := s.openWire(ctx, readyWithin)
	if err != nil {
		return err
	}
	defer w.close()
	for _, setting := range [][2]string{{"appendfsync", "always"}, {"appendonly", "yes"}} {
		if _, err := w.Ask("CONFIG", "SET", setting[0], setting[1]); err != nil {
			return fmt.Errorf("have redis log its writes: %w", err)
		}
	}
	if err := s.logged(ctx); err != nil {
		return err
	}
	if err := s.leaveWord(w); err != nil {
		return err
	}
	s.logs = true
	return s.kill(ctx, f)
}

// logged waits until all that Redis has is in its append-only file.
func (s *Store) logged(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		text, err := s.client.Info(ctx, "persistence").Result()
		if err != nil {
			return fmt.Errorf("ask redis for its log: %w", err)
		}
		if field(text, "aof_rewrite_in_progress") == "0" && field(text, "aof_rewrite_scheduled") == "0" {
			if status := field(text, "aof_last_bgrewrite_status"); status != "ok" {
				return fmt.Errorf("redis cannot write its log: %s%s", status, s.running().Tail())
			}
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("redis has no log yet: %w", ctx.Err())
		case <-time.After(5 * time.Millisecond):
		}
	}
}
