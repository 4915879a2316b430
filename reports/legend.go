package reports

// reading is the legend of the terminal table.
const reading = "how to read: value [interval] n=samples. holds: the whole interval is inside what is promised. " +
	"REFUTED: the whole interval is outside. undecided: neither, or the data does not count."

// howToRead ends report.md. The 3/n is the rule of three: with no failure in n independent
// trials, a rate above 3/n would have shown itself with a probability above 95 %.
const howToRead = `## How to read a verdict

- **holds**: the whole interval lies inside what is promised. **REFUTED**: the whole interval lies outside.
  **undecided**: the interval straddles the bound, there is too little data, or a guard found that the data does not count;
  the claim then says what would settle it.
- The interval is computed from one figure for each round, so it carries what rounds differ among themselves. Rare events
  have exact intervals. Its confidence is 99 %, for all parts of a claim and all looks at it together. A figure without an interval is an exact count, or comes from a single round.
- Response time runs from the instant at which a request was due, not from when it was sent: a service that holds up its
  callers pays for it.
- "≥" before a figure: the window ended before the event came, so the true value is at least that.
- "\*" behind a figure: it contains a delay that the harness injected.

## Limits

- Nothing counts that was not observed. No failure in n requests proves, with 95 % confidence, only a failure rate below 3/n.
- Figures are those of this machine, on loopback. Ratios and counts travel better than milliseconds.
- All traffic to Redis, also outside of faults, passes through a proxy, which costs both sides of every comparison the same.
- A verdict is about the scenario that was played: its load, its faults, its data, its configuration.
`
