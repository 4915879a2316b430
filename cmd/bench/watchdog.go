package main

import (
	"context"
	"io"
	"os"

	"github.com/trektribe/bench/internal/lab"
)

const watchdogHelp = `Started by bench run, for bench run: ends what a killed harness left behind.
`

func runWatchdog(_ context.Context, _ []string, _, errw io.Writer) int {
	if err := lab.Watchdog(os.Stdin); err != nil {
		return cannot(errw, err)
	}
	return 0
}
