package lab_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/machinetest"
)

var refused = lab.Action{Fault: fault.Fault{Kind: "refused", On: "redis"}}

// shortly opens a lab whose instances have little time to get ready.
func shortly(t *testing.T) *world {
	s := spec(t)
	s.ReadyIn = 500 * time.Millisecond
	return open(t, s)
}

// startHurt starts the instances under a, and forgets what was recorded before.
func (w *world) startHurt(t *testing.T, fake string, a lab.Action) {
	t.Helper()
	w.forget()
	if err := w.Fresh(t.Context(), map[string]string{"FAKE": fake}, a); err != nil {
		t.Fatal(err)
	}
}

// ready reports whether the instance says that it is.
func ready(in lab.Instance) bool {
	c := http.Client{Timeout: 250 * time.Millisecond, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Get(in.URL + "/health")
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// names lists the names of what was recorded of processes.
func (w *world) names() (names []string) {
	for _, e := range w.of(history.Process) {
		names = append(names, e.Name)
	}
	return names
}

// A service that waits for Redis is started while there is none: it is told that it was not ready,
// and it is when the fault is over.
func TestAFaultIsOnBeforeTheInstancesStart(t *testing.T) {
	for _, a := range []lab.Action{refused, blackhole, doing("redis", "killed"), doing("redis", "stopped"), doing("redis", "loading")} {
		t.Run(a.Fault.Kind, func(t *testing.T) {
			w := shortly(t)
			w.startHurt(t, "patient", a)
			on, started := w.of(history.FaultOn), w.of(history.Process)
			if len(on) != 1 || len(started) != 1 || started[0].Name != "not ready" || on[0].Until > started[0].At || on[0].At < on[0].Planned {
				t.Fatalf("recorded %v and %v, want the fault, and then an instance that is not ready", on, started)
			}
			in := w.Arms()[0].Instances[0]
			if ready(in) {
				t.Error("it is ready during the fault")
			}
			w.do(t, lifted(a))
			machinetest.Until(t, "it is ready after the fault", 10*time.Second, func() bool { return ready(in) })
			w.settle(t)
			if d := w.of(history.Delivery); len(d) != 1 || d[0].Value != 1 {
				t.Errorf("delivery %v, want one that is whole", d)
			}
			if p := w.of(history.Problem); len(p) > 0 {
				t.Errorf("problems: %v", p)
			}
			w.fresh(t, nil) // the next round begins clean
		})
	}
}

// Whether a service uses its path is asked when the fault is over. One that gives up at once never does then:
// that it does without the fault, started the same way, is what shows that the fault reached it.
func TestAFaultFromTheStartIsDeliveredToThoseThatUseThePath(t *testing.T) {
	w := open(t, spec(t)) // whatever does not get ready ends at once
	play := func(fake string, value float64, why string) {
		t.Helper()
		w.startHurt(t, fake, refused)
		w.probed(t, refused, 1)
		w.do(t, lifted(refused))
		// Another fault in the same round need not wait for what is still to be asked.
		w.hurt(t, blackhole, 1)
		d := slices.DeleteFunc(w.of(history.Delivery), func(e history.Event) bool { return e.Name != "refused" })
		if len(d) != 1 || d[0].Value != value || !strings.Contains(d[0].Detail, why) {
			t.Errorf("%s: delivery %v, want one of %v with %q", fake, d, value, why)
		}
	}
	play("bypass", 0, "never connected to Redis through its proxy")
	play("hasty", 0, "never connected to Redis through its proxy")
	if got, want := w.names(), []string{"not ready", "exit"}; !slices.Equal(got, want) {
		t.Errorf("of the process: %v, want %v", got, want)
	}
	w.fresh(t, map[string]string{"FAKE": "hasty"})
	play("hasty", 1, "")
	w.fresh(t, map[string]string{"FAKE": "bypass"})
	play("bypass", 0, "never connected")
}

func TestOnlyWhatNeedsNoInstanceIsDoneBeforeTheStart(t *testing.T) {
	w := shortly(t)
	if err := w.Fresh(t.Context(), nil, doing("instance", "killed")); err == nil || !strings.Contains(err.Error(), "before the instances start") {
		t.Errorf("killed on instance: %v", err)
	}
	if err := w.Fresh(t.Context(), nil, doing("redis", "gremlins")); err == nil || !strings.Contains(err.Error(), "gremlins") {
		t.Errorf("gremlins: %v", err)
	}
	// Without a fault, who is not ready is as wrong as ever.
	if err := w.Fresh(t.Context(), map[string]string{"FAKE": "sick"}); err == nil || !strings.Contains(err.Error(), "not ready within") {
		t.Errorf("sick: %v", err)
	}
	w.fresh(t, nil)
	if !ready(w.Arms()[0].Instances[0]) {
		t.Error("afterwards it is not ready")
	}
}
