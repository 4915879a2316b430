package reports

import "io"

// A Format is one file that a judged run is written to.
type Format struct {
	Name  string
	File  string                         // in the run's folder
	About string                         // what it is, in a few words
	Write func(w io.Writer, r Run) error // its error is w's, or names what cannot be written
}

// Formats are the files that a judged run leaves. To add one: a file here with its
// function, a row, and a golden file. The table for a terminal (Table) is none of
// them: it depends on the terminal.
func Formats() []Format {
	return []Format{
		{"results", "results.json", "verdicts and figures, for programs", ResultsJSON},
		{"curves", "curves.json", "queries by load", CurvesJSON},
		{"clocks", "clocks.json", "recovery times", RecoveryTimesJSON},
		{"pictures", "pictures.json", "the data of pictures", PicturesJSON},
		{"page", "report.html", "the same with pictures, to open", HTML},
		{"report", "report.md", "each claim with its evidence", Markdown},
	}
}

// OnDemand are the files that a run leaves only when it is asked for them: they say the same once more, for
// somebody else's program.
func OnDemand() []Format {
	return []Format{
		{"summary", "summary.md", "Markdown for a CI job, at most 60 KB", Summary},
		{"junit", "junit.xml", "JUnit: refuted fails, undecided errs", JUnit},
		{"bench", "bench.txt", "Go benchmarks, for benchstat", GoBenchmarks},
		{"prometheus", "metrics.prom", "Prometheus text, for a collector", Prometheus},
	}
}
