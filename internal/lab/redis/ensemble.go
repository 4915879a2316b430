package redis

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/lab/dependency"
)

const (
	// joinWithin is how long several servers may take to find one another, and after a fault to be as they were.
	// Sentinels need 2 s to hear of each other, a server that comes back a second to be believed.
	joinWithin = 15 * time.Second
	// switchWithin is how long after a fault the servers may take to have another primary.
	switchWithin = 8 * time.Second
	// lookEvery is how often the lab asks who the primary is.
	lookEvery = 20 * time.Millisecond
)

// A formation is how several redis-servers are one Redis.
type formation struct {
	join       func(ctx context.Context, e *Ensemble) error           // starts the servers, and brings them together
	url        func(e *Ensemble) string                               // by which a client finds them
	primary    func(ctx context.Context, e *Ensemble) string          // who takes writes, by the word of most that decide it; empty: they do not agree
	whole      func(ctx context.Context, e *Ensemble) error           // nil: each server has its part, and all know it
	mechanisms func(e *Ensemble) []dependency.Mechanism               // of faults
	back       func(ctx context.Context, e *Ensemble, v *Store) error // takes a server in again that a fault was done to
}

// An Ensemble is several redis-servers that are one Redis to whoever knows how to ask. A fault is done to one of
// them, the primary. Hurt and mended by one goroutine at a time, it may be probed by others.
//
// There is no proxy before it: its clients learn the addresses of the servers from the servers.
type Ensemble struct {
	kind      *kind
	o         Options
	password  string // of all
	servers   []*Store
	sentinels []*Store // none in a cluster
	version   string

	victim atomic.Pointer[Store] // of the fault that is on
	told   atomic.Pointer[string]
	stop   context.CancelFunc
	watch  sync.WaitGroup
}

var _ Redis = (*Ensemble)(nil)

func openEnsemble(ctx context.Context, k *kind, o Options) (_ *Ensemble, err error) {
	e := &Ensemble{kind: k, o: o, password: rand.Text(), stop: func() {}}
	defer func() {
		if err != nil {
			err = errors.Join(err, e.Close(context.WithoutCancel(ctx)))
		}
	}()
	if err := k.several.join(ctx, e); err != nil {
		return nil, err
	}
	if err := e.settle(ctx); err != nil {
		return nil, err
	}
	if e.version, err = infoVersion(ctx, e.servers[0]); err != nil {
		return nil, err
	}
	e.version += fmt.Sprintf(", %d servers", len(e.servers))
	if n := len(e.sentinels); n > 0 {
		e.version += fmt.Sprintf(" and %d sentinels", n)
	}
	life, stop := context.WithCancel(context.Background())
	e.stop = stop
	e.watch.Go(func() { e.look(life) })
	return e, nil
}

// add starts one more server of a kind of process.
func (e *Ensemble) add(ctx context.Context, k *kind, name string) (*Store, error) {
	o := e.o
	o.Name += "-" + name
	o.Log = strings.TrimSuffix(o.Log, ".log") + "-" + name + ".log"
	o.Dir = filepath.Join(o.Dir, name)
	o.Password = e.password
	return openOwn(ctx, k, o)
}

