package lab_test

import (
	"net/http"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/lab/process/processtest"
	"github.com/trektribe/bench/internal/machinetest"
)

// A world is a lab under test and what it recorded.
type world struct {
	*lab.Lab
	spec lab.Spec

	mu     sync.Mutex
	events []history.Event
	cut    func(history.Event) // called with each event; nil: nothing is
}

// spec is a Spec of one arm with one instance of the fake service.
func spec(t *testing.T) lab.Spec {
	return lab.Spec{
		Arms: []lab.ArmSpec{{Name: "hardened", Policy: "hardened"}}, Instances: 1, Redis: "embedded",
		Dir: t.TempDir(), Self: []string{os.Args[0]}, Clock: history.NewClock(), ReadyIn: 10 * time.Second,
	}
}

// open opens s and looks, when the test is over, that nothing is left of it.
func open(t *testing.T, s lab.Spec) *world {
	t.Helper()
	tmp := t.TempDir()
	t.Setenv("TMPDIR", tmp)
	w := &world{spec: s}
	s.Record = func(e history.Event) {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.events = append(w.events, e)
		if w.cut != nil {
			w.cut(e)
		}
	}
	before := runtime.NumGoroutine()
	l, err := lab.Open(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	w.Lab = l
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Errorf("Close: %v", err)
		}
		processtest.NothingLeft(t, tmp)
		http.DefaultClient.CloseIdleConnections()
		machinetest.Until(t, "every goroutine is gone", 5*time.Second, func() bool { return runtime.NumGoroutine() <= before })
	})
	return w
}

func (w *world) fresh(t *testing.T, env map[string]string) {
	t.Helper()
	if err := w.Fresh(t.Context(), env); err != nil {
		t.Fatal(err)
	}
}

// of lists what was recorded of a kind.
func (w *world) of(kind history.Kind) []history.Event {
	w.mu.Lock()
	defer w.mu.Unlock()
	var found []history.Event
	for _, e := range w.events {
		if e.Kind == kind {
			found = append(found, e)
		}
	}
	return found
}

// doing is an action on "redis" or "instance".
func doing(on, kind string) lab.Action {
	return lab.Action{Fault: fault.Fault{Kind: kind, On: on}, Planned: time.Second}
}

// onRedis is an action on the paths of these instances to redis; none: of all.
func onRedis(f fault.Fault, instances ...string) lab.Action {
	f.On, f.Instances = "redis", instances
	return lab.Action{Fault: f, Planned: time.Second}
}

// do applies a and fails the test if that does not work.
func (w *world) do(t *testing.T, a lab.Action) {
	t.Helper()
	if err := w.Apply(t.Context(), a); err != nil {
		t.Fatal(err)
	}
}

// settle waits until all is recorded that canaries have met.
func (w *world) settle(t *testing.T) {
	t.Helper()
	if err := w.Settle(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// hurt applies a, waits until so many instances' canaries have met it, lifts it, and settles.
func (w *world) hurt(t *testing.T, a lab.Action, instances int) {
	t.Helper()
	w.do(t, a)
	w.probed(t, a, instances)
	w.do(t, lifted(a))
	w.settle(t)
}

// forget forgets what was recorded so far.
func (w *world) forget() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.events = nil
}

// proved settles and looks that one fault was recorded, lifted, and proved, as the instance's.
func (w *world) proved(t *testing.T, a lab.Action, instance string) {
	t.Helper()
	w.settle(t)
	on, off, got := w.of(history.FaultOn), w.of(history.FaultOff), w.of(history.Delivery)
	if len(on) != 1 || len(off) != 1 || len(got) != 1 {
		t.Fatalf("recorded %v, %v, %v; want one of each", on, off, got)
	}
	for _, e := range []history.Event{on[0], off[0], got[0]} {
		if e.Arm != "hardened" || e.Instance != instance || e.On != a.On || e.Name != a.Fault.Kind || e.Planned != time.Second || e.Until < e.At || e.At <= 0 {
			t.Errorf("recorded %+v", e)
		}
	}
	if off[0].At < on[0].Until {
		t.Errorf("lifted at %v, before it was on at %v", off[0].At, on[0].Until)
	}
	if got[0].Value != 1 || got[0].Detail != "" {
		t.Errorf("delivery %v: %s", got[0].Value, got[0].Detail)
	}
	if p := w.of(history.Problem); len(p) > 0 {
		t.Errorf("problems: %v", p)
	}
	if err := w.Died(); err != nil {
		t.Errorf("Died: %v", err)
	}
}

// met lists what the canaries met: before and after the fault, and during it, each once.
func (w *world) met() (around, during []string) {
	for _, e := range w.of(history.Canary) {
		if e.Name == "" {
			around = append(around, e.Detail)
		} else if !slices.Contains(during, e.Detail) {
			during = append(during, e.Detail)
		}
	}
	return around, during
}

var blackhole = lab.Action{Fault: fault.Fault{Kind: "blackhole", On: "redis"}}

// lifted is a with its fault lifted.
func lifted(a lab.Action) lab.Action {
	a.Heal = true
	return a
}

// probed waits until each instance's fault has been met by a new connection.
func (w *world) probed(t *testing.T, a lab.Action, instances int) {
	t.Helper()
	machinetest.Until(t, "the fault was probed", 10*time.Second, func() bool {
		n := 0
		for _, e := range w.of(history.Canary) {
			if e.Name == a.Fault.Kind && strings.HasPrefix(e.Detail, "new ") {
				n++
			}
		}
		return n >= instances
	})
}
