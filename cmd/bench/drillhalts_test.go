package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/drill"
)

// drilledIn is the only drill below out.
func drilledIn(t *testing.T, out string) (dir string, p *drill.Plan, a *drill.After) {
	t.Helper()
	dirs, _ := filepath.Glob(filepath.Join(out, "2*"))
	if len(dirs) != 1 {
		t.Fatalf("run folders: %v, want one", dirs)
	}
	p, err := drill.ReadPlan(dirs[0])
	if err != nil {
		t.Fatal(err)
	}
	if a, err = drill.ReadAfter(dirs[0]); err != nil {
		t.Fatal(err)
	}
	return dirs[0], p, a
}

// A drill of three faults tells of each whether the prediction was hit, and is judged again to the same bytes.
func TestADrillOfThreeFaultsIsToldToTheEnd(t *testing.T) {
	t.Parallel()
	out := t.TempDir()
	code, table, errs := bench("drill", "--yes", "--by", "me", "--tell", "#ops", "--seed", "7", "--out", out, "--expect", "outage: max(time_to_detect(redis)) <= 1ms", "testdata/drill.yaml")
	dir, p, a := drilledIn(t, out)
	if len(p.Predictions) != 6 || p.By != "me" || p.Confirmed != drill.Unattended || p.Ended == nil || len(p.Last) != 3 {
		t.Errorf("%+v", p)
	}
	if len(a.Episodes) != 3 {
		t.Fatalf("%+v", a)
	}
	for _, e := range a.Episodes {
		if !e.Begun || !e.Whole || !e.Proved || e.On == 0 || e.On != e.Off {
			t.Errorf("%+v", e)
		}
	}
	// Health is asked each 50 ms, so that 1 ms is missed whatever the machine does.
	if o := a.Episodes[0].Predictions[2]; o.Is == drill.Hit || o.By != "me" {
		t.Errorf("%+v", o)
	}
	if code != exitRefuted && code != exitUndecided { // the latter on a machine that stalled
		t.Errorf("exit %d\n%s%s", code, table, errs)
	}
	if !strings.Contains(table, "3 of 3 faults begun") || !strings.Contains(errs, "predicted") {
		t.Errorf("%s%s", table, errs)
	}
	before := map[string]string{}
	for _, f := range []string{"after.json", "drill.md", "drill.html", "results.json"} {
		b, err := os.ReadFile(filepath.Join(dir, f))
		if err != nil {
			t.Fatal(err)
		}
		before[f] = string(b)
		if f != "results.json" {
			os.Remove(filepath.Join(dir, f))
		}
	}
	bench("judge", dir)
	for f, was := range before {
		if b, err := os.ReadFile(filepath.Join(dir, f)); err != nil || string(b) != was {
			t.Errorf("%s is not the same after bench judge: %v", f, err)
		}
	}
	code, ledger, errs := bench("drill", "--ledger", "--out", out)
	if code != exitHolds || !strings.Contains(ledger, "killed on redis") || !strings.Contains(ledger, "never rehearsed: latency on redis") {
		t.Errorf("ledger: exit %d\n%s%s", code, ledger, errs)
	}
}

// halts are the ways in which a drill is halted from outside.
var halts = []struct {
	name string
	how  string // what the plan says afterwards
	do   func(t *testing.T, c *child, out, file string, stop *atomic.Bool)
}{
	{"Ctrl-C", "Ctrl-C", func(_ *testing.T, c *child, _, _ string, _ *atomic.Bool) { c.Process.Signal(syscall.SIGINT) }},
	{"bench halt", "bench halt", func(t *testing.T, _ *child, out, _ string, _ *atomic.Bool) {
		if code, said, errs := bench("halt", "--out", out); code != 0 && !strings.Contains(errs, "no drill is running") {
			t.Errorf("bench halt: exit %d\n%s%s", code, said, errs)
		}
	}},
	{"a halt file", "the halt file", func(t *testing.T, _ *child, _, file string, _ *atomic.Bool) {
		if err := os.WriteFile(file, nil, 0o644); err != nil {
			t.Error(err)
		}
	}},
	{"a halt URL", "the halt URL", func(_ *testing.T, _ *child, _, _ string, stop *atomic.Bool) { stop.Store(true) }},
}

