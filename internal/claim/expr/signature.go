package expr

import (
	"slices"

	"github.com/trektribe/bench/internal/claim/figure"
)

// A Signature is what the language knows of a measure.
type Signature struct {
	Name   string
	Args   string // how its arguments are written: "(stream[…])"
	Params []Param
	Keys   []string    // that its selectors may filter by
	Form   Form        // what can be done with its figure
	Dims   figure.Dims // of its figure
	Label  string      // how a sentence calls its figure
	Noun   string      // what its samples are

	LabelOfSet  string // Label where it reduces a set, before the set's own; empty: Label
	Plain       bool   // compared by differences, not ratios: its logarithm scatters more than it does
	MetricUnit  bool   // its figure has the unit of the metric that is its first argument, not Dims
	OfGenerator bool   // it is about the load generator, not about the service
	Timeless    bool   // it is proved of requests as they were sent, however late that was
	Sourced     bool   // it rests on where answers came from
	Failing     bool   // a request that fails counts against the service: it matters whose fault that is

	Check func([]Arg) error // what is wrong with arguments that are right one by one; nil: nothing can be
}

// A Param is what an argument must be.
type Param int

const (
	Selection      Param = iota // trips[phase=fault]
	SelectionOrSet              // the same, or a set-valued measure
	PartOfNext                  // a selection of the stream that the next argument selects
	Metric                      // a metric of the service, with the phases it is read over
	MetricBeside                // a metric that is read over the phases of the selection before it
	Dependency                  // redis
	FaultKind                   // a fault of the scenario
	Span                        // a duration
	Limit                       // a duration that answers are held against
	PhaseName                   // a phase of the scenario
	Number                      // a whole number of 1 or more
	Word                        // a word that Check knows, maybe with a number: gcra(10)
)

// A Form is what can be done with a figure.
type Form int

const (
	Constant Form = iota // a literal, or arithmetic of literals
	Scalar               // one figure a round
	Share                // k of n
	Counted              // a count: whole numbers, known exactly
	Proved               // a time that no single answer may exceed: what a round proves, it proves of all
	Truth                // 1 or 0
	Set                  // several figures a round, to be reduced
)

// A language is the measures that an expression may call.
type language []Signature

func (l language) named(name string) (Signature, bool) {
	i := slices.IndexFunc(l, func(s Signature) bool { return s.Name == name })
	if i < 0 {
		return Signature{}, false
	}
	return l[i], true
}

func (l language) names() []string {
	var names []string
	for _, s := range l {
		names = append(names, s.Name)
	}
	return names
}
