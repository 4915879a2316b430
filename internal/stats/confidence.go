package stats

import "strconv"

// Alpha is how often a verdict may be wrong: the error probability of a claim, over
// all its looks and parts. Every interval and every text follows from it.
const Alpha = 0.01

// Confidence is 1 − Alpha as texts say it: "99 %".
func Confidence() string { return strconv.FormatFloat(100*(1-Alpha), 'g', 6, 64) + " %" }
