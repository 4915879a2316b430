package reports

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/trektribe/bench/internal/inspect"
)

// InspectionTable writes what services speak, one line for each call, and the arm before it where
// there are several. Below stands what each call says to Redis. The error is w's.
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
		rows := t.WireRows()
		switch {
		case !t.Watched:
			fmt.Fprintln(tw, "\nWhat it says to Redis is not seen: bench's own proxy is not before it.")
		case len(rows) > 0:
			fmt.Fprintln(tw, "\n"+strings.Join(inspect.WireHead, "\t"))
			for _, row := range rows {
				fmt.Fprintln(tw, strings.Join(row, "\t"))
			}
		}
		for _, note := range t.Wire {
			fmt.Fprintln(tw, note)
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
	if len(in.Tables)+len(in.Notes) == 0 {
		return
	}
	d.line("## What the service speaks", "")
	if len(in.Tables) > 0 {
		d.line("Each call was asked for a few times before the first round, one after the other, of a healthy instance.", "")
	}
	for _, t := range in.Tables {
		if len(in.Tables) > 1 {
			d.line("### "+escape(t.Arm), "")
		}
		d.table(inspect.Head, true)
		for _, c := range t.Calls {
			d.table(escaped(c.Row()), false)
		}
		d.line("")
		d.cacheMap(t)
	}
	for _, n := range in.Notes {
		d.line("- " + escape(n))
	}
	if len(in.Notes) > 0 {
		d.line("")
	}
}

// cacheMap writes what the calls of an arm say to Redis.
func (d *document) cacheMap(t inspect.Table) {
	rows := t.WireRows()
	if !t.Watched || len(rows) == 0 {
		return
	}
	d.line("What each call said to Redis, seen at the proxy before it while nothing else was asked:", "")
	d.table(inspect.WireHead, true)
	for _, row := range rows {
		d.table(escaped(row), false)
	}
	d.line("")
	for _, note := range t.Wire {
		d.line("- " + escape(note))
	}
	if len(t.Wire) > 0 {
		d.line("")
	}
}

func escaped(fields []string) []string {
	for i, f := range fields {
		fields[i] = escape(f)
	}
	return fields
}
