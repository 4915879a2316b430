// Package machinetest is what a test may ask of the machine that it runs on:
// programs, ports, time, and quiet.
//
// A test that a busy machine leaves without an answer says so here. What was
// said is counted: CI prints it, and fails where it was said too often, so that
// no test can stay without an answer for ever, unseen.
package machinetest

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"slices"
	"testing"
	"time"
)

// Need skips the test where a program is missing from the PATH. It fails the
// test instead where BENCH_REQUIRE is "all": that machine must have everything;
// or "programs": it must have everything but a container engine.
func Need(t testing.TB, program string) {
	t.Helper()
	if _, err := exec.LookPath(program); err == nil {
		return
	}
	Lack(t, "%s is not on the PATH", program)
}

// Redis does the same for what a kind of Redis needs: "embedded" nothing, "server" a program, "container" an image.
func Redis(t testing.TB, kind string) {
	t.Helper()
	switch kind {
	case "server", "sentinel":
		Need(t, "redis-server")
	case "container":
		Image(t, "bench/redis:latest")
	}
}

// Image does the same for an image of a container engine.
func Image(t testing.TB, name string) {
	t.Helper()
	if err := exec.Command("docker", "image", "inspect", name).Run(); err != nil {
		lack(t, []string{"all"}, "no image %s: start a container engine, and run make images", name)
	}
}

// Lack skips or fails the test in the same way, for lack of something else.
func Lack(t testing.TB, format string, args ...any) {
	t.Helper()
	lack(t, []string{"all", "programs"}, format, args...)
}

// lack fails the test where BENCH_REQUIRE is one of the words, and skips it otherwise.
func lack(t testing.TB, musts []string, format string, args ...any) {
	t.Helper()
	if must := os.Getenv("BENCH_REQUIRE"); slices.Contains(musts, must) {
		t.Fatalf(format+", and BENCH_REQUIRE is "+must, args...)
	}
	t.Skipf(format, args...)
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

// FreePort is a loopback port that nobody listened on just now.
func FreePort(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// Until waits for what must become true.
func Until(t testing.TB, what string, within time.Duration, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.Now().Add(within); !ok(); <-tick.C {
		if time.Now().After(deadline) {
			t.Fatalf("not within %v: %s", within, what)
		}
	}
}
