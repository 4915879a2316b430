package drill

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/trektribe/bench/internal/fault"
)

// A Rehearsed is the last time at which a kind of fault was rehearsed: proved in a drill.
type Rehearsed struct {
	Kind string    `json:"kind"` // "refused on redis"
	At   time.Time `json:"at,omitzero"`
	Run  string    `json:"run,omitempty"` // folder
}

// A Ledger is what was rehearsed when, by target.
type Ledger struct {
	Drills   []Drilled // the oldest first
	Warnings []string  // drills that cannot be read, and why
}

// A Drilled is one drill of the ledger.
type Drilled struct {
	Run string // folder
	*After
}

// ReadLedger reads the drills of a folder of runs. A run that is no drill is passed over.
func ReadLedger(out string) (l Ledger, err error) {
	entries, err := os.ReadDir(out)
	if errors.Is(err, fs.ErrNotExist) {
		return l, nil // nothing was rehearsed
	}
	if err != nil {
		return l, err
	}
	for _, e := range entries {
		dir := filepath.Join(out, e.Name())
		if !e.IsDir() || !Is(dir) {
			continue
		}
		a, err := ReadAfter(dir)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			l.Warnings = append(l.Warnings, fmt.Sprintf("%s was killed before it was looked at: bench judge %s does it", dir, dir))
		case err != nil:
			l.Warnings = append(l.Warnings, err.Error())
		default:
			l.Drills = append(l.Drills, Drilled{e.Name(), a})
		}
	}
	slices.SortStableFunc(l.Drills, func(a, b Drilled) int { return a.Started.Compare(b.Started) })
	return l, nil
}

// Last is when a kind of fault was rehearsed last on a target.
func (l Ledger) Last(target, kind string) Rehearsed {
	for _, d := range slices.Backward(l.Drills) {
		for _, e := range d.Episodes {
			if d.Target == target && e.Proved && slices.Contains(e.Kinds, kind) {
				return Rehearsed{kind, d.Started, d.Run}
			}
		}
	}
	return Rehearsed{Kind: kind}
}

// LastOf are those of the kinds of fault in some episodes, each once.
func (l Ledger) LastOf(target string, all []At) (out []Rehearsed) {
	var kinds []string
	for _, a := range all {
		for _, f := range a.Phase.Faults {
			kinds = appendNew(kinds, f.Kind+" on "+f.On)
		}
	}
	for _, k := range kinds {
		out = append(out, l.Last(target, k))
	}
	return out
}

// allKinds are the faults that there are, on what they can be done to.
func allKinds() (out []string) {
	for _, name := range fault.Names() {
		k, _ := fault.Find(name)
		for _, on := range k.On {
			out = append(out, name+" on "+on)
		}
	}
	return out
}

// Text prints the ledger: of each target what was rehearsed, the longest ago last, and what never was.
func (l Ledger) Text(w io.Writer, now time.Time) error {
	if len(l.Drills) == 0 {
		_, err := fmt.Fprintln(w, "No drill yet: nothing was rehearsed. bench drill SCENARIO rehearses the faults of one.")
		return err
	}
	var targets []string
	for _, d := range l.Drills {
		targets = appendNew(targets, d.Target)
	}
	for i, target := range targets {
		if i > 0 {
			fmt.Fprintln(w)
		}
		if err := l.of(w, target, now); err != nil {
			return err
		}
	}
	return nil
}

// of prints what was rehearsed on one target.
func (l Ledger) of(w io.Writer, target string, now time.Time) error {
	fmt.Fprintf(w, "%s\n", target)
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(out, "  rehearsed\tlast\tage\tdrills\tdetected\tused again\tpredictions of the last\trun")
	var never []string
	var rows []Rehearsed
	for _, kind := range allKinds() {
		if r := l.Last(target, kind); r.At.IsZero() {
			never = append(never, kind)
		} else {
			rows = append(rows, r)
		}
	}
	slices.SortStableFunc(rows, func(a, b Rehearsed) int { return b.At.Compare(a.At) })
	for _, r := range rows {
		n, detected, again, came := l.told(target, r)
		fmt.Fprintf(out, "  %s\t%s\t%s\t%d\t%s\t%s\t%s\t%s\n", r.Kind, r.At.UTC().Format("2006-01-02"), age(now.Sub(r.At)), n, detected, again, came, r.Run)
	}
	if err := out.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, "  never rehearsed: %s\n", cmp.Or(strings.Join(never, ", "), "nothing"))
	return err
}

// told is what the drills of a kind say: how many there were, how long it took over them, the oldest first, and what
// came of the last one's predictions.
func (l Ledger) told(target string, r Rehearsed) (n int, detected, again, came string) {
	var first, second []string
	var all []Outcome
	for _, d := range l.Drills {
		if d.Target != target {
			continue
		}
		seen := false
		for _, e := range d.Episodes {
			if !e.Proved || !slices.Contains(e.Kinds, r.Kind) {
				continue
			}
			if !seen { // of several in one drill, the first
				seen, n = true, n+1
				first, second = append(first, e.took("detected by /health")), append(second, e.took("Redis used again"))
			}
			if d.Run == r.Run {
				all = append(all, e.Predictions...)
			}
		}
	}
	return n, lastOf(first), lastOf(second), tally(all)
}

// mostShown is how many drills the trend of a time shows.
const mostShown = 4

// lastOf is a trend in a row: "40 ms → 35 ms"; empty where no drill knows it.
func lastOf(all []string) string {
	all = all[max(0, len(all)-mostShown):]
	if !slices.ContainsFunc(all, func(s string) bool { return s != unknownTime }) {
		return unknownTime
	}
	return strings.Join(all, " → ")
}

const unknownTime = "–"

// took is the latest of a moment.
func (e Episode) took(name string) string {
	for _, m := range e.Moments {
		if m.Name == name && m.Known {
			if m.AtLeast {
				return "≥ " + seconds(m.Hi)
			}
			return seconds(m.Hi)
		}
	}
	return unknownTime
}

// tally is what came of predictions: "2 hit, 1 miss".
func tally(all []Outcome) string {
	var out []string
	for _, is := range []string{Hit, Miss, Unseen} {
		n := 0
		for _, o := range all {
			if o.Is == is {
				n++
			}
		}
		if n > 0 {
			out = append(out, fmt.Sprintf("%d %s", n, is))
		}
	}
	return strings.Join(out, ", ")
}
