// Package claim turns histories into verdicts. A claim is a pure function of
// histories: the same records give the same verdict, anywhere.
//
// In go the text of a claim and one History a round; out comes a Result. The
// zero Verdict is inconclusive, and a claim that has no data, or whose measure
// panics, keeps it.
package claim

import "github.com/trektribe/bench/internal/history"

// A Verdict is what is known of a claim.
type Verdict string

const (
	Inconclusive Verdict = "inconclusive"
	Holds        Verdict = "holds"
	Refuted      Verdict = "refuted"
)

// Text is a claim as a scenario writes it.
type Text struct {
	ID       string // row of the claims ledger
	Says     string // the promise, in the document's words
	Source   string // section of the document
	Reading  string // how the promise was made measurable, where that is a choice
	Holds    string // the expression that must be true
	Requires string // what must be true for the data to count; empty: only the built-in guards
}

// Scope is what a claim may name.
type Scope struct{ Streams, Phases, Faults []string }

// An Error is a mistake in an expression.
type Error struct {
	Field string // "holds" or "requires"
	Col   int    // 1-based, in runes, within that field's text
	Msg   string // one line, with the nearest right word where there is one
}

func (e *Error) Error() string { return e.Msg }

// A Claim is a compiled Text. Immutable, safe for concurrent use.
type Claim struct{ Text Text }

// Compile checks t against s and reports every mistake at once.
func Compile(t Text, s Scope) (*Claim, []*Error) { panic("skeleton") }

// A Round is what one claim saw in one round: its sides' values, its guards'
// complaints. Opaque to callers.
type Round struct{}

// Observe evaluates the claim's sides and guards on one arm's part of one round.
func (c *Claim) Observe(h history.History) Round { panic("skeleton") }

// Looks are how often a claim may be judged: the confidence is spent over them.
type Looks struct{ Min, Max int }

// Judge decides the claim on the rounds seen so far.
func (c *Claim) Judge(rounds []Round, looks Looks) Result { panic("skeleton") }

// A Result is one row of results.json.
type Result struct {
	ID       string   `json:"id"`
	Scenario string   `json:"scenario"`
	Arm      string   `json:"arm"`
	Policy   string   `json:"policy"`
	Verdict  Verdict  `json:"verdict"`
	Says     string   `json:"says,omitempty"`
	Source   string   `json:"source,omitempty"`
	Reading  string   `json:"reading,omitempty"`
	Holds    string   `json:"holds"`
	Measured float64  `json:"measured"` // of the part that decides, in Unit
	Lo       float64  `json:"lo"`
	Hi       float64  `json:"hi"`
	N        int      `json:"n"`      // samples behind Measured
	Rounds   int      `json:"rounds"` // rounds that count
	Unit     string   `json:"unit"`   // "s", "ratio", "1/s", "B", "" (a count or a factor)
	Bound    string   `json:"bound"`  // "<= 6ms", "in 50..80"
	Because  string   `json:"because"`
	Settle   string   `json:"settle,omitempty"` // inconclusive: what would settle it
	Injected []string `json:"injected,omitempty"`
	Warnings []string `json:"warnings,omitempty"`
	Parts    []Part   `json:"parts,omitempty"` // every comparison of Holds
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
