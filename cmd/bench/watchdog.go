package main

import (
	"context"
	"io"
	"os"

	"github.com/trektribe/bench/internal/lab/process"
)

const watchdogHelp = `bench run starts this for itself. It ends what the harness leaves behind when it
is killed, or is held up for longer than its lease.
`

func runWatchdog(_ context.Context, _ []string, out, errw io.Writer) int {
	if err := process.Watchdog(os.Stdin, out); err != nil {
		return cannot(errw, err)
	}
	return 0
}
