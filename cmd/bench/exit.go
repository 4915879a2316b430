package main

import (
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/trektribe/bench/internal/claim"
)

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
