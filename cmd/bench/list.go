package main

import (
	"context"
	"flag"
	"fmt"
	"io"
)

const listHelp = `List the scenarios that come with bench, each with its group and the claims that
it decides.

Usage: bench list

Example:
  bench list
`

func runList(_ context.Context, args []string, out, errw io.Writer) int {
	fs := flag.NewFlagSet("list", flag.ContinueOnError)
	rest, err := parse(fs, listHelp, args, out)
	if err == nil && len(rest) > 0 {
		err = fmt.Errorf("list takes no arguments, got %q", rest[0])
	}
	if err != nil {
		return stopped(err, errw)
	}
	all, err := loadAll(nil, "")
	if err != nil {
		return cannot(errw, err)
	}
	for i, s := range all {
		if i > 0 {
			fmt.Fprintln(out)
		}
		fmt.Fprintf(out, "%s (%s): %s\n", s.Name, s.Group, s.About)
		for _, c := range s.Claims {
			fmt.Fprintf(out, "  %-22s %s\n", c.ID, c.Says)
		}
	}
	return 0
}
