package sqlite

import (
	"errors"
	"io"
)

// The layout of SQLite's locks (sqlite.org/src/file/src/os.h and walformat.html). They have been where
// they are since version 3.7.0, as files are shared between versions.
const (
	pendingByte  = 0x40000000 // of the database file: a connection that waits for it keeps new readers out
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
