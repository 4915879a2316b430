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
	"text/tabwriter"
	"time"

	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/lab/compose"
	"github.com/trektribe/bench/internal/lab/container"
	"github.com/trektribe/bench/internal/lab/redis"
	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/internal/run/capacity"
	"github.com/trektribe/bench/scenarios"
)

const doctorHelp = `Check what this machine can decide, and what is missing: a table of claims has the
command for each, or what would enable it. It takes a second and makes the output
folder.

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
	fmt.Fprintln(out)
	if err := decidesHere(out, redis.Check); err != nil {
		return cannot(errw, err)
	}
	return code
}

// decidesHere prints which claims of the library this machine can decide, by the Redis that their scenarios need: with the
// command, or with what would enable it. missing says why there is none of a kind.
func decidesHere(w io.Writer, missing func(kind string) error) error {
	var kinds []string
	claims, names := map[string][]string{}, map[string][]string{}
	for _, name := range scenarios.Library() {
		s, err := scenarios.Load(name)
		if err != nil {
			return err
		}
		kind := needsRedis(s)
		if !slices.Contains(kinds, kind) {
			kinds = append(kinds, kind)
		}
		names[kind] = append(names[kind], name)
		for _, c := range s.Claims {
			claims[kind] = append(claims[kind], c.ID)
		}
	}
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "claims\tRedis\tdecided here\twith")
	for _, kind := range kinds {
		command, rows := "bench run "+strings.Join(names[kind], " "), strings.Join(claims[kind], ", ")
		switch kind {
		case "embedded":
			command, rows = "bench run all", fmt.Sprintf("%d, all but those below", len(claims[kind]))
		case "server":
			command = "bench run --redis server " + strings.Join(names[kind], " ")
		case redis.Composed:
			command = "bench run --stack compose " + strings.Join(names[kind], " ")
		}
		here := "yes"
		if err := missing(kind); err != nil {
			here, command = "no", fmt.Sprintf("%s; %v", command, err)
		}
		fmt.Fprintf(t, "%s\t%s\t%s\t%s\n", rows, kind, here, command)
	}
	return t.Flush()
}

// needsRedis is the kind of Redis that a scenario says it needs, or the first one that can be given its faults.
func needsRedis(s *scenarios.Scenario) string {
	for _, kind := range []string{"embedded", "server", redis.Composed} {
		able := s.Target.Redis == ""
		for _, p := range s.Phases {
			for _, f := range p.Faults {
				able = able && (lab.Spec{Redis: kind}).Can(f.Kind, f.On) == nil
			}
		}
		if able {
			return kind
		}
	}
	return s.Target.Redis
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
