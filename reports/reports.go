// Package reports renders judged runs: the terminal table, Markdown, JSON, and
// the live progress of a run.
//
// In go judged results; out come bytes, the same for the same input. It never
// computes a verdict, never reads a history, and reads no clock, except that Progress
// counts down the time left.
package reports

import (
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/curve"
	"github.com/trektribe/bench/internal/claim/picture"
	"github.com/trektribe/bench/internal/claim/recovery"
	"github.com/trektribe/bench/internal/inspect"
)

// A Run is what every renderer is given. Renderers only read it.
type Run struct {
	Name          string
	Started       time.Time
	Elapsed       time.Duration // 0: not known, and not shown
	Dir           string        // where the run was saved, as the user would type it
	Machine       string        // what its figures depend on: system, CPUs; two runs that differ in it are not alike
	Conditions    []Condition   // shown in this order
	Arms          []string      // columns, in order; an arm that only Results names comes after them
	Results       []claim.Result
	Curves        []curve.Curve
	RecoveryTimes []recovery.Times
	Pictures      []picture.Picture
	Plans         []Plan    // of the scenarios, where they are known
	Earlier       []Earlier // runs of the same plan, the newest first
	Inspection    Inspection
	Warnings      []string // of the run as a whole: rounds set aside, a generator that fell behind
	Interrupted   bool
}

// An Inspection is what a service of somebody else speaks; without tables nothing is shown.
type Inspection struct {
	Tables []inspect.Table // one for each arm
	Notes  []string        // how what was played differs from the scenarios
}

// A Condition is one line of "measured under".
type Condition struct {
	Name, Value string
	Detail      bool // too long for a terminal, unless asked for
}

// folder names the run as its folder was called when it was made, wherever it is now.
func (r Run) folder() string {
	if r.Started.IsZero() {
		return r.Name
	}
	return r.Started.UTC().Format("20060102T150405Z") + "-" + r.Name
}

// A Plan is what a reader must know of a scenario to play it again.
type Plan struct {
	Scenario string
	About    string
	Command  string   // that plays it again; empty: not known
	Short    []string // what is shorter in it than in the document: "TTL_TRIPS is 2s instead of 5m0s"
}

// An Earlier is a run of the same plan that came before.
type Earlier struct {
	Name    string // of its folder
	Results []claim.Result
}
