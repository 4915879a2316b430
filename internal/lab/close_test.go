package lab_test

import (
	"context"
	"errors"
	"net/http"
	"os"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/lab/process/processtest"
	"github.com/trektribe/bench/internal/machinetest"
)

// The end of an instance is the service's doing: it is recorded, and the lab is none the worse for it.
func TestAnInstanceThatDiesIsRecorded(t *testing.T) {
	w := open(t, spec(t))
	w.fresh(t, nil)
	if resp, err := http.Get(w.Arms()[0].Instances[0].URL + "/die"); err == nil {
		resp.Body.Close()
		t.Fatal("it lives")
	}
	machinetest.Until(t, "its death is seen", 5*time.Second, func() bool { return w.exits() == 1 })
	if e := w.of(history.Process); len(e) != 2 || e[1].Name != "exit" || e[1].Instance != "1" || e[1].Detail != "exit status 7" {
		t.Errorf("process events: %v, want ready and exit", e)
	}
	if err := w.Died(); err != nil {
		t.Errorf("Died: %v", err)
	}
	w.fresh(t, nil)
	if err := w.Died(); err != nil {
		t.Errorf("Died after Fresh: %v", err)
	}
}

func TestLossesAreNamed(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("finds its victims in /proc")
	}
	t.Run("redis", func(t *testing.T) {
		w := open(t, spec(t))
		kill(t, "redis")
		machinetest.Until(t, "its death is seen", 5*time.Second, func() bool { return w.Died() != nil })
		for what, err := range map[string]error{"Died": w.Died(), "Fresh": w.Fresh(t.Context(), nil)} {
			if err == nil || !strings.Contains(err.Error(), "hardened-redis exited by itself (signal: killed)") {
				t.Errorf("%s: %v, want it to name the dead Redis", what, err)
			}
		}
	})
	t.Run("watchdog", func(t *testing.T) {
		tmp := t.TempDir()
		t.Setenv("TMPDIR", tmp)
		l, err := lab.Open(t.Context(), spec(t))
		if err != nil {
			t.Fatal(err)
		}
		kill(t, "watchdog")
		machinetest.Until(t, "its death is seen", 5*time.Second, func() bool { return l.Died() != nil })
		// Nothing is started that nobody would end.
		if err := l.Fresh(t.Context(), nil); err == nil || !strings.Contains(err.Error(), "the watchdog is gone") {
			t.Errorf("Fresh: %v, want it to miss the watchdog", err)
		}
		if err := l.Close(); err == nil || !strings.Contains(err.Error(), "the watchdog: signal: killed") {
			t.Errorf("Close: %v, want it to say how the watchdog ended", err)
		}
		processtest.NothingLeft(t, tmp)
	})
}

// kill kills the child of that role of the lab in this test's temporary
// directory.
func kill(t *testing.T, role string) {
	t.Helper()
	syscall.Kill(processtest.Find(t, "TMPDIR="+os.Getenv("TMPDIR"), role), syscall.SIGKILL)
}

func TestCloseEndsTheDeafAndTheEscaped(t *testing.T) {
	var closing sync.WaitGroup // both have their time to end, side by side
	defer closing.Wait()
	for _, fake := range []string{"deaf", "parent"} {
		w := open(t, spec(t)) // whose end looks for processes
		w.fresh(t, map[string]string{"FAKE": fake})
		closing.Go(func() {
			for range 2 {
				if err := w.Close(); err != nil {
					t.Errorf("Close of %s: %v", fake, err)
				}
			}
			if err := w.Fresh(t.Context(), nil); err == nil {
				t.Errorf("Fresh works on the closed lab of %s", fake)
			}
		})
	}
}

func TestInterruptedLeavesNothing(t *testing.T) {
	t.Run("in Open", func(t *testing.T) {
		tmp := t.TempDir()
		t.Setenv("TMPDIR", tmp)
		ctx, cancel := context.WithCancel(t.Context())
		s := spec(t)
		s.Progress = func(string) { cancel() }
		if _, err := lab.Open(ctx, s); !errors.Is(err, context.Canceled) {
			t.Errorf("Open: %v, want canceled", err)
		}
		processtest.NothingLeft(t, tmp)
	})
	for _, how := range []string{"by its context", "by Close"} {
		t.Run("in Fresh "+how, func(t *testing.T) {
			w := open(t, spec(t))
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			end := make(chan error, 1)
			go func() { end <- w.Fresh(ctx, map[string]string{"FAKE": "sick"}) }()
			machinetest.Until(t, "the instance has been started", 5*time.Second, func() bool { return w.Arms()[0].Instances[0].URL != "" })
			if how == "by Close" {
				if err := w.Close(); err != nil {
					t.Errorf("Close: %v", err)
				}
			}
			cancel()
			if err := <-end; !errors.Is(err, context.Canceled) {
				t.Errorf("Fresh: %v, want canceled", err)
			}
		})
	}
}
