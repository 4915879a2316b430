package redis

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"time"

	"github.com/trektribe/bench/internal/lab/process"
	"github.com/trektribe/bench/internal/loopback"
)

// openOwn starts a Redis on a port of its own.
func openOwn(ctx context.Context, k *kind, o Options) (s *Store, err error) {
	err = o.Ports.OnNewPort(func(port int, again func() bool) (taken bool, err error) {
		s = &Store{kind: k, lease: o.Lease, dir: o.Dir, addr: loopback.Addr(port), port: port, password: cmp.Or(o.Password, rand.Text())}
		if c := o.Project; c != nil {
			s.username, s.password, s.db = c.Username, c.Password, c.DB
		}
		if s.command, err = k.command(o, port, s.password); err != nil {
			return false, err
		}
		s.command.Name, s.command.Log = o.Name, o.Log
		if s.password != "" {
			s.command.Hidden = []string{s.password}
		}
		s.connect()
		if err = s.start(ctx); err == nil {
			s.version, err = k.version(ctx, s)
		}
		if err == nil {
			return false, nil
		}
		taken = s.running().PortTaken(port) && again()
		return taken, errors.Join(err, s.Close(ctx))
	})
	if err != nil {
		return nil, err
	}
	return s, nil
}

// running is its process; nil where it is somebody's.
func (s *Store) running() *process.Process {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.process
}

// start starts it, at first or again, and waits until it answers.
func (s *Store) start(ctx context.Context) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	command := s.command
	if s.logs {
		command.Stdin += withLog
	}
	if s.durable != nil {
		command.Stdin += s.durable.settings()
	}
	command.Stdin += s.role
	p, err := s.lease.Start(command, nil)
	if err != nil {
		return err
	}
	s.mu.Lock()
	s.process = p
	s.mu.Unlock()
	return s.ready(ctx)
}

// startAgain starts one that a fault has ended, where it was: the proxies know its address.
func (s *Store) startAgain(ctx context.Context) error {
	err := process.OnItsPort(ctx, s.port, func(again func() bool) (taken bool, err error) {
		err = s.start(ctx)
		return err != nil && s.running().PortTaken(s.port) && again(), err
	})
	if err != nil {
		return err
	}
	if s.durable != nil {
		return nil // it keeps what it has
	}
	return s.forget(ctx)
}

// ready waits until the child answers. The password proves that it is ours that answers.
func (s *Store) ready(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	p := s.running()
	var last error
	for wait := 2 * time.Millisecond; ; wait = min(wait*3/2, 50*time.Millisecond) {
		if last = dial(ctx, s.addr); last == nil {
			last = s.client.Ping(ctx).Err()
		}
		if last == nil {
			return nil
		}
		select {
		case <-p.Done():
			return fmt.Errorf("%s ended before it was ready (%v)%s", p.Name, p.State(), p.Tail())
		case <-ctx.Done():
			return fmt.Errorf("%s did not get ready: %w; last: %v%s", p.Name, ctx.Err(), last, p.Tail())
		case <-time.After(wait):
		}
	}
}
