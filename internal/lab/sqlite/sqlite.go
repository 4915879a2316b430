// Package sqlite is the SQLite database of the contract, as the lab makes it
// anew and locks it away from the service. A directory goes in; out come files,
// a lock on them, and whether SQLite would be let in. It never changes what a
// database holds, and never asks SQLite.
package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/lab/dependency"
)

// fileName is the SQLite file of the contract, in the present directory.
const fileName = "trips.db"

// A Database is the SQLite file of one arm. It is for one goroutine at a time, but for Probe.
type Database struct {
	arm    string
	root   string // of its directories
	n      int    // how many it has had
	dir    string // the present one; empty before the first Renew
	locked *lock  // nil: it is not
}

var _ dependency.Dependency = (*Database)(nil)

// New is an arm's, with its directories below root. There is none before Renew.
func New(arm, root string) *Database { return &Database{arm: arm, root: root} }

// Kinds lists the kinds of faults that can be done to one.
func Kinds() []string { return dependency.Kinds(new(Database).Mechanisms()) }

// Can is an error where a service with that environment has no SQLite database that could be locked.
func Can(env map[string]string) error {
	if err := canLock(); err != nil {
		return err
	}
	if env["MONGODB_URI"] != "" {
		return errors.New("faults on database lock the SQLite file of an arm, and MONGODB_URI has the service use another database: take it out of the environment")
	}
	return nil
}

// Renew gives the arm a new directory for its database, and removes the one of before.
func (d *Database) Renew(context.Context) error {
	if d.dir != "" {
		if err := os.RemoveAll(d.dir); err != nil {
			return fmt.Errorf("remove the database of %s: %w", d.arm, err)
		}
	}
	d.n++
	d.dir = filepath.Join(d.root, fmt.Sprintf("db-%d", d.n))
	if err := os.MkdirAll(d.dir, 0o700); err != nil {
		return fmt.Errorf("make the database directory of %s: %w", d.arm, err)
	}
	return nil
}

// Addr is empty: it is a file.
func (d *Database) Addr() string { return "" }

// Env is the path of the present file.
func (d *Database) Env(string) dependency.Variable {
	return dependency.Variable{Name: "SQLITE_PATH", Value: d.path()}
}

func (d *Database) path() string { return filepath.Join(d.dir, fileName) }

// Died is nil: a file does not.
func (d *Database) Died() error { return nil }

// Close unlocks it.
func (d *Database) Close(ctx context.Context) error { return d.Mend(ctx) }

// Mechanisms are how it can be hurt.
func (d *Database) Mechanisms() []dependency.Mechanism {
	return []dependency.Mechanism{{Kind: "locked", Hurt: d.lock}}
}

// Up is an error when there is no file to lock.
func (d *Database) Up() error {
	if d.dir == "" {
		return dependency.ErrNotUp
	}
	_, err := os.Stat(d.path())
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no SQLite file at %s: the service was given this path as SQLITE_PATH and keeps its data elsewhere, "+
			"where the lab cannot lock it; have the service use SQLITE_PATH, or leave this fault out", d.path())
	}
	return err
}

// lock locks the service's database. A query waits as long as the busy timeout of its connection says.
func (d *Database) lock(ctx context.Context, _ fault.Fault) error {
	l, err := lockFile(ctx, d.path())
	if err != nil {
		return err
	}
	d.locked = l
	return nil
}

// Mend gives the database back. That it is not locked is no error.
func (d *Database) Mend(context.Context) error {
	if d.locked == nil {
		return nil
	}
	if err := d.locked.release(); err != nil {
		return fmt.Errorf("unlock the database of %s: %w", d.arm, err)
	}
	d.locked = nil
	return nil
}

// Probe looks, without a lock of its own, whether SQLite would be let in: "reply" as soon as it would, and "locked"
// if neither a connection that is open nor a new one would, because of the lab or until timeout has passed.
func (d *Database) Probe(ctx context.Context, timeout time.Duration) canary.Meeting {
	began := time.Now()
	deadline := time.NewTimer(timeout)
	defer deadline.Stop()
	for {
		open, fresh, ours, err := shut(d.path())
		m := canary.Meeting{Met: "reply", Wait: time.Since(began)}
		switch {
		case err != nil:
			m.Met, m.Detail = "error", err.Error()
			return m
		case open && fresh && ours:
			m.Met = "locked"
			return m
		case open && fresh:
			m.Met = "locked"
		case open || fresh:
			m.Met, m.Detail = "error", "only one of open and new connections is locked out"
		default:
			return m
		}
		select {
		case <-deadline.C:
			return m
		case <-ctx.Done():
			return m
		case <-time.After(5 * time.Millisecond): // SQLite itself holds some of these locks for a moment
		}
	}
}
