package drill

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// watched starts a watch, does what is to end it, and gives how it was ended.
func watched(t *testing.T, h Halts, do func()) string {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	how := make(chan string, 2)
	done := make(chan struct{})
	go func() {
		defer close(done)
		h.Watch(ctx, func(s string) { how <- s })
	}()
	do()
	defer func() { stop(); <-done }()
	select {
	case s := <-how:
		return s
	case <-ctx.Done():
		return "nothing"
	}
}

func TestAHaltFileEndsADrill(t *testing.T) {
	file := filepath.Join(t.TempDir(), "stop")
	h := Halts{Files: []string{filepath.Join(t.TempDir(), "halt"), file}}
	if err := h.Ready(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := watched(t, h, func() {
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Error(err)
		}
	})
	if got != "the halt file "+file {
		t.Errorf("halted by %q", got)
	}
	if err := h.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), file+" is there already") {
		t.Errorf("%v, want that it is there already", err)
	}
}

// Whatever a halt URL answers but 200 and "go", also nothing at all, ends a drill.
func TestAHaltURLEndsADrillUnlessItSaysGo(t *testing.T) {
	for name, answer := range map[string]http.HandlerFunc{
		"answered 503":              func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(503); fmt.Fprint(w, "go") },
		`answered "stop"`:           func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "stop") },
		"answered 302":              func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/go", http.StatusFound) },
		"did not answer within 1s":  func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"did not answer within 1s.": func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) },
	} {
		var gone atomic.Bool
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if gone.Load() {
				answer(w, r)
				return
			}
			fmt.Fprintln(w, "go")
		}))
		h := Halts{URL: s.URL}
		if err := h.Ready(t.Context()); err != nil {
			t.Errorf("it says go: %v", err)
		}
		got := watched(t, h, func() { gone.Store(true) })
		if !strings.HasPrefix(got, "the halt URL "+strings.TrimSuffix(name, ".")) {
			t.Errorf("%s: halted by %q", name, got)
		}
		if err := h.Ready(t.Context()); err == nil || !strings.Contains(err.Error(), `answers 200 and "go"`) {
			t.Errorf("%s: %v", name, err)
		}
		s.Close()
	}
	if err := (Halts{URL: "::"}).Ready(t.Context()); err == nil {
		t.Error("a URL that is none is ready")
	}
}

func TestOneDrillAtATime(t *testing.T) {
	out := filepath.Join(t.TempDir(), "out")
	if _, err := Halt(t.Context(), out); !errors.Is(err, ErrNone) {
		t.Errorf("%v, want that none is running", err)
	}
	l, err := Take(out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := Take(out); err == nil || !strings.Contains(err.Error(), "bench halt --out "+out) {
		t.Errorf("%v, want that one is running", err)
	}
	if err := l.Say("the folder"); err != nil {
		t.Fatal(err)
	}
	// It ends once the halt file is there, as a drill does.
	h := Halts{Files: []string{HaltFile(out)}}
	type halted struct {
		dir string
		err error
	}
	ended := make(chan halted, 1)
	how := watched(t, h, func() {
		go func() {
			dir, err := Halt(context.WithoutCancel(t.Context()), out)
			ended <- halted{dir, err}
		}()
	})
	if how != haltWord {
		t.Errorf("halted by %q, want %q", how, haltWord)
	}
	if err := l.Free(); err != nil {
		t.Error(err)
	}
	if got := <-ended; got.dir != "the folder" || got.err != nil {
		t.Errorf("%+v", got)
	}
	if left, _ := os.ReadDir(out); len(left) > 0 {
		t.Errorf("left behind: %v", left)
	}
	l, err = Take(out)
	if err != nil {
		t.Fatal(err)
	}
	l.file.Close() // as when the process is killed
	if _, err := Halt(t.Context(), out); !errors.Is(err, ErrNone) {
		t.Errorf("%v, want that none is running", err)
	}
}
