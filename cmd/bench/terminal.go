package main

import (
	"io"
	"os"
	"strconv"

	"golang.org/x/term"

	"github.com/trektribe/bench/reports"
)

// terminal says whether w is a terminal, and how wide.
func terminal(w io.Writer) (tty bool, width int) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return false, 0
	}
	width, _, _ = term.GetSize(int(f.Fd())) // 0: unknown
	return true, width
}

// style is how a report is shown on w. COLUMNS sets the width when w is no terminal.
func style(w io.Writer, noColor, wide bool) reports.Style {
	tty, width := terminal(w)
	if c, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && !tty && c > 0 {
		width = c
	}
	return reports.Style{Color: tty && !noColor && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb", Width: width, Wide: wide}
}
