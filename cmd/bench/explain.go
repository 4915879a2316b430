package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/measure"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/mutant"
	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/stats"
	"github.com/trektribe/bench/internal/traffic"
	"github.com/trektribe/bench/scenarios"
)

const explainHelp = `Explain what a claim promises and how it is decided, what a measure means, or
what a kind of fault does.

Usage: bench explain CLAIM|MEASURE|FAULT
       bench explain            # list them
       bench explain measures   # all measures: unit, source of truth, first sentence

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
	if rest[0] == "measures" {
		explainMeasures(out)
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
		return cannot(errw, fmt.Errorf("no claim, measure or fault %q%s; bench explain lists them", name, meant(name, all)))
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

// meant is the name that may have been meant, for an error.
func meant(name string, all []*scenarios.Scenario) string {
	names := append(fault.Names(), "measures")
	for _, m := range measure.All() {
		names = append(names, m.Name)
	}
	for _, s := range all {
		for _, c := range s.Claims {
			names = append(names, c.ID)
		}
	}
	if n := near.Word(name, names); n != "" {
		return fmt.Sprintf("; did you mean %s?", n)
	}
	return ""
}

// explainMeasures prints a line for each measure. docs/measures.md is this table.
func explainMeasures(out io.Writer) {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, m := range measure.All() {
		first, _, _ := strings.Cut(m.Doc, ". ")
		fmt.Fprintf(w, "%s\t%s\t%s\t%s\n", m.Name, m.Unit, m.Truth, strings.TrimSuffix(first, "."))
	}
	w.Flush()
}

func explainClaim(out io.Writer, s *scenarios.Scenario, c claim.Text) {
	fmt.Fprintf(out, "%s: %s\n", c.ID, c.Says)
	for _, f := range []struct{ name, text string }{
		{"source", c.Source}, {"reading", c.Reading}, {"holds", c.Holds}, {"requires", c.Requires},
		{"decided", decided(s)}, {"scenario", s.Name + ": " + s.About}, {"needs", needs(s, c)}, {"broken by", breakers(s, c.ID)},
	} {
		if f.text != "" {
			fmt.Fprintf(out, "  %-9s %s\n", f.name, f.text)
		}
	}
}

// decided says how the claims of a scenario get their verdicts.
func decided(s *scenarios.Scenario) string {
	return fmt.Sprintf("over %d to %d rounds: holds or refuted once the whole %s interval is on one side of the bound", s.Rounds.Min, s.Rounds.Max, stats.Confidence())
}

// needs are the instances, the calls and the Redis that a claim takes.
func needs(s *scenarios.Scenario, c claim.Text) string {
	out := []string{figure.Count(s.Target.Instances, "instances")}
	compiled, _ := claim.Compile(c, s.Scope()) // without mistakes: the scenario was loaded
	var named, all []string
	for _, st := range s.Traffic {
		text := st.Text()
		of := compiled.Names(st.Name) || slices.ContainsFunc(st.Steps, func(step traffic.Step) bool { return compiled.Names(step.Name) })
		if of && !slices.Contains(named, text) {
			named = append(named, text)
		}
		if !slices.Contains(all, text) {
			all = append(all, text)
		}
	}
	if len(named) == 0 || compiled.Names("all") {
		named = all
	}
	out = append(out, named...)
	if s.Target.Redis != "" {
		return strings.Join(append(out, "redis-server on the PATH: a Redis of the kind "+s.Target.Redis), "; ")
	}
	for _, p := range s.Phases {
		for _, f := range p.Faults {
			if (lab.Spec{}).Can(f.Kind, f.On) != nil {
				return strings.Join(append(out, "a redis-server (--redis server)"), "; ")
			}
		}
	}
	return strings.Join(out, "; ")
}

// breakers are the mutants of the reference service for which a claim does not hold.
func breakers(s *scenarios.Scenario, id string) string {
	var names []string
	for _, n := range mutant.Names() {
		if m, err := mutant.Find(n); err == nil && slices.Contains(m.Breaks, id) {
			names = append(names, n)
		}
	}
	if len(names) == 0 {
		return ""
	}
	return fmt.Sprintf("%s (bench run %s --arms hardened+%s)", strings.Join(names, ", "), s.Name, names[0])
}
