package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// lockWithin is how long the service may hold its database so that the lab does not get it: a
// transaction of the reference target takes a few milliseconds.
const lockWithin = 5 * time.Second

// A lock keeps every connection, open or new, of any process out of an SQLite database, without a change to what
// it holds. Its locks belong to open files (F_OFD_SETLK), not to this process: they are in the way of
// those of SQLite, are not lost when some other file of the same name is closed here, and end with the process.
type lock struct {
	main  *os.File
	index *os.File // -shm; nil where it need not be locked
	byte0 byte     // what spoilt held; of index
	spoil bool     // it was changed
}

// lockFile takes the locks. It waits for readers and writers that are at work, and keeps new ones out meanwhile.
//
// Without WAL, and in WAL mode while nobody has the file open, this is SQLite's EXCLUSIVE lock. Otherwise each
// connection keeps a read lock, and readers ask for no other while the header of the -shm file is whole. So we act
// like a process that recovers the database after a crash: we hold its locks, and make the two copies of the header
// differ. Readers then find the database busy, and wait as their busy timeout says. Nobody else writes the header
// meanwhile, since that needs the same locks, so release puts it back as it was. If we are killed before, the next
// reader recovers the database from its log, as SQLite does after any crash of a writer.
func lockFile(ctx context.Context, path string) (_ *lock, err error) {
	ctx, cancel := context.WithTimeoutCause(ctx, lockWithin, fmt.Errorf("a connection of the service has held it for %v (a long transaction, or PRAGMA locking_mode=EXCLUSIVE)", lockWithin))
	defer cancel()
	main, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, err
	}
	l := &lock{main: main}
	defer func() {
		if err != nil {
			err = errors.Join(err, l.release())
		}
	}()
	// SQLite's order: first no other writer, then no new reader, then no reader.
	for _, at := range []int64{reservedByte, pendingByte} {
		if err := await(ctx, func() (bool, error) { return try(main, unix.F_WRLCK, at, 1) }); err != nil {
			return nil, fmt.Errorf("lock %s: %w", path, err)
		}
	}
	wal, err := isWAL(main)
	if err != nil {
		return nil, err
	}
	err = await(ctx, func() (bool, error) {
		got, err := try(main, unix.F_WRLCK, sharedFirst, sharedSize)
		if got || err != nil || !wal {
			return got, err
		}
		index, err := os.OpenFile(path+"-shm", os.O_RDWR, 0)
		if errors.Is(err, os.ErrNotExist) { // it is being opened, or closed
			return false, nil
		}
		l.index = index
		return err == nil, err
	})
	if err == nil && l.index != nil {
		err = l.takeIndex(ctx)
	}
	if err != nil {
		return nil, fmt.Errorf("lock %s: %w", path, err)
	}
	return l, nil
}

// takeIndex locks the -shm file and spoils its header.
func (l *lock) takeIndex(ctx context.Context) error {
	for _, step := range []struct {
		f        *os.File
		kind     int16
		from, to int64
	}{
		{l.main, unix.F_RDLCK, sharedFirst, sharedFirst + sharedSize}, // or the last that closes would take the log away
		{l.index, unix.F_RDLCK, walOpen, walOpen + 1},                 // or the next that opens would make it anew
		{l.index, unix.F_WRLCK, walWrite, walWrite + 1},
		{l.index, unix.F_WRLCK, walWrite + 1, walWrite + walBusy},
	} {
		if err := await(ctx, func() (bool, error) { return try(step.f, step.kind, step.from, step.to-step.from) }); err != nil {
			return err
		}
	}
	ok, err := whole(l.index)
	if err != nil || !ok { // it must be recovered first, and a connection that would do that waits for us
		return err
	}
	var b [1]byte
	if _, err := l.index.ReadAt(b[:], spoilt); err != nil {
		return err
	}
	l.byte0, l.spoil = b[0], true
	_, err = l.index.WriteAt([]byte{^b[0]}, spoilt)
	return err
}

// release gives everything back as it was. After an error it may be tried again.
func (l *lock) release() error {
	if l.spoil {
		if _, err := l.index.WriteAt([]byte{l.byte0}, spoilt); err != nil {
			return err
		}
		l.spoil = false
	}
	var errs []error
	for _, f := range []**os.File{&l.index, &l.main} {
		if *f != nil {
			// Not by closing alone: a child that is being started may hold a copy for a moment.
			_, err := try(*f, unix.F_UNLCK, 0, 0)
			errs = append(errs, err, (*f).Close())
			*f = nil
		}
	}
	return errors.Join(errs...)
}

// shut reports whether SQLite would find the database locked: through a connection that is open, and through a new
// one. ours: by locks that belong to an open file, which SQLite has none of.
func shut(path string) (open, fresh, ours bool, err error) {
	main, err := os.Open(path)
	if err != nil {
		return false, false, false, err
	}
	defer main.Close()
	if fresh, ours, err = taken(main, unix.F_RDLCK, pendingByte, 1); err != nil {
		return false, false, false, err
	}
	if open, _, err = taken(main, unix.F_RDLCK, sharedFirst, sharedSize); open || err != nil {
		return open, fresh, ours, err
	}
	if wal, err := isWAL(main); !wal || err != nil {
		return false, fresh, ours, err
	}
	index, err := os.Open(path + "-shm")
	if errors.Is(err, os.ErrNotExist) { // nobody has it open
		return fresh, fresh, ours, nil
	}
	if err != nil {
		return false, false, false, err
	}
	defer index.Close()
	if ok, err := whole(index); ok || err != nil {
		return false, fresh, ours, err
	}
	open, _, err = taken(index, unix.F_WRLCK, walWrite, walBusy)
	return open, fresh, ours, err
}

// await takes a step until it works; ctx's cause otherwise.
func await(ctx context.Context, step func() (bool, error)) error {
	for {
		if ok, err := step(); ok || err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-time.After(200 * time.Microsecond):
		}
	}
}

// try changes the lock on size bytes of f (0: to its end), if nobody is in the way.
func try(f *os.File, kind int16, from, size int64) (bool, error) {
	err := unix.FcntlFlock(f.Fd(), unix.F_OFD_SETLK, &unix.Flock_t{Type: kind, Whence: io.SeekStart, Start: from, Len: size})
	if errors.Is(err, unix.EAGAIN) || errors.Is(err, unix.EACCES) || errors.Is(err, unix.EINTR) {
		return false, nil
	}
	return err == nil, err
}

// taken reports whether somebody has a lock that is in the way of such a one; ours: it belongs to an open file, and not to a process.
func taken(f *os.File, kind int16, from, size int64) (is, ours bool, err error) {
	q := unix.Flock_t{Type: kind, Whence: io.SeekStart, Start: from, Len: size}
	err = unix.FcntlFlock(f.Fd(), unix.F_OFD_GETLK, &q)
	is = err == nil && q.Type != unix.F_UNLCK
	return is, is && q.Pid == -1, err
}

// canLock is an error where no database can be locked.
func canLock() error { return nil }
