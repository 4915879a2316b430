package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/lab/compose"
	"github.com/trektribe/bench/internal/lab/container"
	"github.com/trektribe/bench/internal/lab/redis"
	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/internal/run/capacity"
)

const doctorHelp = `Check what this machine can decide, and what is missing. It takes a second and
makes the output folder.

Usage: bench doctor

Exit: 0, or 2 when this machine stalls too long for any scenario.

Example:
  bench doctor
`

func runDoctor(ctx context.Context, args []string, out, errw io.Writer) int {
	fs := flag.NewFlagSet("doctor", flag.ContinueOnError)
	rest, err := parse(fs, doctorHelp, args, out)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("doctor takes no arguments, got %q", rest[0])
	}
	if err != nil {
		return stopped(err, errw)
	}
	m := run.Fingerprint()
	fmt.Fprintf(out, "machine       %s\n", m)
	fmt.Fprintf(out, "embedded      yes: Redis, database and service come with bench\n")
	fmt.Fprintf(out, "redis-server  %s\n", found(ctx, "redis-server", "bench run --redis server", "install the package redis-server"))
	fmt.Fprintf(out, "container     %s\n", contained())
	fmt.Fprintf(out, "compose       %s\n", composed(ctx))
	fmt.Fprintf(out, "output        %s\n", writable("reports/out"))
	late := wakeups(ctx, time.Second)
	fmt.Fprintf(out, "wake-ups      a 1 ms sleep is late by %v at the median, %v at 99 %%, %v at worst\n", late[len(late)/2].Round(time.Microsecond), late[len(late)*99/100].Round(time.Microsecond), late[len(late)-1].Round(time.Microsecond))
	if rate, err := capacity.Measure(ctx, 100_000); err == nil {
		fmt.Fprintf(out, "load          some %.0f requests a second leave on time, to a service that does nothing\n", rate)
	}
	code := 0
	if m.CPUs < 2 {
		fmt.Fprintln(out, "warning: load, service and Redis share one CPU: latency claims will stay undecided")
	}
	if worst := late[len(late)-1]; worst >= 100*time.Millisecond {
		fmt.Fprintln(out, "warning: the machine stalls, and rounds with a stall of 100 ms do not count. Stop other programs.")
		code = exitCannotRun
	}
	return code
}

// found says whether a program is on the PATH, with its version.
func found(ctx context.Context, name, use, get string) string {
	path, err := exec.LookPath(name)
	if err != nil {
		return "no; " + get + " to use " + use
	}
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	v, err := exec.CommandContext(ctx, path, "--version").Output()
	if err != nil {
		return fmt.Sprintf("broken: %s --version: %v", path, err)
	}
	line, _, _ := strings.Cut(strings.TrimSpace(string(v)), "\n")
	return "yes, with " + use + ": " + line
}

// contained says whether Redis can be started in a container.
func contained() string {
	version, err := container.Engine()
	if err == nil {
		err = redis.Check("container")
	}
	if err != nil {
		return fmt.Sprintf("no; to use bench run --redis container: %v", err)
	}
	return "yes, with bench run --redis container: engine " + version
}

// composed says whether a compose file can be run.
func composed(ctx context.Context) string {
	_, err := container.Engine()
	command, commandErr := compose.Command(ctx)
	if err := cmp.Or(err, commandErr); err != nil {
		return fmt.Sprintf("no; to use bench run --stack compose: %v", err)
	}
	return "yes, with bench run --stack compose: " + strings.Join(command, " ")
}

// writable says whether runs can be saved below dir.
func writable(dir string) string {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Sprintf("no: %v; choose another with --out", err)
	}
	f, err := os.CreateTemp(dir, ".doctor-*")
	if err != nil {
		return fmt.Sprintf("no: %v; choose another with --out", err)
	}
	f.Close()
	os.Remove(f.Name())
	return "yes, runs are saved below " + dir
}

// wakeups measures for d how late a sleeper wakes; sorted, never empty.
func wakeups(ctx context.Context, d time.Duration) []time.Duration {
	var late []time.Duration
	for end := time.Now().Add(d); len(late) == 0 || time.Now().Before(end) && ctx.Err() == nil; {
		t := time.Now()
		time.Sleep(time.Millisecond)
		late = append(late, time.Since(t)-time.Millisecond)
	}
	slices.Sort(late)
	return late
}
