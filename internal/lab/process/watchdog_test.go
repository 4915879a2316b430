package process_test

import (
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/trektribe/bench/internal/lab/process"
)

func TestWatchdogSparesWhatIsNotItsOwn(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("start times are read from /proc")
	}
	cmd := exec.Command("sleep", "60")
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		cmd.Process.Kill()
		cmd.Wait()
	}()
	defer signal.Reset() // it ignores what would end this test
	pid := strconv.Itoa(cmd.Process.Pid)
	rows := []struct{ name, lease string }{
		{"another process had this number", "token none\nwatch " + pid + " 12345\n"},
		{"it was forgotten", "token none\nwatch " + pid + " " + startTime(t, pid) + "\nforget " + pid + "\n"},
	}
	for _, row := range rows {
		if err := process.Watchdog(strings.NewReader(row.lease), io.Discard); err != nil {
			t.Errorf("%s: %v", row.name, err)
		}
		if err := cmd.Process.Signal(syscall.Signal(0)); err != nil || startTime(t, pid) == "" {
			t.Fatalf("%s: killed all the same", row.name)
		}
	}
	if err := process.Watchdog(strings.NewReader("wach 1\n"), io.Discard); err == nil || !strings.Contains(err.Error(), `"wach 1"`) {
		t.Errorf("a lease that makes no sense: %v", err)
	}
	// And its own it does not spare, nor their directory.
	dir := t.TempDir()
	sub := filepath.Join(dir, "bench-x")
	if err := os.MkdirAll(filepath.Join(sub, "db"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := process.Watchdog(strings.NewReader("dir "+`"`+sub+`"`+"\nwatch "+pid+" "+startTime(t, pid)+"\n"), io.Discard); err != nil {
		t.Error(err)
	}
	if err := cmd.Wait(); err == nil || !strings.Contains(err.Error(), "killed") {
		t.Errorf("its own process ended with %v, want killed", err)
	}
	if _, err := os.Stat(sub); !os.IsNotExist(err) {
		t.Errorf("its directory: %v, want it gone", err)
	}
}

// startTime is the 22nd field of the process's stat; "sleep" has no blank to mislead.
func startTime(t *testing.T, pid string) string {
	t.Helper()
	b, err := os.ReadFile("/proc/" + pid + "/stat")
	if err != nil {
		t.Fatal(err)
	}
	return strings.Fields(string(b))[21]
}
