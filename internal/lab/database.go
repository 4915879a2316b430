package lab

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"

	"github.com/trektribe/bench/internal/canary"
)

// databaseFile is the SQLite file of the contract, in an arm's database directory.
const databaseFile = "trips.db"

// A database is the SQLite file of an arm, as the lab can lock it away from the service.
type database struct {
	arm    *arm
	locked *lock // nil: it is not; under the lab's applying
}

// path is the present file; empty before the first Fresh.
func (d *database) path() string {
	if d.arm.database == "" {
		return ""
	}
	return d.arm.sqlite()
}

// there is an error when there is no file to lock.
func (d *database) there() error {
	path := d.path()
	if path == "" {
		return errNotUp
	}
	_, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no SQLite file at %s: the service was given this path as SQLITE_PATH and keeps its data elsewhere, "+
			"where the lab cannot lock it; have the service use SQLITE_PATH, or leave this fault out", path)
	}
	return err
}

// lockDatabase locks the service's database: whoever asks it waits as long as its own busy timeout says.
func lockDatabase(ctx context.Context, _ *Lab, t *trial) error {
	d := t.victim.base
	l, err := lockFile(ctx, d.path())
	if err != nil {
		return err
	}
	d.locked = l
	return nil
}

// unlock gives the database back. That it is not locked is no error.
func (d *database) unlock() error {
	if d.locked == nil {
		return nil
	}
	if err := d.locked.release(); err != nil {
		return fmt.Errorf("unlock the database of %s: %w", d.arm.Name, err)
	}
	d.locked = nil
	return nil
}

// probe looks, without a lock of its own, whether SQLite would be let in: "reply" as soon as it would, and "locked"
// if neither a connection that is open nor a new one would, because of the lab or until patience has passed.
func (d *database) probe(ctx context.Context, patience time.Duration) canary.Meeting {
	began := time.Now()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	for {
		open, fresh, ours, err := shut(d.path())
		m := canary.Meeting{Met: "reply", Wait: time.Since(began)}
		switch {
		case err != nil:
			m.Met, m.Detail = "error", err.Error()
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

// The layout of SQLite's locks (sqlite.org/src/file/src/os.h and walformat.html). They have been where
// they are since version 3.7.0, as files are shared between versions.
const (
	pendingByte  = 0x40000000 // of the database file: who waits for it keeps new readers out
	reservedByte = pendingByte + 1
	sharedFirst  = pendingByte + 2 // read-locked by every connection; in WAL mode for as long as it is open
	sharedSize   = 510

	headerSize = 48               // of the -shm file, which begins with two copies of a header; unequal, it is not used
	spoilt     = 2*headerSize - 1 // a byte of the second
	walWrite   = 120              // write-locked by the one writer
	walBusy    = 3                // from there: write, checkpoint, recover
	walOpen    = 128              // read-locked by every process that has the -shm file open
	walModeAt  = 18               // of the database file: 2 in WAL mode
)

// isWAL reports whether the database file is in WAL mode.
func isWAL(f io.ReaderAt) (bool, error) {
	var mode [1]byte
	_, err := f.ReadAt(mode[:], walModeAt)
	if errors.Is(err, io.EOF) { // an empty database is in no mode yet
		return false, nil
	}
	return mode[0] == 2, err
}

// whole reports whether the header of a -shm file may be used: its copies are equal, and made.
func whole(f io.ReaderAt) (bool, error) {
	var h [2 * headerSize]byte
	_, err := f.ReadAt(h[:], 0)
	if errors.Is(err, io.EOF) {
		return false, nil
	}
	return string(h[:headerSize]) == string(h[headerSize:]) && h[12] != 0, err
}
