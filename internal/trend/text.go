package trend

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strings"
	"text/tabwriter"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/figure"
)

// Last is how many runs a strip shows.
const Last = 20

// A Trend is what is known of past runs.
type Trend struct {
	Runs     []Run    `json:"runs"`
	Series   []Series `json:"series"`
	Strips   []Strip  `json:"strips"`             // of the last Last runs
	Warnings []string `json:"warnings,omitempty"` // what could not be read
}

// Alarms is the number of series whose latest change alarms.
func (t Trend) Alarms() (n int) {
	for _, s := range t.Series {
		for _, c := range s.Changes {
			if c.Alarm {
				n++
			}
		}
	}
	return n
}

// Decided is the number of series in which a change could be seen.
func (t Trend) Decided() (n int) {
	for _, s := range t.Series {
		if s.Needs == 0 {
			n++
		}
	}
	return n
}

// JSON writes t, indented.
func (t Trend) JSON(w io.Writer) error {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	e.SetIndent("", "  ")
	return e.Encode(t)
}

// Text writes what changed, one line a change, and the verdicts that did.
func (t Trend) Text(w io.Writer) error {
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	first, last := t.Runs[0], t.Runs[len(t.Runs)-1]
	fmt.Fprintf(out, "%s from %s to %s, %d series\n", figure.Count(len(t.Runs), "runs"), first.Name, last.Name, len(t.Series))
	for _, s := range t.Series {
		for _, c := range s.Changes {
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%s\t%s\tsince %s\t%s\n", c.word(), s.Claim, s.Scenario, s.Arm, percent(c), levels(s, c), t.Runs[c.Run].Name, s.Text)
		}
	}
	out.Flush()
	open, most := 0, 0
	for _, s := range t.Series {
		if s.Needs > 0 {
			open, most = open+1, max(most, s.Needs)
		}
	}
	if open > 0 {
		fmt.Fprintf(w, "undecided: %d of %d series have too few runs for a change to be seen: they need about %d more\n", open, len(t.Series), most)
	}
	fmt.Fprintf(out, "\nverdicts of the last %s, the oldest first: + holds, x refuted, ? undecided, . none\n", figure.Count(min(len(t.Runs), Last), "runs"))
	same := 0
	for _, s := range t.Strips {
		if !s.Turned() {
			same++
			continue
		}
		fmt.Fprintf(out, "%s\t%s\t%s\t%s\n", s.Claim, s.Scenario, s.Arm, s)
	}
	fmt.Fprintf(out, "did not turn: %d of %d\n", same, len(t.Strips))
	return out.Flush()
}

// Claim writes every run of one claim. It reports whether there is such a claim.
func (t Trend) Claim(w io.Writer, id string) (bool, error) {
	out, found := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0), false
	for _, s := range t.Series {
		if s.Claim != id {
			continue
		}
		if found {
			fmt.Fprintln(out)
		}
		found = true
		fmt.Fprintf(out, "%s, %s, %s: %s\n", s.Claim, s.Scenario, s.Arm, s.Text)
		fmt.Fprintln(out, "run\tverdict\tmedian\tstandard error\trounds\t")
		changes := s.Changes
		for _, p := range s.Points {
			run, note, err := t.Runs[p.Run], "", "–"
			if p.Error > 0 {
				err = figure.Format(p.Error, s.Unit)
			}
			if len(changes) > 0 && changes[0].Run == p.Run {
				note = fmt.Sprintf("%s: %s, %s, p = %.2g", changes[0].word(), percent(changes[0]), levels(s, changes[0]), changes[0].P)
				changes = changes[1:]
			}
			fmt.Fprintf(out, "%s\t%s\t%s\t%s\t%d\t%s\n", run.Name, says[verdict(run, s.Key)], figure.Format(p.Median, s.Unit), err, p.Rounds, note)
		}
		if s.Needs > 0 {
			fmt.Fprintf(out, "undecided: a change can be seen after about %d more runs\n", s.Needs)
		}
	}
	return found, out.Flush()
}

func verdict(run Run, key Key) claim.Verdict {
	for _, r := range run.Results {
		if (Key{r.Scenario, r.ID, r.Arm}) == key {
			return r.Verdict
		}
	}
	return ""
}

var says = map[claim.Verdict]string{claim.Holds: "holds", claim.Refuted: "REFUTED", claim.Inconclusive: "undecided"}

// String is one mark for each run.
func (s Strip) String() string {
	var b strings.Builder
	for _, v := range s.Verdicts {
		switch v {
		case claim.Holds:
			b.WriteByte('+')
		case claim.Refuted:
			b.WriteByte('x')
		case claim.Inconclusive:
			b.WriteByte('?')
		default:
			b.WriteByte('.')
		}
	}
	return b.String()
}

// word is what a change is.
func (c Change) word() string {
	word := "better"
	switch {
	case c.Alarm:
		word = "ALARM"
	case c.Worse:
		word = "worse"
	}
	if len(c.With) > 0 {
		word += " (with another " + strings.Join(c.With, " and ") + ")"
	}
	return word
}

func percent(c Change) string {
	if r := c.Relative(); !math.IsInf(r, 0) {
		return fmt.Sprintf("%+.0f %%", 100*r)
	}
	return "from 0"
}

func levels(s Series, c Change) string {
	return figure.Format(c.Before, s.Unit) + " → " + figure.Format(c.After, s.Unit)
}