// Halted at a random instant, in each way, a drill puts everything back within the lease and a second. BENCH_HALTS is how
// often each way is tried, BENCH_SOAK_SEED repeats when.
func TestADrillThatIsHaltedPutsEverythingBack(t *testing.T) {
	if testing.Short() && os.Getenv("BENCH_HALTS") == "" {
		t.Skip("takes half a minute; BENCH_HALTS=13 or no -short")
	}
	times, seed := number(t, "BENCH_HALTS", 1), number(t, "BENCH_SOAK_SEED", int(rand.Uint32()))
	t.Logf("BENCH_HALTS=%d BENCH_SOAK_SEED=%d", times, seed)
	random := rand.New(rand.NewPCG(uint64(seed), 0))
	for range times {
		for _, h := range halts {
			after := time.Duration(random.Float64() * float64(9*time.Second))
			t.Run(fmt.Sprintf("%s after %v", h.name, after.Round(time.Millisecond)), func(t *testing.T) {
				var stop atomic.Bool
				url := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
					if stop.Load() {
						w.WriteHeader(http.StatusServiceUnavailable)
						return
					}
					fmt.Fprint(w, "go")
				}))
				defer url.Close()
				out, file := t.TempDir(), filepath.Join(t.TempDir(), "stop")
				c := start(t, "drill", "--yes", "--out", out, "--halt-file", file, "--halt-url", url.URL, "testdata/drill.yaml")
				// From when it hears: before, a signal just ends it, and it has begun nothing.
				if !waitFor(30*time.Second, func() bool { d, _ := filepath.Glob(filepath.Join(out, "2*", "drill.json")); return len(d) > 0 }) {
					t.Fatalf("it did not begin:\n%s", c.err.String())
				}
				select {
				case <-c.ended():
				case <-time.After(after):
				}
				struck := time.Now()
				h.do(t, c, out, file, &stop)
				select {
				case <-c.ended():
				case <-time.After(time.Minute):
					t.Fatalf("it did not end:\n%s", c.err.String())
				}
				c.nothingLeft(t, goneWithin-time.Since(struck))
				if took := time.Since(struck); took > goneWithin {
					t.Errorf("everything was put back after %v, want %v at most", took, goneWithin)
				}
				if left, _ := filepath.Glob(filepath.Join(out, ".drill")); len(left) > 0 {
					t.Errorf("left behind: %v", left)
				}
				told(t, out, h.how, c)
			})
		}
	}
}

// told looks at what a halted drill says of itself.
func told(t *testing.T, out, how string, c *child) {
	t.Helper()
	if code := c.ProcessState.ExitCode(); code != exitInterrupted {
		if code == exitHolds || code == exitRefuted || code == exitUndecided {
			return // it was done by then
		}
		t.Fatalf("exit %d, want %d\n%s", code, exitInterrupted, c.err.String())
	}
	dirs, _ := filepath.Glob(filepath.Join(out, "2*"))
	if len(dirs) == 0 { // nothing was observed, and nothing is kept
		return
	}
	_, p, a := drilledIn(t, out)
	if p.Ended == nil || !strings.Contains(p.Ended.Halted, how) {
		b, _ := json.Marshal(p.Ended)
		t.Errorf("%s, want halted by %s", b, how)
	}
	for _, e := range a.Episodes {
		if e.On != e.Off {
			t.Errorf("%s: %d faults on, %d lifted", e.Phase, e.On, e.Off)
		}
		for _, o := range e.Predictions {
			if !e.Whole && o.Is != drill.Unseen {
				t.Errorf("%s was not played to its end, and %s is a %s", e.Phase, o.Text, o.Is)
			}
		}
	}
}
