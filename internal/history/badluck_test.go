package history_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/history"
)

func TestNothingObservedIsOverwritten(t *testing.T) {
	dir := save(t, true, nil, nil)
	if _, err := history.CreateRound(dir); err == nil || !strings.Contains(err.Error(), "already holds a round") {
		t.Errorf("CreateRound over a round: %v, want a refusal", err)
	}
	open(t, dir)
}

func TestMisuseIsAnError(t *testing.T) {
	for _, c := range []struct {
		name, want string
		do         func(w *history.Writer)
	}{
		{"end by hand", `kind "end"`, func(w *history.Writer) { w.Event(history.Event{Kind: history.RoundEnd}) }},
		{"no kind", `kind ""`, func(w *history.Writer) { w.Event(history.Event{Name: "x"}) }},
		{"too long", "longer than a line", func(w *history.Writer) {
			w.Event(history.Event{Kind: history.Problem, Detail: strings.Repeat("x", 2<<20)})
		}},
		{"event after close", "after Close", func(w *history.Writer) { w.Close(true); w.Event(history.Event{Kind: history.Process}) }},
		{"request after close", "after Close", func(w *history.Writer) { w.Close(true); w.Request(history.Request{}) }},
	} {
		t.Run(c.name, func(t *testing.T) {
			w, err := history.CreateRound(t.TempDir())
			if err != nil {
				t.Fatal(err)
			}
			c.do(w)
			if err := w.Close(true); err == nil || !strings.Contains(err.Error(), c.want) || w.Err() != err {
				t.Errorf("Close = %v, Err = %v, want both to say %q", err, w.Err(), c.want)
			}
		})
	}
}

func TestRoundCannotStart(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	taken := t.TempDir()
	if err := os.Mkdir(filepath.Join(taken, "requests.parquet.part"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{file, filepath.Join(file, "round"), taken} {
		if w, err := history.CreateRound(dir); err == nil || !strings.Contains(err.Error(), dir) && !strings.Contains(err.Error(), file) {
			t.Errorf("CreateRound(%s) = %v, %v, want an error that names it", dir, w, err)
		}
	}
	if _, err := os.Stat(filepath.Join(taken, "events.jsonl")); err == nil {
		t.Error("a round that could not start left events.jsonl behind")
	}
}

// A full disk, by the device that always is.
func TestFullDiskIsSaid(t *testing.T) {
	const full = "/dev/full"
	if _, err := os.Stat(full); err != nil {
		t.Skipf("no %s on this system", full)
	}
	for _, name := range []string{"requests.parquet.part", "events.jsonl"} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			path := filepath.Join(dir, name)
			if err := os.Symlink(full, path); err != nil {
				t.Fatal(err)
			}
			w, err := history.CreateRound(dir)
			if err != nil {
				t.Fatal(err)
			}
			// More than the backlog holds: Request must not wait for an encoder that has given up.
			for i := range 150000 {
				w.Request(history.Request{Arm: "a", Seq: uint64(i), Key: fmt.Sprint(i)})
			}
			w.Event(history.Event{Kind: history.Process, Arm: "a"})
			w.Event(history.Event{Kind: history.Process, Arm: "a"})
			err = w.Close(true)
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "no space left") {
				t.Errorf("Close = %v, want no space left for %s", err, path)
			}
			if again := w.Close(true); again != err {
				t.Errorf("second Close = %v, want %v", again, err)
			}
			if _, err := os.Lstat(filepath.Join(dir, "requests.parquet")); err == nil {
				t.Error("requests.parquet was left though the round could not be saved")
			}
			if name == "events.jsonl" {
				return // the device has no end to read
			}
			if b, err := os.ReadFile(filepath.Join(dir, "events.jsonl")); err != nil || strings.Contains(string(b), `"end"`) {
				t.Errorf("events of a round that could not be saved: %s, %v, want no end", b, err)
			}
		})
	}
}
