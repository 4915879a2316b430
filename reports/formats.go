package reports

import "io"

// A Format is one file that a judged run is written to.
type Format struct {
	Name  string
	File  string                         // in the run's folder
	Write func(w io.Writer, r Run) error // its error is w's, or names what cannot be written
}

// Formats are the files that a judged run leaves. To add one: a file here with its
// function, a row, and a golden file. The table for a terminal (Table) is none of
// them: it depends on the terminal.
func Formats() []Format {
	return []Format{
		{"results", "results.json", ResultsJSON},
		{"curves", "curves.json", CurvesJSON},
		{"clocks", "clocks.json", RecoveryTimesJSON},
		{"report", "report.md", Markdown},
	}
}
