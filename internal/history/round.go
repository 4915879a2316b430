package history

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/parquet-go/parquet-go"
)

// A Round is a saved round. Its methods, and the histories it gives, are safe
// for concurrent use until Close.
type Round struct {
	dir      string
	requests *os.File      // nil: none were saved
	table    *parquet.File // of requests
	events   *os.File
	lines    int64 // length of events that holds whole lines
	whole    bool
	arms     []string

	opening  sync.Once     // of the commands
	wire     *parquet.File // of the commands; nil: none were saved
	unopened error         // why they cannot be read

	mu       sync.Mutex
	commands *os.File // nil: not opened yet, or none were saved
	err      error
}

// OpenRound opens a saved round for reading; an error names the file, the line
// where there is one, and what is wrong with it. It reads every event, and the
// arm of every request: ctx ends that early. Commands are opened when they are
// asked for.
//
// A round that was cut off opens, is not Whole, and may have no requests. Only
// its last event may be incomplete, and is then passed over.
func OpenRound(ctx context.Context, dir string) (*Round, error) {
	r := &Round{dir: dir}
	if err := r.open(ctx, dir); err != nil {
		r.Close()
		return nil, fmt.Errorf("open round: %w", err)
	}
	return r, nil
}

func (r *Round) open(ctx context.Context, dir string) (err error) {
	if r.events, err = os.Open(filepath.Join(dir, eventsName)); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("%w; is %s the directory of a round?", err, dir)
		}
		return err
	}
	arms := map[string]bool{}
	if err := r.scanEvents(ctx, arms); err != nil {
		return err
	}
	path := filepath.Join(dir, requestsName)
	r.requests, err = os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && !r.whole:
		r.requests = nil
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%w, though %s says that the round is whole", err, eventsName)
	case err != nil:
		return err
	default:
		if r.table, err = openTable[row](r.requests); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
		if err := r.scanArms(ctx, arms); err != nil {
			return fmt.Errorf("%s: %w", path, err)
		}
	}
	delete(arms, "") // the whole machine
	r.arms = slices.Sorted(maps.Keys(arms))
	return nil
}

// scanEvents checks every line, and learns from them whether the round is whole.
func (r *Round) scanEvents(ctx context.Context, arms map[string]bool) error {
	cut, err := r.findLines()
	if err != nil {
		return err
	}
	n := 0
	for e, err := range r.readEvents() {
		if n++; err != nil {
			return err
		}
		if n%1024 == 0 && ctx.Err() != nil {
			return fmt.Errorf("%s: %w", r.events.Name(), ctx.Err())
		}
		if r.whole {
			return fmt.Errorf("%s:%d: a %s event after the round's end", r.events.Name(), n, e.Kind)
		}
		r.whole = e.Kind == RoundEnd
		arms[e.Arm] = true
	}
	if r.whole && cut {
		return fmt.Errorf("%s:%d: something after the round's end", r.events.Name(), n+1)
	}
	return nil
}

// Whole reports whether the round ran to its end.
func (r *Round) Whole() bool { return r.whole }

// Arms lists the arms seen, sorted.
func (r *Round) Arms() []string { return slices.Clone(r.arms) }

// Err is the first error that an iteration met. It names the file.
func (r *Round) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}

func (r *Round) fail(err error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err == nil {
		r.err = err
	}
}

// Close closes the files. Iterations end with an error from then on.
func (r *Round) Close() error {
	var errs []error
	if r.requests != nil {
		errs = append(errs, r.requests.Close())
	}
	if r.events != nil {
		errs = append(errs, r.events.Close())
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.commands != nil {
		errs = append(errs, r.commands.Close())
	}
	return errors.Join(errs...)
}

// Arm is one arm's part, whole-machine events included. It reads from disk each
// time that it is walked, in little memory. Reading errors end an iteration and
// are kept in Err: whoever draws conclusions from a walk asks for it afterwards.
func (r *Round) Arm(name string) History { return arm{r, name} }

type arm struct {
	round *Round
	name  string
}

// Requests yields the arm's requests in the order in which they were recorded.
func (a arm) Requests() iter.Seq[Request] {
	return func(yield func(Request) bool) {
		for r, err := range a.round.readRequests() {
			if err != nil {
				a.round.fail(err)
				return
			}
			if r.Arm == a.name && !yield(r.request()) {
				return
			}
		}
	}
}

// Commands yields the arm's commands in the order in which their replies came.
func (a arm) Commands() iter.Seq[Command] {
	return func(yield func(Command) bool) {
		for c, err := range a.round.readCommands() {
			if err != nil {
				a.round.fail(err)
				return
			}
			if c.Arm == a.name && !yield(c.command()) {
				return
			}
		}
	}
}

// Events yields the arm's events, and the machine's, in the order in which they were recorded.
func (a arm) Events() iter.Seq[Event] {
	return func(yield func(Event) bool) {
		for e, err := range a.round.readEvents() {
			if err != nil {
				a.round.fail(err)
				return
			}
			if (e.Arm == a.name || e.Arm == "") && !yield(e) {
				return
			}
		}
	}
}
