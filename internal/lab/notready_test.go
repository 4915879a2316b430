package lab_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
)

// TestNotReadyAgain has an instance fail when it is started again: its fault is over all the same, and it is gone.
func TestNotReadyAgain(t *testing.T) {
	flag := filepath.Join(t.TempDir(), "flag")
	w := open(t, spec(t))
	w.fresh(t, map[string]string{"FAKE": "flag", "FLAG": flag})
	a := doing("instance", "killed")
	w.do(t, a)
	w.probed(t, a, 1)
	if err := os.WriteFile(flag, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := w.Apply(t.Context(), lifted(a)); !errors.Is(err, lab.ErrNotReady) || !strings.Contains(err.Error(), "ended before it was ready (exit status 1)") {
		t.Errorf("lifting: %v, want it to say how the instance failed", err)
	}
	if e := w.of(history.Process); len(e) < 2 || e[len(e)-2].Name != "not ready" || e[len(e)-1].Name != "exit" {
		t.Errorf("process events %v, want not ready and exit at their end", e)
	}
	w.proved(t, a, "1")
	w.do(t, lifted(a)) // nothing is on

	w.findsNobody(t, "had not come up again")

	os.Remove(flag)
	w.fresh(t, nil)
	w.forget()
	w.do(t, a)
	w.probed(t, a, 1)
	w.do(t, lifted(a))
	w.proved(t, a, "1")
	if err := errors.Join(answers(w.Arms()[0].Instances[0]), w.Died()); err != nil {
		t.Error(err)
	}
}

// TestNotReadyWithAnotherEnvironment has a service that starts as it is, and not with something else.
func TestNotReadyWithAnotherEnvironment(t *testing.T) {
	flag := filepath.Join(t.TempDir(), "flag")
	if err := os.WriteFile(flag, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	env := map[string]string{"FAKE": "flag", "FLAG": flag}
	w := open(t, spec(t))
	if err := w.Fresh(t.Context(), env); !errors.Is(err, lab.ErrNotReady) {
		t.Errorf("%v of a service that was never ready, want an ErrNotReady", err)
	}
	w.fresh(t, nil)
	w.forget()
	w.fresh(t, env)
	if e := w.of(history.Process); !slices.ContainsFunc(e, func(e history.Event) bool { return e.Name == "not ready" }) {
		t.Errorf("process events %v, want one that is not ready", e)
	}
	w.fresh(t, nil)
	if err := answers(w.Arms()[0].Instances[0]); err != nil {
		t.Error(err)
	}
}

// TestNotReadyWhenLetGoOn has an instance that was stopped stay unwell: it is there, and can be hurt again.
func TestNotReadyWhenLetGoOn(t *testing.T) {
	flag := filepath.Join(t.TempDir(), "flag")
	s := spec(t)
	s.ReadyIn = 2 * time.Second
	w := open(t, s)
	w.fresh(t, map[string]string{"FAKE": "flag", "FLAG": flag})
	a := doing("instance", "stopped")
	w.do(t, a)
	w.probed(t, a, 1)
	if err := os.WriteFile(flag, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := w.Apply(t.Context(), lifted(a)); !errors.Is(err, lab.ErrNotReady) || !strings.Contains(err.Error(), "503") {
		t.Errorf("lifting: %v, want it to say that the instance is not ready", err)
	}
	os.Remove(flag)
	w.proved(t, a, "1")
	w.forget()
	again := doing("instance", "killed") // by which it gets well
	w.do(t, again)
	w.probed(t, again, 1)
	w.do(t, lifted(again))
	w.proved(t, again, "1")
	if err := answers(w.Arms()[0].Instances[0]); err != nil {
		t.Error(err)
	}
}
