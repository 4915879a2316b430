package reports

// reading is the legend of the terminal table.
const reading = "how to read: holds and REFUTED: the whole interval keeps or breaks the promise. undecided: neither, or the data does not count."

// howToRead ends report.md, with the confidence put in. The 3/n is the rule of three: at a failure rate above 3/n, n
// independent trials have a failure with a probability above 95 %.
const howToRead = `## How to read a verdict

- **holds**: the whole interval keeps the promise. **REFUTED**: the whole interval breaks it.
  **undecided**: the bound lies inside the interval, there is too little data, or a guard found that the data does not
  count. The claim then says what would settle it.
- The interval is computed from one figure for each round, so it contains the differences between rounds. Rare events
  have exact intervals. Its confidence is {confidence}, for all parts of a claim and all looks at it together. A figure without an interval is an exact count, or comes from a single round.
- Response time counts from the instant at which a request was scheduled, not from when it was sent. A stalled service
  cannot hide the wait of its callers.
- "≥" before a figure: the observation ended before the event, so the true value is at least that.
- "\*" after a figure: it contains a delay that the harness injected.

## Limits

- Only observations count. No failure in n requests proves, with 95 % confidence, a failure rate below 3/n and no more.
- Figures are those of this machine, on loopback. Ratios and counts are more portable than milliseconds.
- All traffic to Redis always passes through a proxy. Its cost is the same on both sides of every comparison.
- A verdict is about one scenario: its load, its faults, its data and its configuration.
`
