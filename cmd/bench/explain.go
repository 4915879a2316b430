package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/measure"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/scenarios"
)

const explainHelp = `Explain what a claim promises and how it is decided, what a measure means, or
what a kind of fault does.

Usage: bench explain CLAIM|MEASURE|FAULT
       bench explain            # list them

Example:
  bench explain trips.hit.latency
  bench explain time_to_recover
  bench explain blackhole
`

func runExplain(_ context.Context, args []string, out, errw io.Writer) int {
	fs := flag.NewFlagSet("explain", flag.ContinueOnError)
	rest, err := parse(fs, explainHelp, args, out)
	if err == nil && len(rest) > 1 {
		err = fmt.Errorf("explain takes one name, got %d", len(rest))
	}
	if err != nil {
		return stopped(err, errw)
	}
	all, err := loadAll(nil, "")
	if err != nil {
		return cannot(errw, err)
	}
	if len(rest) == 0 {
		explainAll(out, all)
		return 0
	}
	name, found := rest[0], false
	for _, s := range all {
		for _, c := range s.Claims {
			if c.ID == name {
				explainClaim(out, s, c)
				found = true
			}
		}
	}
	if text, ok := measure.Explain(name); ok {
		fmt.Fprintln(out, text)
		found = true
	}
	if text, ok := fault.Explain(name); ok {
		fmt.Fprintln(out, text)
		found = true
	}
	if !found {
		return cannot(errw, fmt.Errorf("no claim, measure or fault %q; bench explain lists them", name))
	}
	return 0
}

func explainAll(out io.Writer, all []*scenarios.Scenario) {
	fmt.Fprintln(out, "Claims:")
	for _, s := range all {
		for _, c := range s.Claims {
			fmt.Fprintf(out, "  %s\n", c.ID)
		}
	}
	fmt.Fprintln(out, "\nMeasures:")
	for _, m := range measure.All() {
		fmt.Fprintf(out, "  %s\n", m.Name)
	}
	fmt.Fprintln(out, "\nFaults:")
	for _, k := range fault.Names() {
		fmt.Fprintf(out, "  %s\n", k)
	}
}

func explainClaim(out io.Writer, s *scenarios.Scenario, c claim.Text) {
	fmt.Fprintf(out, "%s: %s\n", c.ID, c.Says)
	for _, f := range []struct{ name, text string }{
		{"source", c.Source}, {"reading", c.Reading}, {"holds", c.Holds}, {"requires", c.Requires},
		{"scenario", s.Name + ": " + s.About},
	} {
		if f.text != "" {
			fmt.Fprintf(out, "  %-9s %s\n", f.name, f.text)
		}
	}
}
