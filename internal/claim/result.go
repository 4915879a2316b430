package claim

import (
	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/figure"
)

// Looks are how often a claim may be judged: first after Min rounds, last after Max.
// The confidence is spent over them. Less than 1 counts as 1, a Max below Min as Min.
type Looks struct{ Min, Max int }

// A Result is one row of results.json. Its numbers are always finite. Where N is
// 0, Lo and Hi are unknown and 0.
type Result struct {
	ID       string    `json:"id"`
	Scenario string    `json:"scenario"`
	Arm      string    `json:"arm"`
	Policy   string    `json:"policy"`
	Verdict  Verdict   `json:"verdict"`
	Code     code.Code `json:"code,omitempty"` // inconclusive: why, for programs
	Says     string    `json:"says,omitempty"`
	Source   string    `json:"source,omitempty"`
	Reading  string    `json:"reading,omitempty"`
	Holds    string    `json:"holds"`
	Measured float64   `json:"measured"` // of the part that decides, in Unit
	Lo       float64   `json:"lo"`
	Hi       float64   `json:"hi"`
	N        int       `json:"n"`      // samples behind Measured
	Rounds   int       `json:"rounds"` // rounds that count
	Unit     string    `json:"unit"`   // "s", "ratio", "1/s", "B", "" (a count or a factor)
	Bound    string    `json:"bound"`  // "<= 6ms", "in 50..80"
	Because  string    `json:"because"`
	Remedy   string    `json:"settle,omitempty"` // inconclusive: what would settle it
	Injected []string  `json:"injected,omitempty"`
	Aside    []Aside   `json:"aside,omitempty"` // why rounds do not count, for programs
	Warnings []string  `json:"warnings,omitempty"`
	Parts    []Part    `json:"parts,omitempty"` // every comparison of Holds

	// Findings are what is wrong, of the comparisons that share the verdict of a claim
	// that does not hold: each has those of the round that has most.
	Findings []figure.Finding `json:"findings,omitempty"`
	Notes    []string         `json:"notes,omitempty"` // what a reader should know beside the figures

	// More reports that the claim is undecided and that another round could
	// decide it. It is for the runner, which stops when no claim says so.
	More bool `json:"-"`
}

// An Aside is one reason for which rounds do not count. A round may have several.
type Aside struct {
	Code    code.Code `json:"code"`
	Rounds  int       `json:"rounds"`
	Numbers []int     `json:"numbers"` // of these rounds, from 1
}

// A Part is one comparison of a claim.
type Part struct {
	Text     string    `json:"text"`
	Verdict  Verdict   `json:"verdict"`
	Measured float64   `json:"measured"`
	Lo       float64   `json:"lo"`
	Hi       float64   `json:"hi"`
	N        int       `json:"n"`
	Unit     string    `json:"unit"`
	Bound    string    `json:"bound"`
	AtLeast  bool      `json:"at_least,omitempty"` // Measured is a lower limit: the window ended first
	Rounds   []float64 `json:"rounds"`             // the measured side, round by round
	Method   string    `json:"method"`             // "log t", "t", "binomial", "exact"
}
