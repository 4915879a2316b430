package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/reports"
)

const reportHelp = `Write reports of a saved run. It is judged as 'bench judge' does, and its verdicts
stay as they are: where this build would decide otherwise, nothing is written.

Usage: bench report [flags] [DIR]

DIR is a run's folder (default reports/out/latest).

Flags:
  --format LIST   which reports, by name (default: all)
{formats}
  --out DIR       where they are written (default: the run's folder). - writes the
                  one that --format names to stdout

Exit: 0 written, 2 could not, 130 interrupted.

Example:
  bench report reports/out/latest --format junit,summary --out ci
  bench report --format summary --out - >> "$GITHUB_STEP_SUMMARY"
  bench report --format bench --out - > new.txt; benchstat -col /arm new.txt
`

func runReport(ctx context.Context, args []string, out, errw io.Writer) int {
	fs := flag.NewFlagSet("report", flag.ContinueOnError)
	var names list
	fs.Var(&names, "format", "")
	to := fs.String("out", "", "")
	dirs, err := parse(fs, strings.Replace(reportHelp, "{formats}", formatsHelp(allFormats()), 1), args, out)
	if err == nil && len(dirs) > 1 {
		err = fmt.Errorf("report takes one folder, got %d", len(dirs))
	}
	if err != nil {
		return stopped(err, errw)
	}
	formats := allFormats()
	if len(names) > 0 {
		if formats, err = formatsNamed(names); err != nil {
			return cannot(errw, err)
		}
	}
	if *to == "-" && len(formats) != 1 {
		return cannot(errw, fmt.Errorf("--out - takes one format, and there are %d: name it with --format", len(formats)))
	}
	dir := "reports/out/latest"
	if len(dirs) == 1 {
		dir = dirs[0]
	}
	report, err := run.Read(ctx, dir)
	if err != nil && ctx.Err() != nil {
		return exitInterrupted
	}
	if err == nil {
		err = sameAsSaved(dir, report)
	}
	if err != nil {
		return cannot(errw, err)
	}
	if *to == "-" {
		err = formats[0].Write(out, report)
	} else {
		if *to == "" {
			*to = dir
		}
		err = writeReports(out, report, *to, formats)
	}
	if err != nil {
		return cannot(errw, err)
	}
	return 0
}

// writeReports writes reports to a folder, which it makes, and says which.
func writeReports(out io.Writer, r reports.Run, dir string, formats []reports.Format) error {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return fmt.Errorf("make the folder of the reports: %w; choose another with --out", err)
	}
	if err := run.Write(r, dir, formats); err != nil {
		return fmt.Errorf("%w; choose another folder with --out", err)
	}
	for _, f := range formats {
		fmt.Fprintln(out, filepath.Join(dir, f.File))
	}
	return nil
}

// sameAsSaved refuses a run whose results.json has other verdicts than this build gives.
func sameAsSaved(dir string, r reports.Run) error {
	f, err := os.Open(filepath.Join(dir, "results.json"))
	if errors.Is(err, os.ErrNotExist) {
		return nil // it was killed before it was judged
	}
	if err != nil {
		return err
	}
	defer f.Close()
	saved, err := reports.ReadResultsJSON(f)
	if err != nil {
		return fmt.Errorf("%s: %w; 'bench judge %s' writes it anew", f.Name(), err, dir)
	}
	if len(saved) != len(r.Results) {
		return fmt.Errorf("%s has %d verdicts, and this build gives %d: another build judged this run; 'bench judge %s' judges it anew", f.Name(), len(saved), len(r.Results), dir)
	}
	for i, s := range saved {
		if now := r.Results[i]; s.ID != now.ID || s.Scenario != now.Scenario || s.Arm != now.Arm || s.Verdict != now.Verdict {
			return fmt.Errorf("%s says that %s (%s) is %s, and this build that %s (%s) is %s: another build judged this run; 'bench judge %s' judges it anew",
				f.Name(), s.ID, s.Arm, s.Verdict, now.ID, now.Arm, now.Verdict, dir)
		}
	}
	return nil
}

// allFormats are those that every run leaves, then those on demand.
func allFormats() []reports.Format { return append(reports.Formats(), reports.OnDemand()...) }

// formatsNamed finds formats by their names, each once. The error says what was meant, or what there is.
func formatsNamed(names list) ([]reports.Format, error) {
	all := allFormats()
	var known []string
	for _, f := range all {
		known = append(known, f.Name)
	}
	var out []reports.Format
	var errs []error
	for _, n := range commas(names) {
		i := slices.Index(known, n)
		switch {
		case i < 0:
			errs = append(errs, fmt.Errorf("--format: unknown format %s%s", near.Quote(n), near.Hint(n, known)))
		case !slices.ContainsFunc(out, func(f reports.Format) bool { return f.Name == n }):
			out = append(out, all[i])
		}
	}
	return out, errors.Join(errs...)
}

// formatsHelp lists formats for a help text.
func formatsHelp(all []reports.Format) string {
	var lines []string
	for _, f := range all {
		lines = append(lines, fmt.Sprintf("                     %-11s %-13s %s", f.Name, f.File, f.About))
	}
	return strings.Join(lines, "\n")
}
