package history

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"iter"
	"os"
	"path/filepath"

	"github.com/parquet-go/parquet-go"
)

// batchRows requests are decoded at a time.
const batchRows = 512

// openTable reads the footer of a file and checks that its columns are those of R.
func openTable[R any](file *os.File) (t *parquet.File, err error) {
	fi, err := file.Stat()
	if err != nil {
		return nil, err
	}
	err = guard(func() (err error) {
		t, err = parquet.OpenFile(file, fi.Size(), parquet.SkipBloomFilters(true), parquet.SkipPageIndex(true))
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("not a whole parquet file: %w", err)
	}
	return t, sameSchema(t.Schema(), parquet.SchemaOf(*new(R)))
}

// openCommands opens the commands, once. A round of an older version, or one that was cut off, has none.
func (r *Round) openCommands() (*parquet.File, error) {
	r.opening.Do(func() {
		file, err := os.Open(filepath.Join(r.dir, commandsName))
		if errors.Is(err, fs.ErrNotExist) {
			return
		}
		if err == nil {
			r.mu.Lock()
			r.commands = file
			r.mu.Unlock()
			r.wire, err = openTable[commandRow](file)
		}
		if err != nil {
			r.unopened = fmt.Errorf("%s: %w", filepath.Join(r.dir, commandsName), err)
		}
	})
	return r.wire, r.unopened
}

// readCommands yields every saved command, or the error that ends them.
func (r *Round) readCommands() iter.Seq2[*commandRow, error] {
	return func(yield func(*commandRow, error) bool) {
		t, err := r.openCommands()
		if err != nil {
			yield(nil, err)
		}
		if t == nil || err != nil {
			return
		}
		for row, err := range tableRows[commandRow](t) {
			if err != nil {
				yield(nil, fmt.Errorf("%s: %w", filepath.Join(r.dir, commandsName), err))
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// scanArms adds the arm of every request to arms. It reads that column only.
func (r *Round) scanArms(ctx context.Context, arms map[string]bool) error {
	type column struct {
		Arm string `parquet:"arm,dict"`
	}
	last := ""
	for c, err := range tableRows[column](r.table) {
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			return err
		}
		if c.Arm != last {
			last = c.Arm
			arms[last] = true
		}
	}
	return nil
}

// readRequests yields every saved request, or the error that ends them. What it
// yields is good until the next.
func (r *Round) readRequests() iter.Seq2[*row, error] {
	return func(yield func(*row, error) bool) {
		if r.table == nil {
			return
		}
		for row, err := range tableRows[row](r.table) {
			if err != nil {
				yield(nil, fmt.Errorf("%s: %w", r.requests.Name(), err))
				return
			}
			if !yield(row, nil) {
				return
			}
		}
	}
}

// tableRows yields every row of t, or the error that ends them: also where the
// file has fewer rows, or more, than its footer promised.
func tableRows[T any](t *parquet.File) iter.Seq2[*T, error] {
	return func(yield func(*T, error) bool) {
		var in *parquet.GenericReader[T]
		if err := guard(func() error { in = parquet.NewGenericReader[T](t); return nil }); err != nil {
			yield(nil, err)
			return
		}
		defer in.Close()
		batch := make([]T, batchRows)
		for left := t.NumRows(); left > 0; {
			var n int
			err := guard(func() (err error) { n, err = in.Read(batch); return err })
			left -= int64(n)
			switch {
			case left < 0:
				err = errors.New("more rows than the footer promised")
			case n == 0 && (err == nil || errors.Is(err, io.EOF)):
				err = io.ErrUnexpectedEOF
			}
			if err != nil && !errors.Is(err, io.EOF) {
				yield(nil, fmt.Errorf("row %d: %w", t.NumRows()-left, err))
				return
			}
			for i := range batch[:n] {
				if !yield(&batch[i], nil) {
					return
				}
			}
		}
	}
}

// guard makes an error of a panic: the library panics on some damaged files.
func guard(f func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("damaged: %v", p)
		}
	}()
	return f()
}

// findLines sets r.lines to the end of the last whole line, and says whether
// something comes after it: a line that was being written when the process died.
func (r *Round) findLines() (cut bool, err error) {
	fi, err := r.events.Stat()
	if err != nil {
		return false, err
	}
	size := fi.Size()
	tail := make([]byte, min(size, longestLine+1))
	if _, err := r.events.ReadAt(tail, size-int64(len(tail))); err != nil {
		return false, err
	}
	rest := tail[bytes.LastIndexByte(tail, '\n')+1:]
	r.lines = size - int64(len(rest))
	if n := min(len(rest), len(lineStart)); string(rest[:n]) != lineStart[:n] || len(rest) > longestLine {
		return false, fmt.Errorf("%s: the last line is neither an event nor the start of one: %q", r.events.Name(), start(rest))
	}
	return len(rest) > 0, nil
}

// lineStart is how every line begins.
const lineStart = `{"kind":"`

// readEvents yields every event of a whole line, or the error that ends them.
func (r *Round) readEvents() iter.Seq2[Event, error] {
	return func(yield func(Event, error) bool) {
		in := bufio.NewScanner(io.NewSectionReader(r.events, 0, r.lines))
		in.Buffer(make([]byte, 0, 4096), longestLine+1)
		n := 0
		for in.Scan() {
			n++
			e, err := decodeLine(in.Bytes())
			if err != nil {
				yield(Event{}, fmt.Errorf("%s:%d: %w", r.events.Name(), n, err))
				return
			}
			if !yield(e, nil) {
				return
			}
		}
		if err := in.Err(); err != nil {
			yield(Event{}, fmt.Errorf("%s:%d: %w", r.events.Name(), n+1, err))
		}
	}
}
