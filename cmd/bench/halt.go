package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"time"

	"github.com/trektribe/bench/internal/drill"
)

const haltHelp = `Stop the drill that is running, from another terminal. Every fault is lifted, and
everything that bench has started ends. Bench halt waits for that.

Usage: bench halt [--out DIR]

Flags:
  --out DIR   where the drill keeps its run (default reports/out)

Exit: 0 halted, and everything is put back; 2 no drill is running; 130 interrupted.

Example:
  bench halt
`

func runHalt(ctx context.Context, args []string, out, errw io.Writer) int {
	flags := flag.NewFlagSet("halt", flag.ContinueOnError)
	runs := flags.String("out", "reports/out", "")
	rest, err := parse(flags, haltHelp, args, out)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("halt stops the one drill that is running, and takes no name; got %q", rest[0])
	}
	if err != nil {
		return stopped(err, errw)
	}
	began := time.Now()
	dir, err := drill.Halt(ctx, *runs)
	switch {
	case errors.Is(err, drill.ErrNone):
		return cannot(errw, fmt.Errorf("%w in %s; name its folder with --out", drill.ErrNone, *runs))
	case ctx.Err() != nil:
		fmt.Fprintln(errw, "bench: the drill was told to halt, and nobody waited for it")
		return exitInterrupted
	case err != nil:
		return cannot(errw, err)
	}
	after := time.Since(began).Round(10 * time.Millisecond)
	p, err := drill.ReadPlan(dir)
	switch {
	case dir == "" || errors.Is(err, fs.ErrNotExist):
		fmt.Fprintln(out, "the drill had not begun, and does not begin")
	case err != nil:
		return cannot(errw, err)
	case p.Ended == nil:
		fmt.Fprintf(out, "the drill ended without a word, as if killed: its watchdog puts everything back; bench judge %s tells what was seen\n", dir)
	case p.Ended.Wrong != "":
		return cannot(errw, fmt.Errorf("the drill ended, and %s", p.Ended.Wrong))
	default:
		fmt.Fprintf(out, "the drill has ended after %v, and everything is put back: %s\n", after, filepath.Join(dir, "drill.md"))
	}
	return 0
}
