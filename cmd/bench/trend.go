package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/trektribe/bench/internal/run/past"
	"github.com/trektribe/bench/internal/trend"
	"github.com/trektribe/bench/reports"
)

const trendHelp = `Find what changed over past runs: figures that went to another level, and verdicts
that turned.

Usage: bench trend [flags] [DIR]

DIR holds runs, each in a folder of its own (default reports/out). A change has
at least five runs on each side, is at least 5 % and is false in one of a hundred
calls at most, over all series together. It is an alarm when it is for the worse,
the latest of its series, at most ten runs old, and nothing else changed with it:
another machine or another plan is named, and alarms nobody.

Flags:
  --claim ID   every run of one claim
  --last N     look at the last N runs only (default 100)
  --json       all of it as JSON

Exit: 0 no alarm, 1 alarm, 2 could not run, 3 undecided: too few runs.

Example:
  bench trend reports/out
  bench trend --claim trips.hit.latency
`

func runTrend(ctx context.Context, args []string, out, errw io.Writer) int {
	fs := flag.NewFlagSet("trend", flag.ContinueOnError)
	id := fs.String("claim", "", "")
	last := fs.Int("last", 100, "")
	asJSON := fs.Bool("json", false, "")
	dirs, err := parse(fs, trendHelp, args, out)
	switch {
	case err != nil:
	case len(dirs) > 1:
		err = fmt.Errorf("trend takes one folder, got %d", len(dirs))
	case *last < 1:
		err = fmt.Errorf("--last %d: want 1 or more", *last)
	case *asJSON && *id != "":
		err = fmt.Errorf("--claim and --json exclude one another: the JSON has every claim")
	}
	if err != nil {
		return stopped(err, errw)
	}
	dir := "reports/out"
	if len(dirs) == 1 {
		dir = dirs[0]
	}
	runs, warnings, err := past.Runs(dir)
	for _, w := range warnings {
		fmt.Fprintf(errw, "bench: left out: %s\n", w)
	}
	if err != nil {
		return cannot(errw, err)
	}
	runs = runs[max(0, len(runs)-*last):]
	tty, width := terminal(errw)
	progress := reports.NewProgress(errw, tty, width)
	t := trend.Trend{Runs: runs, Strips: trend.Strips(runs, trend.Last), Warnings: warnings}
	began := time.Now()
	t.Series, err = trend.Find(ctx, runs, func(n, of int) {
		if time.Since(began) > 2*time.Second {
			progress.Show(reports.State{Scenario: "trend", Phase: fmt.Sprintf("%d of %d series are tested", n, of)})
		}
	})
	progress.Close()
	if err != nil {
		return exitInterrupted
	}
	switch {
	case *asJSON:
		err = t.JSON(out)
	case *id != "":
		var found bool
		if found, err = t.Claim(out, *id); err == nil && !found {
			err = fmt.Errorf("no run in %s has a figure of the claim %q; bench list shows all claims", dir, *id)
		}
	default:
		err = t.Text(out)
	}
	switch {
	case err != nil:
		return cannot(errw, err)
	case t.Alarms() > 0:
		return exitRefuted
	case t.Decided() == 0:
		return exitUndecided
	}
	return exitHolds
}
