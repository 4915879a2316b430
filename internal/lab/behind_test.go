package lab_test

import (
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/machinetest"
)

// behind opens a lab whose one instance a shell starts; $SERVE in script is the service.
func behind(t *testing.T, script string, env map[string]string) *world {
	t.Helper()
	if runtime.GOOS != "linux" {
		t.Skip("looks into /proc")
	}
	s := spec(t)
	s.Command = []string{"sh", "-c", strings.ReplaceAll(script, "$SERVE", os.Args[0]+" serve")}
	w := open(t, s)
	w.fresh(t, env)
	w.forget()
	return w
}

// ends lists how the service has ended by itself.
func (w *world) ends() (details []string) {
	for _, e := range w.of(history.Process) {
		if e.Name == "exit" {
			details = append(details, e.Detail)
		}
	}
	return details
}

// die has the service end by itself.
func die(t *testing.T, w *world) {
	t.Helper()
	if resp, err := http.Get(w.Arms()[0].Instances[0].URL + "/die"); err == nil {
		resp.Body.Close()
		t.Fatal("it answers")
	}
}

// A service that a shell starts again and again has ended each time, though the shell's process lives on.
func TestEachEndBehindAShellIsRecorded(t *testing.T) {
	w := behind(t, "while true; do $SERVE; done", nil)
	in := w.Arms()[0].Instances[0]
	for n := 1; n <= 3; n++ {
		die(t, w)
		machinetest.Until(t, "it serves again, and its end is recorded", 10*time.Second, func() bool { return answers(in) == nil && len(w.ends()) >= n })
	}
	got := w.ends()
	if len(got) != 3 || !strings.Contains(got[0], "which listened on its port behind process") {
		t.Errorf("ends %q, want three of a process behind the shell's", got)
	}
	if err := w.Died(); err != nil {
		t.Errorf("Died: %v", err)
	}
}

// When the shell ends with the service, that is one end, and what the lab ends itself is none.
func TestTheShellsEndIsNoOtherEnd(t *testing.T) {
	w := behind(t, "$SERVE; exit 3", nil)
	die(t, w)
	machinetest.Until(t, "the end is recorded", 5*time.Second, func() bool { return len(w.ends()) > 0 })
	w.fresh(t, nil)
	for _, kind := range []string{"killed", "terminated", "stopped"} {
		a := doing("instance", kind)
		w.do(t, a)
		w.do(t, lifted(a))
	}
	w.settle(t)
	w.fresh(t, nil)
	if got := w.ends(); !slices.Equal(got, []string{"exit status 3"}) {
		t.Errorf("ends %q, want the shell's alone", got)
	}
}

// Faults reach the service where a supervisor has put it into a session of its own.
func TestAServiceInAnotherSessionIsHurt(t *testing.T) {
	machinetest.Need(t, "setsid")
	for _, script := range []string{"setsid $SERVE & wait", "setsid env -u BENCH_PROCESS $SERVE & wait"} {
		w := behind(t, script, nil)
		for _, row := range []struct{ kind, during string }{{"stopped", "new silence"}, {"killed", "new refused"}, {"terminated", "new refused"}} {
			t.Run(row.kind, func(t *testing.T) {
				w.forget()
				a := doing("instance", row.kind)
				w.do(t, a)
				w.probed(t, a, 1)
				w.do(t, lifted(a))
				if err := answers(w.Arms()[0].Instances[0]); err != nil {
					t.Errorf("after the fault: %v", err)
				}
				w.proved(t, a, "1")
				if _, during := w.met(); len(during) != 1 || row.kind != "terminated" && during[0] != row.during {
					t.Errorf("canaries met %q, want %q", during, row.during)
				}
				if got := w.ends(); len(got) > 0 {
					t.Errorf("ends %q, of a fault", got)
				}
			})
		}
	}
}

// A service behind a shell that is asked to end has its time for that, though the shell ends at once.
func TestAServiceBehindAShellSaysGoodbye(t *testing.T) {
	flag := filepath.Join(t.TempDir(), "goodbye")
	w := behind(t, "$SERVE; true", map[string]string{"FAKE": "goodbye", "FLAG": flag})
	a := doing("instance", "terminated")
	w.do(t, a)
	machinetest.Until(t, "it has said goodbye", 5*time.Second, func() bool { _, err := os.Stat(flag); return err == nil })
	w.do(t, lifted(a))
	w.settle(t)
}
