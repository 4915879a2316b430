package main

import (
	"context"
	"io"
	"os"

	"github.com/trektribe/bench/internal/lab"
)

const watchdogHelp = `Started by bench run, for bench run: ends what a harness that was killed, or
is held up for 5 s, left behind.
`

func runWatchdog(_ context.Context, _ []string, out, errw io.Writer) int {
	if err := lab.Watchdog(os.Stdin, out); err != nil {
		return cannot(errw, err)
	}
	return 0
}
