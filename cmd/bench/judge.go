package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"github.com/trektribe/bench/internal/drill"
	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/reports"
)

const judgeHelp = `Judge a saved run again: the same records give the same results.json, byte for
byte. Rounds that were cut short do not count.

Usage: bench judge [flags] [DIR|FILE]

DIR is a run's folder (default reports/out/latest). Its results.json,
report.html and report.md are written again. FILE is a run that 'bench bundle'
packed: it is unpacked first, and stderr says whether results.json is the same.

Flags:
  --out DIR       where FILE is unpacked (default: a folder beside it, named like it)
  --report-only   exit 0 once judged, whatever the verdicts
  --wide          also the interval and n of each figure, and all conditions
  --no-color      no colour, also on a terminal; so does NO_COLOR

Exit: as bench run.

Example:
  bench judge reports/out/latest
  bench judge outage.tar.gz
`

func runJudge(ctx context.Context, args []string, out, errw io.Writer) int {
	fs := flag.NewFlagSet("judge", flag.ContinueOnError)
	reportOnly := fs.Bool("report-only", false, "")
	noColor := fs.Bool("no-color", false, "")
	wide := fs.Bool("wide", false, "")
	to := fs.String("out", "", "")
	dirs, err := parse(fs, judgeHelp, args, out)
	if err == nil && len(dirs) > 1 {
		err = fmt.Errorf("judge takes one folder or bundle, got %d", len(dirs))
	}
	if err != nil {
		return stopped(err, errw)
	}
	dir := "reports/out/latest"
	if len(dirs) == 1 {
		dir = dirs[0]
	}
	dir, before, err := unpacked(dir, *to)
	if err != nil {
		return cannot(errw, err)
	}
	report, err := run.Report(ctx, dir)
	if err == nil && drill.Is(dir) {
		_, _, err = drill.Write(ctx, dir, report)
	}
	if err == nil && before != nil {
		err = sayWhetherSame(errw, dir, before)
	}
	if err != nil && ctx.Err() != nil {
		return exitInterrupted
	}
	if err != nil {
		return cannot(errw, err)
	}
	if err := reports.Table(out, report, style(out, *noColor, *wide)); err != nil {
		return cannot(errw, err)
	}
	switch {
	case ctx.Err() != nil:
		return exitInterrupted
	case *reportOnly:
		return exitHolds
	}
	return exitCode(report.Results)
}
