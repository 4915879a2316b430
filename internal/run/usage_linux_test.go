package run

import (
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/trektribe/bench/internal/lab"
)

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
