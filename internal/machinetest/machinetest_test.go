package machinetest_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/machinetest"
)

func TestWhatABusyMachineSparesIsCounted(t *testing.T) {
	file := filepath.Join(t.TempDir(), "busy")
	t.Setenv("BENCH_BUSY", file)
	machinetest.Busy(t, "late by %d ms", 7)
	t.Run("skipped", func(t *testing.T) {
		machinetest.SkipBusy(t, "a stall\nof two lines")
		t.Error("the test went on")
	})
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(b)), "\n")
	want := []string{`TestWhatABusyMachineSparesIsCounted: "late by 7 ms"`, `TestWhatABusyMachineSparesIsCounted/skipped: "a stall\nof two lines"`}
	if len(lines) != 2 || lines[0] != want[0] || lines[1] != want[1] {
		t.Errorf("counted %q, want %q", lines, want)
	}
}

func TestAProgramThatIsThereSkipsNothing(t *testing.T) {
	machinetest.Need(t, "go")
}
