// Command bench tests which promises of a cached API hold under load and while
// Redis fails, and shows the evidence.
package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/trektribe/bench/internal/near"
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
