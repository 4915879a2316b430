// Package machinetest is what a test may ask of the machine that it runs on:
// programs, and quiet.
//
// A test that a busy machine leaves without an answer says so here. What was
// said is counted: CI prints it, and fails where it was said too often, so that
// no test can stay without an answer for ever, unseen.
package machinetest

import (
	"fmt"
	"os"
	"os/exec"
	"testing"
)

// Need skips the test where a program is missing from the PATH. It fails the
// test instead where BENCH_REQUIRE is "all": that machine must have everything.
func Need(t testing.TB, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	if os.Getenv("BENCH_REQUIRE") == "all" {
		t.Fatalf("%s is not on the PATH, and BENCH_REQUIRE is all", program)
	}
	t.Skipf("%s is not on the PATH", program)
}

// Busy counts one time that a busy machine spared a test something: a repeat, a
// bound that could not be judged. The test goes on. Each is a line of the file
// that BENCH_BUSY names.
func Busy(t testing.TB, format string, args ...any) {
	t.Helper()
	why := fmt.Sprintf(format, args...)
	t.Logf("busy machine: %s", why)
	name := os.Getenv("BENCH_BUSY")
	if name == "" {
		return
	}
	f, err := os.OpenFile(name, os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o644)
	if err != nil {
		t.Fatalf("count a busy machine: %v", err)
	}
	defer f.Close()
	if _, err := fmt.Fprintf(f, "%s: %.200q\n", t.Name(), why); err != nil {
		t.Fatalf("count a busy machine: %v", err)
	}
}

// SkipBusy counts the same, and skips the rest of the test.
func SkipBusy(t testing.TB, format string, args ...any) {
	t.Helper()
	Busy(t, format, args...)
	t.Skip("the machine was too busy to tell")
}
