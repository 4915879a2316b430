package history

import (
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress/zstd"
)

const (
	// groupRows requests are compressed and written at a time. Measured: 0.9 ms of
	// one core, which the load generator may be sharing, and 15 KB of footer, which
	// stays in memory until Close (1.9 MB for half a million requests).
	groupRows = 4096
	// sliceRows wake the encoder, which takes 50 µs to put them into columns: most
	// of its work is then done before the group is full.
	sliceRows = 512
)

// encode writes what Request queues until Close, or until an error. Two slices
// take turns: one is filled while the other is encoded.
func (w *Writer) encode() {
	defer close(w.encoded)
	out := parquet.NewGenericWriter[row](w.part,
		parquet.Compression(&zstd.Codec{Level: zstd.SpeedFastest}),
		parquet.MaxRowsPerRowGroup(groupRows))
	rows := make([]row, 0, sliceRows)
	write := func(batch []Request) error {
		for len(batch) > 0 {
			n := min(len(batch), sliceRows)
			rows = rows[:0]
			for i := range batch[:n] {
				rows = append(rows, rowOf(&batch[i]))
			}
			if _, err := out.Write(rows); err != nil {
				return err
			}
			batch = batch[n:]
		}
		return nil
	}
	var batch []Request
	for closing := false; !closing; {
		w.mu.Lock()
		for len(w.queue) < sliceRows && !w.closing {
			w.more.Wait()
		}
		batch, w.queue = w.queue, batch[:0]
		closing = w.closing
		w.room.Broadcast()
		w.mu.Unlock()
		if err := write(batch); err != nil {
			w.fail(w.part.Name(), err)
			return
		}
		clear(batch) // let go of its strings
	}
	if err := out.Close(); err != nil {
		w.fail(w.part.Name(), err)
	}
}
