package redis

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/lab/disk"
)

// durableDir is the folder in the private directory in which a Redis keeps its append-only file for a segment.
const durableDir = "durable"

// A durable is where and how a redis-server logs its writes since a segment began.
type durable struct {
	dir   string
	fsync string     // its setting appendfsync
	disk  *disk.Disk // mounted on dir; nil: the machine's own
}

func (d *durable) settings() string {
	return fmt.Sprintf("dir %q\nappendfsync %s\nappendonly yes\n", d.dir, d.fsync)
}

// persist starts Redis again with an append-only file, for powerlost on a disk that forgets.
func (s *Store) persist(ctx context.Context, f fault.Fault) error {
	if s.durable != nil {
		return errors.New("one segment has one of crashed and powerlost: begin another with restart: true")
	}
	d := &durable{dir: filepath.Join(s.dir, durableDir), fsync: f.Fsync}
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return err
	}
	if f.Kind == "powerlost" {
		var err error
		if d.disk, err = disk.Mount(d.dir); err != nil {
			return err
		}
	}
	s.durable = d
	return s.startOver(ctx)
}

// persistNoMore starts it again without.
func (s *Store) persistNoMore(ctx context.Context) error {
	if s.durable == nil {
		return nil
	}
	d := s.durable
	s.durable = nil
	if err := s.kill(ctx, fault.Fault{}); err != nil {
		return err
	}
	return errors.Join(d.end(), s.Mend(ctx))
}

// end gives its place back. Nobody uses it any more.
func (d *durable) end() error {
	if d == nil {
		return nil
	}
	if d.disk != nil {
		if err := d.disk.Close(); err != nil {
			return err
		}
	}
	return os.RemoveAll(d.dir)
}

// startOver ends it and starts it again.
func (s *Store) startOver(ctx context.Context) error {
	if err := s.kill(ctx, fault.Fault{}); err != nil {
		return err
	}
	return s.Mend(ctx)
}

// crash kills it, and has its disk lose what was not synced.
func (s *Store) crash(ctx context.Context, f fault.Fault) error {
	if err := s.kill(ctx, f); err != nil {
		return err
	}
	if s.durable != nil && s.durable.disk != nil {
		s.durable.disk.Forget()
	}
	return nil
}

const (
	// writeEvery is the pause between two writes of the lab's own, and writeWithin how long one may take.
	writeEvery  = 10 * time.Millisecond
	writeWithin = time.Second
	writtenKey  = "bench:written:"
)

// Keeps is how it is to keep what it acknowledges since the segment began: when it syncs its append-only file, one of
// fault.Fsyncs, or "volume"; empty: it need not.
func (s *Store) Keeps() string {
	switch {
	case s.volume:
		return "volume"
	case s.durable != nil:
		return s.durable.fsync
	}
	return ""
}

// Writes writes one key after the other until ctx ends, and tells of each that Redis has acknowledged; then it tells which of
// these are missing. What was not acknowledged may be there or not. Its error: who is missing cannot be said.
func (s *Store) Writes(ctx context.Context, written func(n int, sent time.Time), missing func(n int)) error {
	var acknowledged []int
	var w *wire
	drop := func() {
		if w != nil {
			w.close()
			w = nil
		}
	}
	tick := time.NewTicker(writeEvery)
	for n := 1; ctx.Err() == nil; n++ {
		if w == nil {
			w, _ = s.openWire(ctx, callWithin) // it may be away
		}
		if w != nil {
			sent := time.Now()
			w.Within(writeWithin)
			if _, err := w.Ask("SET", writtenKey+strconv.Itoa(n), "x"); err != nil {
				drop()
			} else {
				acknowledged = append(acknowledged, n)
				written(n, sent)
			}
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
	tick.Stop()
	drop()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), readyWithin)
	defer cancel()
	w, err := s.openWire(ctx, readyWithin)
	if err != nil {
		return fmt.Errorf("look for what was written to redis: %w", err)
	}
	defer w.close()
	for _, n := range acknowledged {
		found, err := w.Ask("EXISTS", writtenKey+strconv.Itoa(n))
		if err != nil {
			return fmt.Errorf("look for what was written to redis: %w", err)
		}
		if found == ":0" {
			missing(n)
		}
	}
	return nil
}
