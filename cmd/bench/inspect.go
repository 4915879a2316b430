package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"os"
	"time"

	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/reports"
)

const inspectHelp = `Show what a service speaks: each call of the scenarios' traffic is asked for a few
times of one healthy instance, cold, warm and after a write. bench run does the
same before its first round, and leaves out what is not spoken.

A second table is the cache map: what each call says to Redis (commands, keys,
times to live, round trips), and how long a hit and a miss take. It needs a
service that bench starts: its proxy stands before Redis. See docs/wire.md.

Usage: bench inspect [flags] [SCENARIO...]

Without a SCENARIO, the calls of the whole library are asked for; without a target,
the reference service. Nothing is kept. A service that already runs is changed
where the scenarios change it.

Flags, as for bench run:
  --target-cmd CMD, --env NAME=VALUE, --env-file FILE, --redis WHICH, --arms LIST
  --contract FILE
  --target-url URL, --allow-host HOST, --ready-in D

Exit: 0, or 2 when the service could not be asked.

Examples:
  bench inspect --target-cmd 'node server.js'
  bench inspect --target-url http://127.0.0.1:4000 trips
`

func runInspect(ctx context.Context, args []string, out, errw io.Writer) (code int) {
	f := runFlags{set: flag.NewFlagSet("inspect", flag.ContinueOnError), instances: 1}
	f.defineTarget()
	names, err := parse(f.set, inspectHelp, args, out)
	if err != nil {
		return stopped(err, errw)
	}
	spec, specErr := f.spec()
	all, scenariosErr := loadAll(names, "")
	own, contractErr := readContract(f.contract)
	if err := errors.Join(specErr, scenariosErr, contractErr, overridden(spec.Env, all)); err != nil {
		return cannot(errw, err)
	}
	logs, err := os.MkdirTemp("", "bench-inspect-")
	if err != nil {
		return cannot(errw, err)
	}
	tables, err := run.Inspect(ctx, run.Options{Scenarios: all, Lab: spec, Contract: own, Seed: uint64(time.Now().UnixNano())}, logs)
	os.RemoveAll(logs) // before the table: whoever reads it may stop early, which ends this program
	switch {
	case err != nil && ctx.Err() != nil:
		return exitInterrupted
	case err != nil:
		return cannot(errw, err)
	}
	if err := reports.InspectionTable(out, tables); err != nil {
		return cannot(errw, err)
	}
	return exitHolds
}
