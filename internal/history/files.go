package history

import "context"

// A Writer keeps one round on disk: DIR/requests.parquet (zstd, streamed) and DIR/events.jsonl.
// Both arms go into the same files. Safe for concurrent use.
type Writer struct{}

// CreateRound makes dir and starts its files.
func CreateRound(dir string) (*Writer, error) { panic("skeleton") }

// Request adds r. Errors are kept for Close.
func (w *Writer) Request(r Request) { panic("skeleton") }

// Event adds e, on disk at once.
func (w *Writer) Event(e Event) { panic("skeleton") }

// Err is the first error met so far.
func (w *Writer) Err() error { panic("skeleton") }

// Close finishes both files; whole says that the round ran to its end (RoundEnd is written).
func (w *Writer) Close(whole bool) error { panic("skeleton") }

// A Round is a saved round.
type Round struct{}

// OpenRound opens a saved round for reading; an error names the file and what is wrong with it.
func OpenRound(ctx context.Context, dir string) (*Round, error) { panic("skeleton") }

// Whole reports whether the round ran to its end.
func (r *Round) Whole() bool { panic("skeleton") }

// Arms lists the arms seen, sorted.
func (r *Round) Arms() []string { panic("skeleton") }

// Arm is one arm's part, whole-machine events included. Reading errors end an iteration and are kept in Err.
func (r *Round) Arm(name string) History { panic("skeleton") }

// Err is the first error that an iteration met.
func (r *Round) Err() error { panic("skeleton") }

// Close closes the files.
func (r *Round) Close() error { panic("skeleton") }
