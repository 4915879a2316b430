package history

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// The files of a round. Requests are written under partName until the file is
// complete, for a Parquet file without its footer is none.
const (
	requestsName = "requests.parquet"
	partName     = requestsName + ".part"
	eventsName   = "events.jsonl"
)

// backlog is how many requests may wait for the encoder: 34 MB, 60 ms of its
// work. Then Request waits.
const backlog = 1 << 17

// A Writer keeps one round on disk: DIR/requests.parquet (zstd, streamed) and
// DIR/events.jsonl. Both arms go into the same files, each file in the order of
// the calls. Safe for concurrent use.
//
// Events are written at once, so that a killed process loses none. Requests are
// encoded by a goroutine of the Writer's own, some thousands at a time; a process
// killed before Close leaves DIR/requests.parquet.part, which nobody reads.
type Writer struct {
	dir  string
	part *os.File

	mu      sync.Mutex
	more    *sync.Cond // a slice is complete, or closing
	room    *sync.Cond // the backlog has gone down
	queue   []Request
	closing bool
	latest  time.Duration // the greatest instant recorded
	err     error
	encoded chan struct{} // closed when the encoder has ended

	eventMu sync.Mutex // held while a line is written; taken before mu
	events  *os.File   // nil once closed
}

// CreateRound makes dir and starts its files. A directory that already holds a
// round is refused: what was observed is never overwritten. Left-overs of a
// round that saved nothing are.
func CreateRound(dir string) (*Writer, error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("create round: %w", err)
	}
	for _, name := range []string{requestsName, eventsName} {
		path := filepath.Join(dir, name)
		fi, err := os.Stat(path)
		if err == nil && fi.Mode().IsRegular() && fi.Size() > 0 {
			return nil, fmt.Errorf("create round: %s already holds a round; give another directory", path)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("create round: %w", err)
		}
	}
	events, err := os.Create(filepath.Join(dir, eventsName))
	if err != nil {
		return nil, fmt.Errorf("create round: %w", err)
	}
	part, err := os.Create(filepath.Join(dir, partName))
	if err != nil {
		events.Close()
		os.Remove(events.Name())
		return nil, fmt.Errorf("create round: %w", err)
	}
	w := &Writer{dir: dir, part: part, events: events, encoded: make(chan struct{})}
	w.more, w.room = sync.NewCond(&w.mu), sync.NewCond(&w.mu)
	go w.encode()
	return w, nil
}

// Request adds r. It takes well under a microsecond, unless 131 072 requests
// already wait for the encoder: then until there is room. After an error it does
// nothing; errors are kept for Err and Close.
func (w *Writer) Request(r Request) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.queue) >= backlog && w.err == nil && !w.closing {
		w.room.Wait()
	}
	if w.closing {
		w.keep(fmt.Errorf("%s: request recorded after Close", filepath.Join(w.dir, requestsName)))
	}
	if w.err != nil {
		return
	}
	w.latest = max(w.latest, r.Intended, r.Sent, r.Done)
	w.queue = append(w.queue, r)
	if len(w.queue) == sliceRows {
		w.more.Signal()
	}
}

// Event adds e, on disk at once. A RoundEnd is not the caller's to add: Close
// does. After an error it does nothing; errors are kept for Err and Close.
func (w *Writer) Event(e Event) {
	path := filepath.Join(w.dir, eventsName)
	if e.Kind == RoundEnd || e.Kind == "" {
		w.fail(path, fmt.Errorf("event of kind %q is not to be recorded", e.Kind))
		return
	}
	b, err := encodeLine(e)
	if err != nil {
		w.fail(path, err)
		return
	}
	w.eventMu.Lock()
	defer w.eventMu.Unlock()
	if w.events == nil {
		w.fail(path, fmt.Errorf("%s event recorded after Close", e.Kind))
		return
	}
	// After an error nothing follows: a line cut by a full disk must stay the last.
	if w.Err() != nil {
		return
	}
	if _, err := w.events.Write(b); err != nil {
		w.fail(path, err)
		return
	}
	w.mu.Lock()
	w.latest = max(w.latest, e.At, e.Until)
	w.mu.Unlock()
}

// Err is the first error met so far. It names the file.
func (w *Writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// fail keeps err, with the file's name, if it is the first, and lets go of whoever waits for room.
func (w *Writer) fail(path string, err error) {
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		err = fmt.Errorf("%s: %w", pe.Op, pe.Err) // path says it already
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.keep(fmt.Errorf("%s: %w", path, err))
}

// keep is fail for who holds mu.
func (w *Writer) keep(err error) {
	if w.err == nil {
		w.err = err
	}
	w.room.Broadcast()
}

// Close finishes both files; whole says that the round ran to its end: RoundEnd
// is then the last event, at the latest instant recorded, unless something could
// not be saved. It returns the first error met. A second Close returns the same
// and does nothing.
func (w *Writer) Close(whole bool) error {
	w.mu.Lock()
	again := w.closing
	w.closing = true
	w.more.Signal()
	w.room.Broadcast()
	w.mu.Unlock()
	<-w.encoded

	w.eventMu.Lock()
	defer w.eventMu.Unlock()
	if again {
		return w.Err()
	}
	w.finishRequests()
	w.finishEvents(whole)
	return w.Err()
}

// finishRequests gives the complete file its name, or takes the incomplete one away.
func (w *Writer) finishRequests() {
	part := w.part.Name()
	if err := w.part.Close(); err != nil {
		w.fail(part, err)
	}
	if w.Err() == nil {
		if err := os.Rename(part, filepath.Join(w.dir, requestsName)); err != nil {
			w.fail(part, err)
		}
	}
	if w.Err() != nil {
		os.Remove(part) // cannot be read; may be what fills the disk
	}
}

// finishEvents writes the end, if all went well, and closes the file. eventMu is held.
func (w *Writer) finishEvents(whole bool) {
	path := w.events.Name()
	if whole && w.Err() == nil {
		b, err := encodeLine(Event{Kind: RoundEnd, At: w.latest})
		if err == nil {
			_, err = w.events.Write(b)
		}
		if err != nil {
			w.fail(path, err)
		}
	}
	if err := w.events.Close(); err != nil {
		w.fail(path, err)
	}
	w.events = nil
}
