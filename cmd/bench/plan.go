package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"

	"github.com/trektribe/bench/scenarios"
)

const planHelp = `Print scenarios with every default. Nothing is started.

Usage: bench plan [--arms LIST] [--profile NAME] [--contract FILE] [SCENARIO...]

A SCENARIO is a name or a group from 'bench list', or the path of a YAML file.
Without one, all are printed. The profile nightly has real times to live.
--contract shows first how the service speaks each call, and which streams it
leaves out. All mistakes are printed at once, each with file, line and column.

Exit: 0, or 2 when a scenario has mistakes.

Example:
  bench plan redis-outage
  bench plan my-scenario.yaml
  bench plan --contract shop.yaml trips
`

func runPlan(_ context.Context, args []string, out, errw io.Writer) int {
	fs := flag.NewFlagSet("plan", flag.ContinueOnError)
	arms := fs.String("arms", "", "")
	profile := fs.String("profile", "", "")
	file := fs.String("contract", "", "")
	names, err := parse(fs, planHelp, args, out)
	if err != nil {
		return stopped(err, errw)
	}
	specs, err := parseArms(*arms, false)
	if err != nil {
		return cannot(errw, err)
	}
	all, scenariosErr := loadAll(names, *profile)
	own, contractErr := readContract(*file)
	if err := errors.Join(contractErr, scenariosErr); err != nil {
		return cannot(errw, err)
	}
	if own != nil {
		planContract(out, own, all)
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
