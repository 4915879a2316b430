package history

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

const (
	// groupRows records are compressed and written at a time. Measured: 0.9 ms of
	// one core, which the load generator may be sharing, and 15 KB of footer, which
	// stays in memory until Close (1.9 MB for half a million requests).
	groupRows = 4096
	// sliceRows wake the encoder, which takes 50 µs to put them into columns: most
	// of its work is then done before the group is full.
	sliceRows = 512
)

// backlog is how many records may wait for the encoder: 34 MB of requests, 60 ms
// of its work.
const backlog = 1 << 17

// A table writes records of one kind, T, as rows R of one Parquet file of a round.
// The file has partSuffix until it is complete, for one without its footer is none.
type table[T, R any] struct {
	path string
	part *os.File
	row  func(*T) R
	fail func(error) // keeps an error of writing

	mu      sync.Mutex
	more    *sync.Cond // a slice is complete, or closing
	room    *sync.Cond // the backlog has gone down
	queue   []T
	closing bool
	broken  atomic.Bool   // an error was met: nothing more is written
	encoded chan struct{} // closed when the encoder has ended
}

const partSuffix = ".part"

func createTable[T, R any](path string, row func(*T) R, fail func(path string, err error)) (*table[T, R], error) {
	part, err := os.Create(path + partSuffix)
	if err != nil {
		return nil, err
	}
	t := &table[T, R]{path: path, part: part, row: row, encoded: make(chan struct{})}
	t.fail = func(err error) { fail(part.Name(), err) }
	t.more, t.room = sync.NewCond(&t.mu), sync.NewCond(&t.mu)
	go t.encode()
	return t, nil
}

// add queues x. wait: until there is room. False: it was closed, an error was met, or there was no room.
func (t *table[T, R]) add(x T, wait bool) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	for wait && len(t.queue) >= backlog && !t.broken.Load() && !t.closing {
		t.room.Wait()
	}
	if t.closing || t.broken.Load() || len(t.queue) >= backlog {
		return false
	}
	t.queue = append(t.queue, x)
	if len(t.queue) == sliceRows {
		t.more.Signal()
	}
	return true
}

// stop gives up: whoever waits for room is let go.
func (t *table[T, R]) stop() {
	if t == nil { // it was not created
		return
	}
	t.broken.Store(true)
	t.mu.Lock()
	defer t.mu.Unlock()
	t.room.Broadcast()
}

// encode writes what add queues until close, or until an error. Two slices take
// turns: one is filled while the other is encoded.
func (t *table[T, R]) encode() {
	defer close(t.encoded)
	out := parquet.NewGenericWriter[R](t.part,
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}),
		parquet.MaxRowsPerRowGroup(groupRows))
	rows := make([]R, 0, sliceRows)
	write := func(batch []T) error {
		for len(batch) > 0 {
			n := min(len(batch), sliceRows)
			rows = rows[:0]
			for i := range batch[:n] {
				rows = append(rows, t.row(&batch[i]))
			}
			if _, err := out.Write(rows); err != nil {
				return err
			}
			batch = batch[n:]
		}
		return nil
	}
	var batch []T
	for closing := false; !closing; {
		t.mu.Lock()
		for len(t.queue) < sliceRows && !t.closing {
			t.more.Wait()
		}
		batch, t.queue = t.queue, batch[:0]
		closing = t.closing
		t.room.Broadcast()
		t.mu.Unlock()
		if err := write(batch); err != nil {
			t.fail(err)
			return
		}
		clear(batch) // let go of its strings
	}
	if err := out.Close(); err != nil {
		t.fail(err)
	}
}

// close has the encoder end, and waits for it. again: it was closed before.
func (t *table[T, R]) close() (again bool) {
	t.mu.Lock()
	again, t.closing = t.closing, true
	t.more.Signal()
	t.room.Broadcast()
	t.mu.Unlock()
	<-t.encoded
	return again
}

// finish gives the file of a closed table its name, or takes it away where it is not good.
func (t *table[T, R]) finish(good func() bool) {
	if err := t.part.Close(); err != nil {
		t.fail(err)
	}
	if good() {
		if err := os.Rename(t.part.Name(), t.path); err != nil {
			t.fail(err)
		}
	}
	if !good() {
		os.Remove(t.part.Name()) // cannot be read; may be what fills the disk
	}
}

// holds reports whether the file of a round in dir has something in it.
func holds(dir, name string) (bool, error) {
	fi, err := os.Stat(filepath.Join(dir, name))
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return err == nil && fi.Mode().IsRegular() && fi.Size() > 0, err
}
