package watch

import (
	"context"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
)

// Each phase has what was held at first, and then what is above all before in it.
func TestWhatAnInstanceHoldsIsRecordedWhereItRises(t *testing.T) {
	p := peaks{}
	for i, r := range []struct {
		phase, instance string
		value           float64
		want            bool
	}{
		{"steady", "1", 30, true}, {"steady", "1", 30, false}, {"steady", "1", 31, true}, {"steady", "2", 5, true},
		{"steady", "1", 20, false}, {"fault", "1", 20, true}, {"fault", "1", 19, false}, {"steady", "1", 32, true}, {"fault", "2", 0, true},
	} {
		e := history.Event{Kind: history.Usage, Phase: r.phase, Instance: r.instance, Name: gauges[0]}
		if got := p.rise(e, r.value); got != r.want {
			t.Errorf("reading %d, %+v: rises: %v", i, r, got)
		}
	}

	c := exec.Command("cat")
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	in, err := c.StdinPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Skipf("cat cannot be started: %v", err)
	}
	defer func() { in.Close(); c.Wait() }()
	ctx, stop := context.WithTimeout(t.Context(), 10*time.Second)
	defer stop()
	arms := func() []lab.Arm {
		return []lab.Arm{{Name: "a", Instances: []lab.Instance{{Name: "1", PID: c.Process.Pid}, {Name: "2"}}}}
	}
	seen := map[string]bool{}
	Usage(ctx, history.NewClock(), arms, time.Millisecond, func(time.Duration) string { return "fault" }, func(e history.Event) {
		if e.Kind != history.Usage || e.Arm != "a" || e.Instance != "1" || e.Phase != "fault" || e.Value <= 0 || e.Until < e.At {
			t.Errorf("recorded %+v", e)
		}
		if seen[e.Name] = true; len(seen) == 3 {
			stop()
		}
	})
	if !seen["process_open_fds"] || !seen["process_resident_memory_bytes"] || !seen["process_threads"] {
		t.Errorf("recorded of a process: %v", seen)
	}
}

func TestAProcessShowsItsDescriptorsAndMemory(t *testing.T) {
	start := func(more int) int {
		c := exec.Command("cat")
		c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
		for range more {
			null, err := os.Open(os.DevNull)
			if err != nil {
				t.Fatal(err)
			}
			defer null.Close()
			c.ExtraFiles = append(c.ExtraFiles, null)
		}
		in, err := c.StdinPipe()
		if err == nil {
			err = c.Start()
		}
		if err != nil {
			t.Skipf("cat cannot be started: %v", err)
		}
		t.Cleanup(func() { in.Close(); c.Wait() })
		return c.Process.Pid
	}
	few, many := start(0), start(5)
	got := usages([]lab.Arm{{Instances: []lab.Instance{{PID: few}, {PID: many}, {PID: 0}}}})
	if len(got) != 2 {
		t.Fatalf("usages of %d groups, want 2: %v", len(got), got)
	}
	if d := got[many].descriptors - got[few].descriptors; d != 5 {
		t.Errorf("with five files more, %d descriptors more: %v", d, got)
	}
	if got[few].resident < 1<<12 || got[few].resident > 1<<30 {
		t.Errorf("cat holds %d bytes of memory", got[few].resident)
	}
}

func TestAProcessShowsTheTimeOfTheProcessor(t *testing.T) {
	c := exec.Command("sh", "-c", "while :; do :; done")
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := c.Start(); err != nil {
		t.Skipf("sh cannot be started: %v", err)
	}
	defer func() { c.Process.Kill(); c.Wait() }()
	arms := []lab.Arm{{Instances: []lab.Instance{{PID: c.Process.Pid}}}}
	began := time.Now()
	used := func() time.Duration { return usages(arms)[c.Process.Pid].cpu }
	for used() < 50*time.Millisecond && time.Since(began) < 30*time.Second {
		time.Sleep(time.Millisecond)
	}
	if got, most := used(), time.Since(began)+tick; got < 50*time.Millisecond || got > most {
		t.Errorf("a process that never waits has used %v of %v", got, most)
	}
	if got := ticks([]string{"3", "4", "0", "1"}); got != 80*time.Millisecond {
		t.Errorf("ticks: %v", got)
	}
}
