// Package reports renders judged runs: the terminal table, Markdown, JSON, and
// the live progress of a run. Same input, same bytes. It computes no verdict.
package reports

import (
	"io"
	"time"

	"github.com/trektribe/bench/internal/claim"
)

// A Run is what every renderer is given.
type Run struct {
	Name        string
	Started     time.Time
	Elapsed     time.Duration
	Dir         string // where the run was saved, as the user would type it
	Conditions  []Condition
	Arms        []string // columns, in order
	Results     []claim.Result
	Warnings    []string // of the run as a whole: rounds set aside, a generator that fell behind
	Interrupted bool
}

// A Condition is one line of "measured under".
type Condition struct{ Name, Value string }

// Style is how a terminal wants it. The zero Style is plain text, 100 columns.
type Style struct {
	Color bool
	Width int
}

// Table writes the verdict table.
func Table(w io.Writer, r Run, s Style) error { panic("skeleton") }

// Markdown writes report.md.
func Markdown(w io.Writer, r Run) error { panic("skeleton") }

// JSON writes results.json.
func JSON(w io.Writer, results []claim.Result) error { panic("skeleton") }

// A State is what a run is doing now.
type State struct {
	Scenario     string
	N, Of        int // scenario N of Of, from 1
	Round, Least int // round Round; at least Least are needed
	Most         int // and at most Most are played
	Phase        string
	Hurt         string        // what is being hurt: "redis blackhole"; empty: nothing
	Left         time.Duration // estimate for the whole run
}

// Progress shows States on stderr: one line rewritten on a terminal, plain lines elsewhere.
type Progress struct{}

// NewProgress shows on w; tty says whether w is a terminal of the given width.
func NewProgress(w io.Writer, tty bool, width int) *Progress { panic("skeleton") }

// Show replaces what is shown.
func (p *Progress) Show(s State) { panic("skeleton") }

// Say prints a line that stays.
func (p *Progress) Say(line string) { panic("skeleton") }

// Close clears the live line and stops its ticker.
func (p *Progress) Close() { panic("skeleton") }
