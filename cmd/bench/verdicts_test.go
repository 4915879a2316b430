package main

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/mutant"
	"github.com/trektribe/bench/scenarios"
)

// reference is what the library finds of the reference target: documented, hardened.
// That a fast cache refutes "50-80 times" and "5-10 times" is a finding, not a fault.
var reference = map[string][2]claim.Verdict{
	"trips.hit.latency":  {claim.Holds, claim.Holds},
	"trips.miss.latency": {claim.Holds, claim.Holds},
	"trips.speedup.50x":  {claim.Refuted, claim.Refuted},
	"trips.speedup.10x":  {claim.Holds, claim.Holds},
	"trips.speedup.5x":   {claim.Refuted, claim.Refuted},
	"trips.dbload":       {claim.Holds, claim.Holds},
	"trips.ttl":          {claim.Holds, claim.Holds},
	"trips.warm":         {claim.Holds, claim.Holds},
	"trips.source":       {claim.Holds, claim.Holds},
	"cache.stampede":     {claim.Refuted, claim.Holds},
	"profiles.cache":     {claim.Holds, claim.Holds},
	"cache.shared":       {claim.Holds, claim.Holds},
	"cache.ttls":         {claim.Holds, claim.Holds},
	"cache.warming":      {claim.Refuted, claim.Holds},
	"cache.invalidation": {claim.Refuted, claim.Holds},
	"ai.miss.latency":    {claim.Holds, claim.Holds},
	"ai.hit.latency":     {claim.Holds, claim.Holds},
	"ai.speedup":         {claim.Holds, claim.Holds},
	"ai.ttl":             {claim.Holds, claim.Holds},
	"ai.cost":            {claim.Refuted, claim.Holds},
	"scale.instances":    {claim.Holds, claim.Holds},
	"cache.single":       {claim.Holds, claim.Holds},
	"fallback.outage":    {claim.Refuted, claim.Holds},
	"fallback.recovery":  {claim.Holds, claim.Holds},
	"ops.health":         {claim.Refuted, claim.Holds},
	"fallback.blackhole": {claim.Refuted, claim.Holds},

	"fallback.slow":         {claim.Refuted, claim.Holds},
	"fallback.reset":        {claim.Refuted, claim.Holds},
	"fallback.flapping":     {claim.Refuted, claim.Holds},
	"fallback.partition":    {claim.Refuted, claim.Holds},
	"fallback.unconfigured": {claim.Holds, claim.Holds},
	"fallback.transparent":  {claim.Holds, claim.Holds},
	"fallback.startup":      {claim.Refuted, claim.Holds},
	"fallback.stale":        {claim.Refuted, claim.Holds},
	"fallback.crash":        {claim.Holds, claim.Holds},
}

func TestTheLibraryDecidesEveryClaimUnderBothPolicies(t *testing.T) {
	if testing.Short() {
		t.Skip("plays the usual scenarios, which takes minutes; make verdicts does it")
	}
	// The self-check plays the others too, though not under documented.
	names := scenarios.Usual()
	if os.Getenv("BENCH_VERDICTS") == "all" {
		names = scenarios.Library()
	}
	want := map[[2]string]claim.Verdict{}
	for _, id := range claimsOf(names) {
		for i, arm := range policies {
			want[[2]string{id, arm}] = reference[id][i]
		}
	}
	if code := mustDecide(t, policies, names, want); code != exitRefuted {
		t.Errorf("exit %d, want %d: two of the speed-ups are refuted", code, exitRefuted)
	}
}

