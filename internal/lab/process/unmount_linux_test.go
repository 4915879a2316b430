package process_test

import (
	"bufio"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/lab/process"
)

// A disk whose server was killed answers nothing any more, and is in the way of whoever removes the folder.
func TestTheWatchdogUnmountsWhatAKilledHarnessHadMounted(t *testing.T) {
	scratch := filepath.Join(t.TempDir(), "bench x") // a space is another word in the kernel's table
	at := filepath.Join(scratch, "arm", "durable")
	if err := os.MkdirAll(at, 0o700); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(os.Args[0], "mounts", at)
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	cmd.Process.Kill()
	cmd.Wait()
	if line != "up\n" {
		t.Skip("nothing can be mounted here") // the reason is on stderr
	}
	if _, err := os.ReadDir(at); err == nil {
		t.Error("it still answers")
	}
	defer signal.Reset() // the watchdog ignores what would end this test
	if err := process.Watchdog(strings.NewReader("dir \""+scratch+"\"\n"), io.Discard); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(scratch); !os.IsNotExist(err) {
		t.Errorf("the folder is still there: %v", err)
	}
}