// look tells whoever wants to know of each new primary, until ctx ends.
func (e *Ensemble) look(ctx context.Context) {
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for {
		if name := e.kind.several.primary(ctx, e); name != "" && ctx.Err() == nil {
			if last := e.told.Swap(&name); e.o.Primary != nil && (last == nil || *last != name) {
				e.o.Primary(name)
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}

// settle waits until all is whole.
func (e *Ensemble) settle(ctx context.Context) error {
	return until(ctx, joinWithin, func(ctx context.Context) error {
		if err := e.Died(); err != nil {
			return err
		}
		return e.kind.several.whole(ctx, e)
	})
}

// until asks again and again until there is no error, which it returns when the time is over.
func until(ctx context.Context, within time.Duration, ask func(context.Context) error) error {
	ctx, cancel := context.WithTimeout(ctx, within)
	defer cancel()
	var last error
	for {
		err := ask(ctx)
		if err == nil {
			return nil
		}
		if ctx.Err() == nil || last == nil { // and not that the time is over
			last = err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", ctx.Err(), last)
		case <-time.After(10 * time.Millisecond):
		}
	}
}

// at is the server of an address; nil: there is none.
func (e *Ensemble) at(addr string) *Store {
	if i := slices.IndexFunc(e.servers, func(s *Store) bool { return s.addr == addr }); i >= 0 {
		return e.servers[i]
	}
	return nil
}

// hurt does a fault to the primary that choose names.
func (e *Ensemble) hurt(choose func(context.Context) string, do func(ctx context.Context, s *Store, f fault.Fault) error) func(context.Context, fault.Fault) error {
	return func(ctx context.Context, f fault.Fault) error {
		s := e.at(choose(ctx))
		if s == nil {
			return errors.New("its servers do not agree on who the primary is")
		}
		e.victim.Store(s)
		return do(ctx, s, f)
	}
}

func (e *Ensemble) all() []*Store { return slices.Concat(e.servers, e.sentinels) }

func (e *Ensemble) Info() Info { return Info{Kind: e.kind.name, Version: e.version} }

// Addr is empty: a client has the servers' own addresses.
func (e *Ensemble) Addr() string { return "" }

func (e *Ensemble) Env(string) dependency.Variable {
	return dependency.Variable{Name: "REDIS_URL", Value: e.kind.several.url(e), Secret: e.password}
}

func (e *Ensemble) Mechanisms() []dependency.Mechanism { return e.kind.several.mechanisms(e) }

// asked is the server that a fault was done to, and otherwise the primary.
func (e *Ensemble) asked(ctx context.Context) *Store {
	if v := e.victim.Load(); v != nil {
		return v
	}
	return cmp.Or(e.at(e.kind.several.primary(ctx, e)), e.servers[0])
}

// Probe asks for a sign of life.
func (e *Ensemble) Probe(ctx context.Context, timeout time.Duration) canary.Meeting {
	return e.asked(ctx).Probe(ctx, timeout)
}

func (e *Ensemble) Up() error {
	var errs []error
	for _, s := range e.all() {
		errs = append(errs, s.Up())
	}
	return errors.Join(errs...)
}

// Mend has the server that a fault was done to back as one that follows the new primary, and returns when all is whole.
func (e *Ensemble) Mend(ctx context.Context) error {
	v := e.victim.Load()
	if v == nil {
		return nil
	}
	if err := e.kind.several.back(ctx, e, v); err != nil {
		return err
	}
	if err := e.settle(ctx); err != nil {
		return fmt.Errorf("bring the servers together again: %w", err)
	}
	e.victim.Store(nil)
	return nil
}

// other waits until another than v is the primary.
func (e *Ensemble) other(ctx context.Context, v *Store) (addr string, err error) {
	err = until(ctx, switchWithin, func(ctx context.Context) error {
		if addr = e.kind.several.primary(ctx, e); addr == "" || addr == v.addr {
			return fmt.Errorf("no other server than %s has become the primary", v.addr)
		}
		return nil
	})
	return addr, err
}

// Renew empties all. It waits until the connections of the last round are gone, and the replicas have nothing left.
func (e *Ensemble) Renew(ctx context.Context) error {
	if err := e.settle(ctx); err != nil {
		return fmt.Errorf("before a new round: %w", err)
	}
	for _, s := range e.servers {
		if err := s.alone(ctx); err != nil {
			return err
		}
	}
	for _, s := range e.servers {
		text, err := s.client.Info(ctx, "replication").Result()
		if err == nil && field(text, "role") == "master" {
			if err = s.client.FlushAll(ctx).Err(); err == nil {
				err = s.client.Wait(ctx, 1, callWithin).Err()
			}
		}
		if err == nil {
			err = s.client.ScriptFlush(ctx).Err()
		}
		if err != nil {
			return fmt.Errorf("flush %s: %w", s.command.Name, err)
		}
	}
	e.told.Store(nil) // a round begins with the word of who is the primary
	return nil
}

// alone waits until no client but the lab's own is connected: replicas, their primary and sentinels stay.
func (s *Store) alone(ctx context.Context) error {
	return until(ctx, lastWrites, func(ctx context.Context) error {
		list, err := s.client.Do(ctx, "CLIENT", "LIST").Text()
		if err != nil {
			return fmt.Errorf("ask %s for its clients: %w", s.command.Name, err)
		}
		n := 0
		for line := range strings.Lines(list) {
			if strings.Contains(line, " user=default ") && !strings.Contains(line, " flags=S ") && !strings.Contains(line, " flags=M ") {
				n++
			}
		}
		if n > 1 {
			return fmt.Errorf("%s has %d clients, and not the lab's alone, though every instance was stopped", s.command.Name, n)
		}
		return nil
	})
}

func (e *Ensemble) Died() error {
	var errs []error
	for _, s := range e.all() {
		errs = append(errs, s.Died())
	}
	return errors.Join(errs...)
}

func (e *Ensemble) Close(ctx context.Context) error {
	e.stop()
	var errs []error
	for _, s := range e.all() {
		errs = append(errs, s.Close(ctx))
	}
	e.watch.Wait()
	return errors.Join(errs...)
}