// claimsOf lists the claims of scenarios of the library.
func claimsOf(names []string) (ids []string) {
	for _, name := range names {
		s, err := scenarios.Load(name)
		if err != nil {
			continue // TestLibraryLoads tells
		}
		for _, c := range s.Claims {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// mustDecide runs scenarios and compares verdicts. A row that a busy machine left
// undecided gets one more run, and if it stays so that is no defect, but for more than a
// quarter of them; a verdict that is wrong gets no second run.
func mustDecide(t *testing.T, arms, names []string, want map[[2]string]claim.Verdict) (code int) {
	t.Helper()
	for try := 1; ; try++ {
		out := t.TempDir()
		var table, errs string
		code, table, errs = bench(append([]string{"run", "--out", out, "--arms", strings.Join(arms, ",")}, names...)...)
		if table == "" {
			t.Fatal(errs)
		}
		got := results(t, filepath.Join(out, "latest"))
		undecided, open := 0, 0
		for row, w := range want {
			r := got[row]
			if r.Verdict == claim.Inconclusive && try == 1 {
				t.Logf("%v: undecided, so once more: %s %q", row, r.Because, r.Warnings)
				undecided++
			} else if r.Verdict == claim.Inconclusive && (strings.Contains(r.Settle, "quieter machine") || r.Settle == "more rounds") {
				t.Logf("%v: left undecided by a busy machine: %s %q", row, r.Because, r.Warnings)
				open++
			} else if r.Verdict != w {
				t.Errorf("%v: %s, want %s: %s %q", row, r.Verdict, w, r.Because, r.Warnings)
			}
		}
		if open > len(want)/4 {
			t.Errorf("%d of %d rows are undecided: this machine can decide nothing", open, len(want))
		}
		if undecided == 0 {
			return code
		}
	}
}

func TestEveryClaimOfTheLibraryHasAMutant(t *testing.T) {
	all, err := loadAll(nil, "")
	if err != nil {
		t.Fatal(err)
	}
	var flipped []string
	for _, name := range mutant.Names() {
		m, err := mutant.Find(name)
		if err != nil {
			t.Fatal(err)
		}
		flipped = append(flipped, slices.Concat(m.Breaks, m.Mends)...)
	}
	for _, s := range all {
		for _, c := range s.Claims {
			if !slices.Contains(flipped, c.ID) {
				t.Errorf("no mutant breaks %s", c.ID)
			}
			if _, ok := reference[c.ID]; !ok {
				t.Errorf("%s has no reference verdict", c.ID)
			}
		}
	}
}

// The README's blocks that start "$ bench" are run, and what they print is
// compared. Of a verdict table only the claims and their verdicts are: figures
// are the machine's.
func TestTheReadmeSaysWhatBenchPrints(t *testing.T) {
	text, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := readmeBlocks(string(text))
	if len(blocks) < 3 {
		t.Fatalf("%d blocks start \"$ bench\" in the README, want at least 3", len(blocks))
	}
	tables := 0
	for _, b := range blocks {
		if strings.HasPrefix(b.command, "run") {
			tables++
			if err := sameVerdicts(b.output); err != nil {
				t.Errorf("$ bench %s: %v", b.command, err)
			}
			continue
		}
		_, out, errs := bench(strings.Fields(b.command)...)
		if strings.TrimSpace(out+errs) != strings.TrimSpace(b.output) {
			t.Errorf("$ bench %s prints:\n%s\nthe README says:\n%s", b.command, out+errs, b.output)
		}
	}
	if tables != 1 {
		t.Errorf("%d verdict tables in the README, want 1", tables)
	}
}

type readmeBlock struct{ command, output string }

func readmeBlocks(text string) []readmeBlock {
	var out []readmeBlock
	for _, part := range strings.Split(text, "\n    $ bench ")[1:] {
		var b readmeBlock
		for i, line := range strings.Split(part, "\n") {
			if i == 0 {
				b.command = line
				continue
			}
			rest, indented := strings.CutPrefix(line, "    ")
			if !indented && strings.TrimSpace(line) != "" {
				break
			}
			b.output += rest + "\n"
		}
		out = append(out, b)
	}
	return out
}

// sameVerdicts compares a table's rows with the reference, which the library test holds.
func sameVerdicts(table string) error {
	seen := 0
	for line := range strings.Lines(table) {
		words := strings.Fields(line)
		if len(words) == 0 {
			continue
		}
		want, ok := reference[words[0]]
		if !ok {
			continue
		}
		seen++
		var verdicts []string
		for _, w := range words {
			if w == "holds" || w == "REFUTED" || w == "undecided" {
				verdicts = append(verdicts, strings.ToLower(w))
			}
		}
		if len(verdicts) != 2 || verdicts[0] != string(want[0]) || verdicts[1] != string(want[1]) {
			return fmt.Errorf("%s says %v, and is found to be %v", words[0], verdicts, want)
		}
	}
	if want := len(claimsOf(scenarios.Usual())); seen != want {
		return fmt.Errorf("%d claims in the table, want the %d usual ones", seen, want)
	}
	return nil
}
