package main

import (
	"errors"
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/machinetest"
)

// An outcome is what a claim must come to, and words of the reason.
type outcome struct {
	verdict claim.Verdict
	because string // or the code of the reason, or of a finding
}

// Two of the three verdicts: which of them is up to chance, or to taste.
const (
	notHeld    claim.Verdict = "not held"
	notRefuted claim.Verdict = "not refuted"
	notOpen    claim.Verdict = "not undecided"
)

var (
	holds   = outcome{verdict: claim.Holds}
	refuted = outcome{verdict: claim.Refuted}
)

// undecided is an outcome whose reason names what is missing.
func undecided(because string) outcome { return outcome{claim.Inconclusive, because} }

// all gives several claims, separated by spaces, the same outcome.
func all(o outcome, ids string) map[string]outcome {
	m := map[string]outcome{}
	for _, id := range strings.Fields(ids) {
		m[id] = o
	}
	return m
}

// outcomes joins several; where two name a claim, the later one counts.
func outcomes(several ...map[string]outcome) map[string]outcome {
	out := map[string]outcome{}
	for _, m := range several {
		maps.Copy(out, m)
	}
	return out
}

// of says how a result is not as it must be; nil: it is.
func (w outcome) of(r claim.Result) error { return errors.Join(w.misjudged(r), w.misexplained(r)) }

// misjudged says how a verdict is not as it must be; nil: it is.
func (w outcome) misjudged(r claim.Result) error {
	right := r.Verdict == w.verdict
	switch w.verdict {
	case notHeld:
		right = r.Verdict != claim.Holds
	case notRefuted:
		right = r.Verdict != claim.Refuted
	case notOpen:
		right = r.Verdict != claim.Inconclusive
	}
	if right && r.Verdict != "" {
		return nil
	}
	return fmt.Errorf("%s because %q, want %s", r.Verdict, r.Because, w.verdict)
}

// misexplained says how a reason is not as it must be; nil: it is.
func (w outcome) misexplained(r claim.Result) error {
	switch {
	case !strings.Contains(r.Because, w.because) && r.Code != code.Code(w.because) &&
		!slices.ContainsFunc(r.Findings, func(f figure.Finding) bool { return f.Code == w.because }):
		return fmt.Errorf("%s because %q (%s), want %q in it", r.Verdict, r.Because, r.Code, w.because)
	case r.Code == code.Panic:
		return fmt.Errorf("the harness panicked: %s", r.Because)
	case r.Verdict == claim.Inconclusive && (r.Code == "" || r.Remedy == ""):
		return fmt.Errorf("undecided because %q with code %q, to settle: %q; want all three", r.Because, r.Code, r.Remedy)
	}
	return nil
}

// rows are played side by side, and a busy machine may leave an eighth of them open.
type rows struct {
	machine   sync.RWMutex
	all, open atomic.Int32
}

func newRows(t *testing.T) *rows {
	r := &rows{}
	t.Cleanup(func() {
		if all, open := r.all.Load(), r.open.Load(); open > all/8 {
			t.Errorf("%d of %d rows stay undecided: this machine can decide nothing", open, all)
		}
	})
	return r
}

// A play is what one run of a service came to, by claim.
type play struct {
	exit    int
	results map[string]claim.Result
	said    string
}

// judged runs bench and judges a service. What a busy machine left undecided gets one more run, with the machine
// to itself; what is wrong gets none.
func (rs *rows) judged(t *testing.T, want map[string]outcome, args ...string) (p play) {
	t.Helper()
	rs.all.Add(int32(len(want)))
	for try := 1; try <= 2; try++ {
		use := rs.machine.RLocker()
		if try == 2 {
			use = &rs.machine
		}
		p = runOnce(t, use, args)
		var busy int32
		for id, w := range want {
			switch r := p.results[id]; {
			case w.misjudged(r) == nil:
			case !r.Code.OfMachine():
				return p
			default:
				machinetest.Busy(t, "%s: undecided, play %d of 2: %s: %s", id, try, r.Code, r.Because)
				busy++
			}
		}
		if busy == 0 {
			return p
		}
		if try == 2 {
			rs.open.Add(busy)
		}
	}
	return p
}

func runOnce(t *testing.T, machine sync.Locker, args []string) (p play) {
	t.Helper()
	machine.Lock()
	defer machine.Unlock()
	out := t.TempDir()
	var table, errs string
	p.exit, table, errs = bench(append([]string{"run", "--seed", "7", "--out", out}, args...)...)
	p.said = table + errs
	if p.exit == exitCannotRun {
		return p
	}
	p.results = map[string]claim.Result{}
	for at, r := range results(t, filepath.Join(out, "latest")) {
		p.results[at[0]] = r
	}
	return p
}
