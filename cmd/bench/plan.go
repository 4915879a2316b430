package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"

	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/scenarios"
)

const planHelp = `Print scenarios with every default. Nothing is started.

Usage: bench plan [--arms LIST] [--profile NAME [--budget D]] [--contract FILE] [SCENARIO...]

A SCENARIO is a name or a group from 'bench list', or the path of a YAML file.
Without one, all are printed. With a profile (quick, standard or nightly) the last
lines say how long they take together, against the profile's budget or D, and what
stays undecided.
--contract shows first how the service speaks each call, and which streams it
leaves out. All mistakes are printed at once, each with file, line and column.

Exit: 0, or 2 when a scenario has mistakes, or when they may exceed the budget.

Example:
  bench plan redis-outage
  bench plan my-scenario.yaml
  bench plan --profile nightly
  bench plan --contract shop.yaml trips
`

func runPlan(_ context.Context, args []string, out, errw io.Writer) int {
	fs := flag.NewFlagSet("plan", flag.ContinueOnError)
	arms := fs.String("arms", "", "")
	profile := fs.String("profile", "", "")
	budget := fs.Duration("budget", 0, "")
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
		if err := planContract(out, own, all); err != nil {
			return cannot(errw, err)
		}
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
	if *profile == "" && *budget <= 0 {
		return 0
	}
	says, err := howLong(all, lab.Spec{Arms: specs}, *profile, *budget)
	if err != nil {
		return cannot(errw, err)
	}
	fmt.Fprintf(out, "\n%s\n", strings.Join(says, "\n"))
	return 0
}
