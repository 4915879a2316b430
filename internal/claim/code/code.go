// Package code says for programs what sentences say for people: why a round does
// not count, and why a claim is undecided.
//
// It holds a closed set of words. They stand in results.json, so that no program has
// to look into prose.
package code

// A Code is one reason. The zero Code is none.
type Code string

// Why a round does not count. Where most rounds are set aside for one of these, it is
// also why the claim is undecided.
const (
	LateGenerator Code = "late-generator" // the load generator sent requests late
	Unsent        Code = "unsent"         // the load generator left requests out though a worker was free
	Stall         Code = "stall"          // the machine stalled
	Undelivered   Code = "undelivered"    // a fault did not reach what it was meant for, or nothing proves that it did
	Problem       Code = "problem"        // the harness noted a problem that spoils the round
	Cut           Code = "cut"            // the round was interrupted
	Assumption    Code = "assumption"     // what the scenario assumes of the service's environment was not so
	Requirement   Code = "requirement"    // what the claim requires was not met
	Unreadable    Code = "unreadable"     // the history could not be read
	Unobserved    Code = "unobserved"     // the claim was not observed in the round
)

// Why a claim is undecided though its rounds count.
const (
	FewRounds     Code = "few-rounds"    // fewer rounds were played than a verdict needs
	NoFigure      Code = "no-figure"     // rounds have no figure: there was nothing to measure
	Interval      Code = "interval"      // the interval contains the bound
	FewSamples    Code = "few-samples"   // every observation complies, and there are too few to prove the bound
	CutShort      Code = "cut-short"     // what was measured had not ended when the window did
	Own           Code = "own"           // the service does without any fault what counts against it under one
	Limited       Code = "limited"       // the service limits the load generator
	Unused        Code = "unused"        // the service does not use the path on which a fault was
	Contradiction Code = "contradiction" // answers say that they come from what a fault had silenced
	Untold        Code = "untold"        // it hangs on where answers came from, which neither the service nor the wire tells
	Died          Code = "died"          // an instance of the service failed by itself
	Unspoken      Code = "unspoken"      // it needs a call that the service does not speak, or a variable that it does not have
	Halted        Code = "halted"        // a condition of the scenario ended it
	Panic         Code = "panic"         // judging panicked: a defect of bench
)

// OfMachine reports whether a quieter machine could have decided the claim: the
// machine was late, or made the rounds differ too much.
func (c Code) OfMachine() bool {
	switch c {
	case LateGenerator, Unsent, Stall, Interval:
		return true
	}
	return false
}

// OfService reports whether what the service does leaves the claim open, however good its figures are.
func (c Code) OfService() bool {
	switch c {
	case Own, Limited, Unused, Contradiction, Assumption:
		return true
	}
	return false
}

// says has for people what sets rounds aside.
var says = map[Code]string{
	LateGenerator: "the generator was late",
	Unsent:        "the generator left requests out",
	Stall:         "the machine stalled",
	Undelivered:   "a fault did not arrive, or nothing proves that it did",
	Problem:       "the harness met a problem",
	Cut:           "the round was interrupted",
	Assumption:    "the service did not do what the scenario assumes",
	Requirement:   "what a claim requires was not met",
	Unreadable:    "the records could not be read",
	Unobserved:    "the claim was not observed",
	Panic:         "judging panicked, which is a defect of bench",
}

// Says is why rounds are set aside, in words; of any other code it is the code itself.
func (c Code) Says() string {
	if s, ok := says[c]; ok {
		return s
	}
	return string(c)
}
