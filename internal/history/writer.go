package history

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"time"
)

// The files of a round.
const (
	requestsName = "requests.parquet"
	commandsName = "commands.parquet"
	eventsName   = "events.jsonl"
)

// A Writer keeps one round on disk: DIR/requests.parquet and DIR/commands.parquet
// (zstd, streamed) and DIR/events.jsonl. Both arms go into the same files, each file
// in the order of the calls. Safe for concurrent use.
//
// Events are written at once, so that a killed process loses none. Requests and
// commands are encoded by goroutines of the Writer's own, some thousands at a time; a
// process killed before Close leaves them in files with .part behind their names,
// which nobody reads.
type Writer struct {
	dir      string
	requests *table[Request, row]
	commands *table[Command, commandRow]
	dropped  atomic.Int64 // commands for which there was no room

	mu     sync.Mutex
	latest time.Duration // the greatest instant recorded
	err    error

	eventMu sync.Mutex // held while a line is written; taken before mu
	events  *os.File   // nil once closed
}

// CreateRound makes dir and starts its files. A directory that already holds a
// round is refused: what was observed is never overwritten. Left-overs of a
// round that saved nothing are.
func CreateRound(dir string) (_ *Writer, err error) {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, fmt.Errorf("create round: %w", err)
	}
	for _, name := range []string{requestsName, commandsName, eventsName} {
		some, err := holds(dir, name)
		if some {
			return nil, fmt.Errorf("create round: %s already holds a round; give another directory", filepath.Join(dir, name))
		}
		if err != nil {
			return nil, fmt.Errorf("create round: %w", err)
		}
	}
	w := &Writer{dir: dir}
	if w.events, err = os.Create(filepath.Join(dir, eventsName)); err == nil {
		w.requests, err = createTable(filepath.Join(dir, requestsName), rowOf, w.fail)
	}
	if err == nil {
		w.commands, err = createTable(filepath.Join(dir, commandsName), commandRowOf, w.fail)
	}
	if err != nil {
		w.abandon()
		return nil, fmt.Errorf("create round: %w", err)
	}
	return w, nil
}

// abandon takes away what a round that could not be started has.
func (w *Writer) abandon() {
	if w.requests != nil {
		w.requests.close()
		w.requests.finish(func() bool { return false })
	}
	if w.events != nil {
		w.events.Close()
		os.Remove(w.events.Name())
	}
}

// Request adds r. It takes well under a microsecond, unless 131 072 requests
// already wait for the encoder: then until there is room. After an error it does
// nothing; errors are kept for Err and Close.
func (w *Writer) Request(r Request) {
	if !w.noted(max(r.Intended, r.Sent, r.Done)) {
		return
	}
	if !w.requests.add(r, true) && w.Err() == nil {
		w.fail(filepath.Join(w.dir, requestsName), errors.New("request recorded after Close"))
	}
}

// Command adds c. It never waits: when 131 072 commands already wait for the
// encoder, c is dropped and counted, which Close records as a Wire event. After an
// error, or after Close, it does nothing: connections may outlive the round.
func (w *Writer) Command(c Command) {
	if w.noted(max(c.Sent, c.Answered)) && !w.commands.add(c, false) {
		w.dropped.Add(1)
	}
}

// noted notes an instant of a record; false: an error was met before.
func (w *Writer) noted(at time.Duration) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.latest = max(w.latest, at)
	return w.err == nil
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
	w.noted(max(e.At, e.Until))
}

// Err is the first error met so far. It names the file.
func (w *Writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// fail keeps err, with the file's name, if it is the first, and has nothing more recorded.
func (w *Writer) fail(path string, err error) {
	if pe := (*fs.PathError)(nil); errors.As(err, &pe) {
		err = fmt.Errorf("%s: %w", pe.Op, pe.Err) // path says it already
	}
	w.mu.Lock()
	if w.err == nil {
		w.err = fmt.Errorf("%s: %w", path, err)
	}
	w.mu.Unlock()
	w.requests.stop()
	w.commands.stop()
}

// Close finishes the files; whole says that the round ran to its end: RoundEnd
// is then the last event, at the latest instant recorded, unless something could
// not be saved. It returns the first error met. A second Close returns the same
// and does nothing.
func (w *Writer) Close(whole bool) error {
	again := w.requests.close()
	w.commands.close()
	if n := w.dropped.Load(); n > 0 && !again {
		w.Event(Event{Kind: Wire, Name: WireDropped, At: w.until(), Value: float64(n)})
	}
	w.eventMu.Lock()
	defer w.eventMu.Unlock()
	if again {
		return w.Err()
	}
	good := func() bool { return w.Err() == nil }
	w.commands.finish(good)
	w.requests.finish(good)
	w.finishEvents(whole)
	return w.Err()
}

// until is the latest instant recorded.
func (w *Writer) until() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.latest
}

// finishEvents writes the end, if all went well, and closes the file. eventMu is held.
func (w *Writer) finishEvents(whole bool) {
	path := w.events.Name()
	if whole && w.Err() == nil {
		b, err := encodeLine(Event{Kind: RoundEnd, At: w.until()})
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
