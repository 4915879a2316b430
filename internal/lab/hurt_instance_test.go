package lab_test

import (
	"context"
	"errors"
	"net"
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

// answers asks an instance for its health on a new connection, with a short timeout.
func answers(in lab.Instance) error {
	c := http.Client{Timeout: 250 * time.Millisecond, Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := c.Get(in.URL + "/health")
	if err == nil {
		resp.Body.Close()
	}
	return err
}

func TestInstanceIsHurt(t *testing.T) {
	rows := []struct {
		kind, during string
		events       []string // of processes
		starts       string   // as Redis counts them
	}{
		{"killed", "new refused", []string{"ended by the harness: signal: killed", "ready"}, "3"},
		{"terminated", "new refused", []string{"ended by the harness: signal: terminated", "ready"}, "3"},
		{"stopped", "new silence", nil, "2"},
	}
	s := spec(t)
	s.Instances = 2
	w := open(t, s)
	for _, row := range rows {
		t.Run(row.kind, func(t *testing.T) {
			w.fresh(t, map[string]string{"TTL_TRIPS": row.kind})
			w.forget()
			before := w.Arms()[0].Instances
			a := doing("instance", row.kind)
			a.Instances = []string{"2"}
			w.do(t, a)
			machinetest.Until(t, "instance 2 is away", 5*time.Second, func() bool { return answers(before[1]) != nil })
			if err := answers(before[0]); err != nil {
				t.Errorf("instance 1: %v", err)
			}
			w.probed(t, a, 1)
			for range 2 { // the second has nothing to lift
				w.do(t, lifted(a))
			}
			// It is ready by now, where clients know it, and in the same round.
			if err := answers(before[1]); err != nil {
				t.Errorf("instance 2 after the fault: %v", err)
			}
			after := w.Arms()[0].Instances
			same := func(a, b lab.Instance) bool { return a.Name == b.Name && a.URL == b.URL }
			if !slices.EqualFunc(before, after, same) || before[0].PID != after[0].PID {
				t.Errorf("instances %v became %v", before, after)
			}
			if env := environ(t, before[1]); env["TTL_TRIPS"] != row.kind || env["INSTANCE"] != "2" {
				t.Errorf("started again with TTL_TRIPS=%s and INSTANCE=%s", env["TTL_TRIPS"], env["INSTANCE"])
			}
			if got := service(t, w).Get(t.Context(), "starts").Val(); got != row.starts {
				t.Errorf("starts = %s, want %s", got, row.starts)
			}
			w.proved(t, a, "2")
			around, during := w.met()
			if row.kind == "terminated" { // a canary may cross its end
				during = []string{strings.NewReplacer("reset", "refused", "eof", "refused").Replace(during[0])}
			}
			if !slices.Equal(around, []string{"new reply", "new reply"}) || !slices.Equal(during, []string{row.during}) {
				t.Errorf("canaries met %q around the fault and %q during it, want replies and %q", around, during, row.during)
			}
			events := w.of(history.Process)
			if len(events) != len(row.events) {
				t.Fatalf("process events %v, want %q", events, row.events)
			}
			for i, e := range events {
				if got := e.Name + " " + e.Detail; !strings.HasPrefix(got, row.events[i]) || !strings.Contains(e.Detail, "by the harness") || e.Instance != "2" {
					t.Errorf("process event %+v, want %q of instance 2", e, row.events[i])
				}
			}
		})
	}
}

// TestTerminatedButDeaf asks an instance to go that does not.
func TestTerminatedButDeaf(t *testing.T) {
	w := open(t, spec(t))
	w.fresh(t, map[string]string{"FAKE": "deaf"})
	a := doing("instance", "terminated")
	w.do(t, a)
	w.do(t, lifted(a))
	w.settle(t)
	if got := w.of(history.Delivery); len(got) != 1 || got[0].Value != 0 || !strings.Contains(got[0].Detail, "not seen to end") {
		t.Errorf("delivery %v, want one of 0 that says why", got)
	}
	c := service(t, w)
	if got := c.Get(t.Context(), "starts").Val(); got != "2" {
		t.Errorf("starts = %s, want 2: it is started again all the same", got)
	}
	c.Close()
	w.fresh(t, nil) // by which it is killed: it would not hear Close either
}

func TestInstanceFaultsRefuse(t *testing.T) {
	w := open(t, spec(t))
	a := doing("instance", "killed")
	refused := func(want string, a lab.Action) {
		t.Helper()
		if err := w.Apply(t.Context(), a); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want an error with %q", a.Fault.Kind, err, want)
		}
	}
	refused("does not run: bring the lab up first", a)
	w.fresh(t, nil)
	unknown := a
	unknown.Instances = []string{"1", "9"}
	refused(`no instance "9": there are 1`, unknown)
	refused(`unknown fault "blackhole" on instance; there are: killed, stopped, terminated`, doing("instance", "blackhole"))
	w.do(t, a)
	refused("instance hardened-1 already has the fault killed: lift it first", doing("instance", "stopped"))
	refused("killed is on there", lifted(doing("instance", "stopped")))
	w.do(t, blackhole) // a path is another thing
	w.do(t, lifted(blackhole))
	w.do(t, lab.Action{Fault: fault.Fault{On: "instance"}, Heal: true})
	w.settle(t) // what is told of it would come later

	if resp, err := http.Get(w.Arms()[0].Instances[0].URL + "/die"); err == nil {
		resp.Body.Close()
	}
	machinetest.Until(t, "its death is seen", 5*time.Second, func() bool { return w.exits() == 1 })
	// There is nothing to hurt any more: that is told, and the round goes on.
	w.findsNobody(t, "had exited by itself")
}

// exits counts the instances that were seen to exit by themselves.
func (w *world) exits() (n int) {
	for _, e := range w.of(history.Process) {
		if e.Name == "exit" {
			n++
		}
	}
	return n
}

// TestDiesWhenLetGoOn has an instance exit as soon as it may go on.
func TestDiesWhenLetGoOn(t *testing.T) {
	w := open(t, spec(t))
	w.fresh(t, nil)
	a := doing("instance", "stopped")
	w.do(t, a)
	w.probed(t, a, 1)
	asked := make(chan struct{})
	go func() {
		defer close(asked)
		if resp, err := http.Get(w.Arms()[0].Instances[0].URL + "/die"); err == nil {
			resp.Body.Close()
		}
	}()
	w.do(t, lifted(a))
	<-asked
	machinetest.Until(t, "its death is seen", 5*time.Second, func() bool { return w.exits() == 1 })
	w.settle(t)
	if n := len(w.of(history.Problem)); n > 0 {
		t.Errorf("%d problems: %v", n, w.of(history.Problem))
	}
	w.fresh(t, nil)
}

// TestPortTakenWhileDown puts another server where the instance was.
func TestPortTakenWhileDown(t *testing.T) {
	w := open(t, spec(t))
	w.fresh(t, nil)
	a := doing("instance", "killed")
	w.do(t, a)
	other, err := net.Listen("tcp", strings.TrimPrefix(w.Arms()[0].Instances[0].URL, "http://"))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Apply(t.Context(), lifted(a)); err == nil || !strings.Contains(err.Error(), "somebody has taken port") {
		t.Errorf("lifting: %v, want an error about the port", err)
	}
	other.Close()
	w.do(t, lifted(a)) // it was still on
	if err := answers(w.Arms()[0].Instances[0]); err != nil {
		t.Error(err)
	}
}

// findsNobody does each fault to an instance that is not there, for the reason why.
func (w *world) findsNobody(t *testing.T, why string) {
	t.Helper()
	w.forget()
	for _, kind := range []string{"killed", "terminated", "stopped"} {
		w.do(t, doing("instance", kind))
		w.do(t, lifted(doing("instance", kind)))
	}
	w.settle(t)
	if d := w.of(history.Delivery); len(d) != 3 || d[0].Value != 1 || d[1].Value != 1 || d[2].Value != 0 || d[2].Detail != "instance hardened-1 "+why {
		t.Errorf("delivery %v, want that killed and terminated found nobody, and stopped has no effect", d)
	}
	if n := len(w.of(history.FaultOn)) + len(w.of(history.FaultOff)) + len(w.of(history.Problem)); n > 0 {
		t.Errorf("%d faults and problems recorded, want none", n)
	}
}

// TestCutShortInstanceFault ends the context when the instance has just been killed.
func TestCutShortInstanceFault(t *testing.T) {
	w := open(t, spec(t))
	w.fresh(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	w.cut = func(e history.Event) {
		if e.Name == "ended" {
			cancel()
		}
	}
	if err := w.Apply(ctx, doing("instance", "killed")); !errors.Is(err, context.Canceled) {
		t.Errorf("Apply: %v, want canceled", err)
	}
	if err := answers(w.Arms()[0].Instances[0]); err != nil {
		t.Errorf("afterwards: %v, want it started again", err)
	}
	if n := len(w.of(history.FaultOn)); n > 0 {
		t.Errorf("%d faults recorded that were undone", n)
	}
}

// TestFreshAndCloseWithInstancesHurt leaves each fault on, begins another round, and closes in the end.
func TestFreshAndCloseWithInstancesHurt(t *testing.T) {
	w := open(t, spec(t)) // whose end looks for processes
	for _, kind := range []string{"killed", "terminated", "stopped"} {
		w.fresh(t, nil)
		w.do(t, doing("instance", kind))
		w.fresh(t, nil)
		if err := errors.Join(answers(w.Arms()[0].Instances[0]), w.Died()); err != nil {
			t.Errorf("%s: in the next round: %v", kind, err)
		}
	}
	w.do(t, doing("instance", "stopped"))
	w.do(t, doing("redis", "stopped"))
	began := time.Now()
	if err := w.Close(); err != nil {
		t.Errorf("Close: %v", err)
	}
	// 3 s: SIGTERM was not heard.
	if took := time.Since(began); took >= 3*time.Second {
		t.Errorf("Close took %v with a stopped instance", took)
	}
	if err := w.Apply(context.Background(), lab.Action{Fault: fault.Fault{On: "instance"}, Heal: true}); !errors.Is(err, context.Canceled) {
		t.Errorf("lifting on a closed lab: %v, want canceled", err)
	}
}
