package reports

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/trektribe/bench/internal/inspect"
)

// InspectionTable writes what services speak, one line for each call, and the arm before it where
// there are several. The error is w's.
func InspectionTable(w io.Writer, tables []inspect.Table) error {
	for i, t := range tables {
		if len(tables) > 1 {
			if i > 0 {
				fmt.Fprintln(w)
			}
			fmt.Fprintln(w, t.Arm)
		}
		tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintln(tw, strings.Join(inspect.Head, "\t"))
		for _, c := range t.Calls {
			fmt.Fprintln(tw, strings.Join(c.Row(), "\t"))
		}
		if err := tw.Flush(); err != nil {
			return err
		}
	}
	return nil
}

// inspection writes what the service speaks, and what that changed.
func (d *document) inspection() {
	in := d.run.Inspection
	if len(in.Tables) == 0 {
		return
	}
	d.line("## What the service speaks", "",
		"Each call was asked for a few times before the first round, one after the other, of a healthy instance.", "")
	for _, t := range in.Tables {
		if len(in.Tables) > 1 {
			d.line("### "+escape(t.Arm), "")
		}
		d.table(inspect.Head, true)
		for _, c := range t.Calls {
			fields := c.Row()
			for i, f := range fields {
				fields[i] = escape(f)
			}
			d.table(fields, false)
		}
		d.line("")
	}
	for _, n := range in.Notes {
		d.line("- " + escape(n))
	}
	if len(in.Notes) > 0 {
		d.line("")
	}
}
