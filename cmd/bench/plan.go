package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"github.com/trektribe/bench/scenarios"
)

const planHelp = `Print what scenarios would do, with every default resolved. Nothing is started.

Usage: bench plan [--arms LIST] [--profile NAME] [SCENARIO...]

A SCENARIO is a name from 'bench list', the name of a group of them, or a path to
a YAML file; none means all. The profile nightly has real times to live.
Every mistake in a file is printed at once, each with file, line and column.

Exit: 0, or 2 where a scenario has mistakes.

Example:
  bench plan redis-outage
  bench plan my-scenario.yaml
`

func runPlan(_ context.Context, args []string, out, errw io.Writer) int {
	fs := flag.NewFlagSet("plan", flag.ContinueOnError)
	arms := fs.String("arms", "", "")
	profile := fs.String("profile", "", "")
	names, err := parse(fs, planHelp, args, out)
	if err != nil {
		return stopped(err, errw)
	}
	specs, err := parseArms(*arms, false)
	if err != nil {
		return cannot(errw, err)
	}
	all, err := loadAll(names, *profile)
	if err != nil {
		return cannot(errw, err)
	}
	var labels []string
	for _, a := range specs {
		labels = append(labels, a.Name)
	}
	for i, s := range all {
		if i > 0 {
			fmt.Fprintln(out)
		}
		if err := scenarios.Plan(out, s, labels); err != nil {
			return cannot(errw, err)
		}
	}
	return 0
}
