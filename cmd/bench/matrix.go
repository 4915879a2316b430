package main

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/mutant"
	"github.com/trektribe/bench/scenarios"
)

// intact is the arm of the service that no mutant has broken.
const intact = "hardened"

// A matrix has the verdict on each claim for each mutant.
type matrix struct {
	rows     []row
	mutants  []mutant.Mutant
	complete bool // every claim must be broken by one of the mutants
	least    bool // once is enough
	verdicts map[[2]string]claim.Result
}

// A row is a claim of a scenario.
type row struct{ id, scenario string }

func newMatrix(all []*scenarios.Scenario, mutants []mutant.Mutant, complete bool) *matrix {
	m := &matrix{mutants: mutants, complete: complete, verdicts: map[[2]string]claim.Result{}}
	for _, s := range all {
		for _, c := range s.Claims {
			m.rows = append(m.rows, row{c.ID, s.Name})
		}
	}
	return m
}

// arms are the intact service and the mutants that must break a claim of s; none
// without such a mutant.
func (m *matrix) arms(s *scenarios.Scenario) []lab.ArmSpec {
	arms := []lab.ArmSpec{{Name: intact, Policy: intact}}
	mutants := m.mutants
	if m.least {
		mutants = cover([]*scenarios.Scenario{s}, mutants)
	}
	for _, mu := range mutants {
		if slices.ContainsFunc(s.Claims, func(c claim.Text) bool { return flips(mu, c.ID) }) {
			arms = append(arms, lab.ArmSpec{Name: intact + "+" + mu.Name, Policy: intact, Mutant: mu.Name})
		}
	}
	if len(arms) == 1 {
		return nil
	}
	return arms
}

func flips(m mutant.Mutant, id string) bool {
	return slices.Contains(m.Breaks, id) || slices.Contains(m.Fixes, id)
}

// expects reports whether the verdict on a claim in an arm must be known.
func (m *matrix) expects(arm, id string) bool {
	return arm == intact || slices.ContainsFunc(m.mutants, func(mu mutant.Mutant) bool {
		return arm == intact+"+"+mu.Name && flips(mu, id)
	})
}

// undecided reports whether a verdict that must be known is not.
func (m *matrix) undecided(s *scenarios.Scenario, arm string) bool {
	return slices.ContainsFunc(s.Claims, func(c claim.Text) bool {
		return m.expects(arm, c.ID) && m.verdicts[[2]string{arm, c.ID}].Verdict == claim.Inconclusive
	})
}

// enter takes the results of a run. A later result replaces an undecided one.
func (m *matrix) enter(results []claim.Result) {
	for _, r := range results {
		at := [2]string{r.Arm, r.ID}
		if old, ok := m.verdicts[at]; !ok || old.Verdict == claim.Inconclusive {
			m.verdicts[at] = r
		}
	}
}

// The signs of a claim for a mutant.
const (
	notRun   = " " // the scenario was not run against the mutant
	same     = "·" // as for the intact service, or undecided
	killed   = "x" // the claim detected the mutant
	survived = "!" // it should have
	flaky    = "~" // it detected a mutant that breaks it or not, by chance
	stray    = "#" // it detected a mutant that should not break it
	open     = "?" // it should decide, and did not
)

// cell is the sign of a claim for mu.
func (m *matrix) cell(mu mutant.Mutant, id string) string {
	r, ok := m.verdicts[[2]string{intact + "+" + mu.Name, id}]
	was := m.verdicts[[2]string{intact, id}].Verdict
	want := claim.Refuted
	if slices.Contains(mu.Fixes, id) {
		want = claim.Holds
	}
	switch expected := flips(mu, id); {
	case !ok:
		return notRun
	case expected && (r.Verdict == claim.Inconclusive || was == claim.Inconclusive):
		return open
	case expected && r.Verdict == want && was != want:
		return killed
	case expected:
		return survived
	case r.Verdict == claim.Inconclusive || was == claim.Inconclusive || r.Verdict == was:
		return same
	case slices.Contains(mu.Flaky, id):
		return flaky
	}
	return stray
}

// findings are the sum of a matrix's cells.
type findings struct {
	kills            int
	wrong, undecided []string // a line each
}

// print shows the matrix and what is wrong in it, and gives the exit code.
func (m *matrix) print(w io.Writer) (code int) {
	width := 0
	for _, r := range m.rows {
		width = max(width, len(r.id))
	}
	fmt.Fprintf(w, "%-*s", width, "claim")
	for i := range m.mutants {
		fmt.Fprintf(w, " %2d", i+1)
	}
	fmt.Fprintln(w)
	var f findings
	for _, r := range m.rows {
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("%-*s%s", width, r.id, m.cells(r, &f)), " "))
	}
	fmt.Fprintf(w, "\n%s detected   %s as for the intact service   %s detected (may vary by chance)   %s not detected   %s detected without reason   %s undecided\n\n",
		killed, same, flaky, survived, stray, open)
	for i, mu := range m.mutants {
		fmt.Fprintf(w, "%2d  %-18s %s\n", i+1, mu.Name, mu.About)
	}
	fmt.Fprintln(w)
	for _, line := range slices.Concat(f.wrong, f.undecided) {
		fmt.Fprintln(w, line)
	}
	fmt.Fprintf(w, "%d mutants × %d claims: %d detected, %d wrong, %d undecided · ", len(m.mutants), len(m.rows), f.kills, len(f.wrong), len(f.undecided))
	switch {
	case len(f.wrong) > 0:
		return exitRefuted
	case len(f.undecided) > 0:
		return exitUndecided
	}
	return exitHolds
}

// cells are the signs of one claim, one for each mutant. They are counted in f.
func (m *matrix) cells(r row, f *findings) string {
	line := ""
	detected, unsure := false, false
	for _, mu := range m.mutants {
		sign := m.cell(mu, r.id)
		got := m.verdicts[[2]string{intact + "+" + mu.Name, r.id}]
		line += "  " + sign
		switch sign {
		case killed:
			f.kills++
			detected = true
		case survived:
			f.wrong = append(f.wrong, fmt.Sprintf("%s survives %s, which %s as for the intact service: %s", mu.Name, r.id, got.Verdict, got.Because))
		case stray:
			f.wrong = append(f.wrong, fmt.Sprintf("%s should not change %s, which is %s: %s", mu.Name, r.id, got.Verdict, got.Because))
		case open:
			unsure = true
			if got.Verdict != claim.Inconclusive {
				got = m.verdicts[[2]string{intact, r.id}]
			}
			f.undecided = append(f.undecided, fmt.Sprintf("%s of %s is undecided: %s", r.id, got.Arm, got.Because))
		}
	}
	// An undecided mutant is reported as such, and may break the claim.
	if m.complete && !detected && !unsure {
		f.wrong = append(f.wrong, fmt.Sprintf("no mutant breaks %s (%s): this claim may be unable to fail", r.id, r.scenario))
	}
	return line
}
