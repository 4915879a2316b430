package drill

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"
)

// haltWord begins the halt file that bench halt writes.
const haltWord = "bench halt"

// ErrNone says that no drill is running.
var ErrNone = errors.New("no drill is running")

// HaltFile is the halt file of every drill whose runs are kept in out. bench halt writes it.
func HaltFile(out string) string { return filepath.Join(out, "halt") }

// lockName is in the folder of the runs while a drill runs there.
func lockName(out string) string { return filepath.Join(out, ".drill") }

// running is what the lock says.
type running struct {
	Dir string `json:"dir"` // of the run; empty: it has not begun
}

// A Lock is held while a drill runs: one at a time has the runs of a folder. It ends with the process, however that ends.
type Lock struct {
	file *os.File
	path string
}

// Take takes the lock of a folder of runs, which it makes. The error says that somebody has it.
func Take(out string) (*Lock, error) {
	if err := os.MkdirAll(out, 0o755); err != nil {
		return nil, fmt.Errorf("make the output folder: %w; choose another with --out", err)
	}
	path := lockName(out)
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o644)
	if err != nil {
		return nil, err
	}
	if held(f) {
		return nil, errors.Join(fmt.Errorf("a drill is running in %s already: wait for it, or stop it with bench halt --out %s", out, out), f.Close())
	}
	l := &Lock{f, path}
	return l, l.Say("")
}

// Say tells others where the run is kept.
func (l *Lock) Say(dir string) error {
	b, err := json.Marshal(running{dir})
	if err != nil {
		return err
	}
	if err := l.file.Truncate(0); err != nil {
		return err
	}
	_, err = l.file.WriteAt(b, 0)
	return err
}

// Free gives the lock back.
func (l *Lock) Free() error { return errors.Join(os.Remove(l.path), l.file.Close()) }

// Halt ends the drill that runs in out, waits until it has put everything back, and gives the folder of its run; empty:
// it had not begun. The error is ErrNone, or ctx's.
func Halt(ctx context.Context, out string) (dir string, err error) {
	f, err := os.Open(lockName(out))
	if errors.Is(err, fs.ErrNotExist) {
		return "", ErrNone
	}
	if err != nil {
		return "", err
	}
	defer f.Close()
	if !held(f) {
		return "", errors.Join(ErrNone, os.Remove(f.Name())) // it was killed
	}
	file := HaltFile(out)
	if err := os.WriteFile(file, []byte(haltWord+" at "+time.Now().UTC().Format(time.RFC3339)+"\n"), 0o644); err != nil {
		return "", err
	}
	defer os.Remove(file) // the next drill may begin
	tick := time.NewTicker(lookEvery)
	defer tick.Stop()
	for held(f) {
		var r running
		if b, err := os.ReadFile(lockName(out)); err == nil && json.Unmarshal(b, &r) == nil {
			dir = r.Dir
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
			return dir, ctx.Err()
		}
	}
	return dir, nil
}
