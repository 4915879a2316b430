package main

import (
	"fmt"
	"io"
	"os"
	"text/tabwriter"

	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/internal/strictyaml"
	"github.com/trektribe/bench/scenarios"
)

// readContract reads the file of --contract; nil: none was given.
func readContract(path string) (*contract.Contract, error) {
	if path == "" {
		return nil, nil
	}
	text, err := readRegular(path, strictyaml.MostBytes)
	if err != nil {
		return nil, fmt.Errorf("--contract: %w", err)
	}
	return contract.Read(path, text)
}

// readRegular reads a file up to one byte more than most. A pipe is refused: to open one waits for its writer.
func readRegular(path string, most int64) ([]byte, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, most+1))
}

// planContract prints how the service speaks each call, and what it leaves out of the scenarios.
func planContract(out io.Writer, c *contract.Contract, all []*scenarios.Scenario) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintf(w, "contract\t%s (%s)\n", c.Name, c.File)
	for _, l := range c.Lines() {
		fmt.Fprintf(w, "  %s\t%s\t%s\n", l[0], l[1], l[2])
	}
	w.Flush()
	for _, s := range all {
		left, err := run.LeftOut(c, s)
		if err != nil {
			return err
		}
		for _, what := range left {
			fmt.Fprintln(out, what)
		}
	}
	fmt.Fprintln(out)
	return nil
}
