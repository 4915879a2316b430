// Command bench tests which promises of a cached API hold under load and while
// Redis fails, and shows the evidence.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/term"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/reports"
)

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
	fmt.Fprint(w, `bench tests which promises of a cached API hold under load and while Redis fails,
and shows the evidence.

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

// terminal says whether w is a terminal, and how wide.
func terminal(w io.Writer) (tty bool, width int) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return false, 0
	}
	width, _, _ = term.GetSize(int(f.Fd())) // 0: unknown
	return true, width
}

// style is how a report is shown on w. COLUMNS sets the width when w is no terminal.
func style(w io.Writer, noColor, wide bool) reports.Style {
	tty, width := terminal(w)
	if c, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && !tty && c > 0 {
		width = c
	}
	return reports.Style{Color: tty && !noColor && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb", Width: width, Wide: wide}
}

// Exit codes that a CI job can trust.
const (
	exitHolds       = 0
	exitRefuted     = 1
	exitCannotRun   = 2
	exitUndecided   = 3
	exitInterrupted = 130
)

// exitCode is the verdict of a run in one number. When both policies run side by
// side, hardened decides.
func exitCode(results []claim.Result) int {
	side := map[string]bool{}
	for _, r := range results {
		side[r.Policy] = true
	}
	code := exitHolds
	if len(results) == 0 {
		code = exitUndecided
	}
	for _, r := range results {
		if side["documented"] && side["hardened"] && r.Policy != "hardened" {
			continue
		}
		switch r.Verdict {
		case claim.Refuted:
			return exitRefuted
		case claim.Holds:
		default:
			code = exitUndecided
		}
	}
	return code
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
