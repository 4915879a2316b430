// Command bench drives the trip API, or a service of yours, with load and
// faults, and says which of its promises hold.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/trektribe/bench/internal/near"
)

// Exit codes that a CI job can trust.
const (
	exitHolds       = 0
	exitRefuted     = 1
	exitCannotRun   = 2
	exitUndecided   = 3
	exitInterrupted = 130
)

// A command is one verb: its own file, opening with its help.
type command struct {
	name  string
	about string // one line for the overview; empty: not listed
	help  string
	run   func(ctx context.Context, args []string, out, err io.Writer) int
}

// commands in the order in which a new user meets them. A function, because
// help prints the table that holds it.
func commands() []command {
	return []command{
		{"run", "run scenarios and judge their claims", runHelp, runRun},
		{"plan", "print what a scenario would do, with every default resolved", planHelp, runPlan},
		{"list", "list the scenarios and their claims", listHelp, runList},
		{"explain", "say what a claim or a measure means", explainHelp, runExplain},
		{"judge", "judge a saved run again", judgeHelp, runJudge},
		{"selfcheck", "show that the claims notice a broken service", selfcheckHelp, runSelfcheck},
		{"doctor", "say what this machine can decide", doctorHelp, runDoctor},
		{"serve", "the reference trip API", serveHelp, runServe},
		{"redis", "the embedded Redis", redisHelp, runRedis},
		{"watchdog", "", watchdogHelp, runWatchdog},
	}
}

func main() {
	os.Exit(dispatch(os.Args[1:], os.Stdout, os.Stderr))
}

// dispatch is main with its edges passed in. SIGINT, SIGTERM and SIGHUP end the context; a second one ends the process.
func dispatch(args []string, out, err io.Writer) int {
	if len(args) == 0 {
		overview(err)
		return exitCannotRun
	}
	name := args[0]
	if name == "help" || name == "-h" || name == "--help" {
		if len(args) > 1 {
			return dispatch([]string{args[1], "--help"}, out, err)
		}
		overview(out)
		return 0
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM, syscall.SIGHUP)
	defer stop()
	context.AfterFunc(ctx, stop)
	var names []string
	for _, c := range commands() {
		if c.name == name {
			return c.run(ctx, args[1:], out, err)
		}
		if c.about != "" {
			names = append(names, c.name)
		}
	}
	hint := ""
	if n := near.Word(name, names); n != "" {
		hint = fmt.Sprintf("; did you mean %q", n)
	}
	fmt.Fprintf(err, "bench: no command %q%s; there are %s\n", name, hint, strings.Join(names, ", "))
	return exitCannotRun
}

func overview(w io.Writer) {
	fmt.Fprint(w, `bench finds out which promises of a cached API hold, under load and under faults.

Usage: bench COMMAND [flags]

`)
	for _, c := range commands() {
		if c.about != "" {
			fmt.Fprintf(w, "  %-10s %s\n", c.name, c.about)
		}
	}
	fmt.Fprint(w, `
Example:
  bench run                # the usual scenarios, both cache policies, two minutes
  bench help run           # flags and more examples
`)
}

// errHelped says that --help was asked for and has been answered.
var errHelped = errors.New("help was printed")

// parse reads flags wherever they stand between args and returns the rest.
func parse(fs *flag.FlagSet, help string, args []string, out io.Writer) (rest []string, err error) {
	fs.SetOutput(io.Discard)
	fs.Usage = func() {}
	for {
		err := fs.Parse(args)
		if errors.Is(err, flag.ErrHelp) {
			fmt.Fprint(out, help)
			return nil, errHelped
		}
		if err != nil {
			return nil, fmt.Errorf("%w; see bench %s --help", err, fs.Name())
		}
		args = fs.Args()
		if len(args) == 0 {
			return rest, nil
		}
		rest, args = append(rest, args[0]), args[1:]
	}
}

// stopped turns what parse returned into an exit code.
func stopped(err error, w io.Writer) int {
	if errors.Is(err, errHelped) {
		return 0
	}
	return cannot(w, err)
}

// cannot reports why a command could not run.
func cannot(w io.Writer, err error) int {
	for line := range strings.Lines(err.Error()) {
		fmt.Fprintf(w, "bench: %s\n", strings.TrimRight(line, "\n"))
	}
	return exitCannotRun
}
