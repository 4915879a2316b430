package gate

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/compare"
)

var update = flag.Bool("update", false, "write the golden files anew")

const (
	holds     = claim.Holds
	refuted   = claim.Refuted
	undecided = claim.Inconclusive
)

func results(pairs ...[2]claim.Verdict) (out []claim.Result) {
	for i, p := range pairs {
		for k, arm := range []string{A, B} {
			out = append(out, claim.Result{ID: fmt.Sprintf("claim.%d", i), Scenario: "s", Arm: arm, Verdict: p[k], Parts: []claim.Part{{Verdict: p[k], Method: "log t"}}})
		}
	}
	return out
}

func TestVerdictsThatTurn(t *testing.T) {
	late := results([2]claim.Verdict{undecided, undecided})
	late[0].Code, late[1].Code = code.LateGenerator, code.LateGenerator
	for fresh, want := range map[[2]claim.Verdict]State{{undecided, undecided}: Open, {holds, holds}: Alike, {holds, refuted}: Alarm} {
		got := turns(late)[0]
		if got.State != Open {
			t.Errorf("what could be judged for neither is %s", got.State)
		}
		if got.confirm(turns(results(fresh))); got.State != want {
			t.Errorf("judged for neither, then %v: %s, want %s", fresh, got.State, want)
		}
	}
	for _, c := range []struct {
		first, fresh [2]claim.Verdict
		exact        bool
		want, last   State
	}{
		{[2]claim.Verdict{holds, holds}, [2]claim.Verdict{holds, holds}, false, Alike, Alike},
		{[2]claim.Verdict{refuted, refuted}, [2]claim.Verdict{holds, refuted}, false, Alike, Alike},
		{[2]claim.Verdict{refuted, holds}, [2]claim.Verdict{refuted, holds}, false, Better, Better},
		{[2]claim.Verdict{holds, refuted}, [2]claim.Verdict{holds, refuted}, false, Open, Alarm},
		{[2]claim.Verdict{holds, refuted}, [2]claim.Verdict{holds, holds}, false, Open, Alike},
		{[2]claim.Verdict{holds, refuted}, [2]claim.Verdict{undecided, undecided}, false, Open, Open},
		{[2]claim.Verdict{holds, refuted}, [2]claim.Verdict{undecided, refuted}, false, Open, Open},
		{[2]claim.Verdict{holds, refuted}, [2]claim.Verdict{holds, holds}, true, Alarm, Alarm},
		{[2]claim.Verdict{holds, undecided}, [2]claim.Verdict{holds, undecided}, false, Open, Open},
		{[2]claim.Verdict{holds, undecided}, [2]claim.Verdict{undecided, undecided}, false, Open, Alike},
		{[2]claim.Verdict{undecided, refuted}, [2]claim.Verdict{holds, refuted}, true, Open, Alarm},
		{[2]claim.Verdict{undecided, holds}, [2]claim.Verdict{holds, holds}, false, Better, Better},
	} {
		first := results(c.first)
		if c.exact {
			first[1].Parts[0].Method = "exact"
		}
		got := turns(first)[0]
		if got.State != c.want {
			t.Errorf("%v: %s, want %s", c.first, got.State, c.want)
		}
		if got.confirm(turns(results(c.fresh))); got.State != c.last {
			t.Errorf("%v, then %v: %s, want %s", c.first, c.fresh, got.State, c.last)
		}
	}
}

// figures of n rounds: B is so much above A, with a regular noise.
func figureOf(name string, n int, change, noise float64) compare.Figure {
	f := compare.Figure{Scenario: "s", Name: name, Unit: "s", Scale: compare.Ratio, Better: -1}
	for i := range n {
		x := 0.002 * (1 + noise*float64(i%5-2))
		f.Numbers = append(f.Numbers, i)
		f.A, f.B = append(f.A, compare.Value{X: 0.002}), append(f.B, compare.Value{X: x * (1 + change)})
	}
	return f
}

// reportOf is what a comparison finds of figures, of which those that are suspicious were played again as fresh.
func reportOf(first, fresh []compare.Figure, verdicts ...[2]claim.Verdict) *Report {
	r := &Report{Builds: [2]string{"git:main (0123456789ab)", "hardened"}, Effect: 0.05, Dir: "reports/out/x", figures: first,
		Verdicts: turns(results(verdicts...)), screened: map[string]int{"s": 10}}
	for _, f := range first {
		r.Changes = append(r.Changes, compare.Compare(f, compare.Screening, r.Effect))
	}
	r.suspects = compare.Suspects(first, r.Effect)
	var suspects []compare.Figure
	for _, i := range r.suspects {
		suspects = append(suspects, fresh[i])
	}
	for k, c := range compare.Confirm(suspects, r.Effect) {
		r.Changes[r.suspects[k]] = c
	}
	for i, f := range fresh {
		for k := range f.A {
			r.figures[i].Numbers = append(r.figures[i].Numbers, freshFrom+1+k)
			r.figures[i].A, r.figures[i].B = append(r.figures[i].A, f.A[k]), append(r.figures[i].B, f.B[k])
		}
	}
	r.Fresh, r.confirmed = "reports/out/x/y", map[string]int{"s": 15}
	r.close()
	return r
}

func TestWhatAReportSays(t *testing.T) {
	calm := []compare.Figure{figureOf("p50(a)", 10, 0, 0.001), figureOf("p50(b)", 10, 0, 0.05)}
	for _, c := range []struct {
		name string
		r    *Report
		want string
	}{
		{"pass", reportOf(calm, make([]compare.Figure, 2), [2]claim.Verdict{holds, holds}), "pass"},
		{"worse", reportOf([]compare.Figure{figureOf("p50(a)", 10, 0.2, 0.02)}, []compare.Figure{figureOf("p50(a)", 15, 0.2, 0.02)}, [2]claim.Verdict{holds, refuted}, [2]claim.Verdict{refuted, holds}), "alarm"},
		{"better", reportOf([]compare.Figure{figureOf("p50(a)", 10, -0.2, 0.02)}, []compare.Figure{figureOf("p50(a)", 15, -0.2, 0.02)}), "pass"},
		{"not confirmed", reportOf([]compare.Figure{figureOf("p50(a)", 10, 0.2, 0.02)}, []compare.Figure{figureOf("p50(a)", 15, 0, 0.001)}), "pass"},
		{"twice suspicious", reportOf([]compare.Figure{figureOf("p50(a)", 10, 0.1, 0.05)}, []compare.Figure{figureOf("p50(a)", 6, 0.08, 0.03)}), "undecided"},
		{"turned", reportOf(calm, make([]compare.Figure, 2), [2]claim.Verdict{holds, undecided}), "undecided"},
		{"nothing", reportOf(nil, nil, [2]claim.Verdict{undecided, undecided}), "undecided"},
	} {
		if c.r.Outcome != c.want {
			t.Errorf("%s: %s %v, want %s", c.name, c.r.Outcome, c.r.Because, c.want)
		}
		var text, page bytes.Buffer
		if err := c.r.Text(&text); err != nil {
			t.Fatal(err)
		}
		if err := c.r.Markdown(&page); err != nil {
			t.Fatal(err)
		}
		golden(t, strings.ReplaceAll(c.name, " ", "-")+".golden", text.String()+"----\n"+page.String())
	}
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		os.MkdirAll("testdata", 0o755)
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(path); err != nil || string(want) != got {
		t.Errorf("%s: %v, got:\n%s", path, err, got)
	}
}

func stored(x float64, verdict claim.Verdict) Stored {
	return Stored{Redis: "embedded", Plan: "p", Verdicts: []StoredClaim{{"s", "c", verdict, "because"}},
		Figures: []StoredFigure{{"s", "p50(a)", "s", compare.Ratio, -1, x, 10}}}
}

func TestARunIsHeldAgainstABaseline(t *testing.T) {
	var b *Baseline
	for _, x := range []float64{0.00200, 0.00204, 0.00198, 0.00201, 0.00197} {
		b, _ = b.Add(stored(x, holds))
	}
	other := stored(0.009, holds)
	other.Machine.CPUs, other.Plan = 64, "q"
	gone := stored(0.002, holds)
	gone.Verdicts[0].Claim = "d"
	busy, _ := b.Add(stored(0.002, undecided)) // a run that a busy machine left open takes no promise back
	never := &Baseline{Runs: []Stored{stored(0.002, undecided)}}
	added := stored(0.002, holds)
	added.Verdicts = append(added.Verdicts, StoredClaim{"s", "d", holds, ""})
	open := stored(0.002, holds)
	open.Verdicts = append(open.Verdicts, StoredClaim{"s", "d", refuted, ""})
	newer := stored(0.00202, holds)
	newer.Machine.Harness = "v2"
	of := func(policy string, s Stored) Stored { s.Policy = policy; return s }
	documented := &Baseline{Runs: []Stored{of("documented", stored(0.002, refuted))}}
	for _, c := range []struct {
		name   string
		base   *Baseline
		now    Stored
		want   string
		within string
	}{
		{"as ever", b, stored(0.00202, holds), "pass", "of half of them nothing below"},
		{"half as slow again", b, stored(0.003, holds), "alarm", "p50(a) is worse by 5"},
		{"faster", b, stored(0.001, holds), "pass", "pass"},
		{"turned", b, stored(0.002, refuted), "alarm", "c was holds and is refuted"},
		{"open", b, stored(0.002, undecided), "undecided", "c was holds and is undecided"},
		{"turned, after an open run", busy, stored(0.002, refuted), "alarm", "c was holds and is refuted"},
		{"open, after an open run", busy, stored(0.002, undecided), "undecided", "c was holds and is undecided"},
		{"never decided", never, stored(0.002, undecided), "pass", "no run has decided 1 of them"},
		{"another machine", b, other, "pass", "cpus 64, and was 0"},
		{"another claim", b, gone, "undecided", "c of the baseline was not played"},
		{"a claim more", b, added, "pass", "1 of 2 verdicts are those of the baseline, 0 better, 1 new"},
		{"a claim more that does not hold", b, open, "undecided", "d is new, and refuted"},
		{"another version of bench", b, newer, "pass", "bench v2, and was"},
		{"another policy, which is better", documented, of("hardened", stored(0.002, holds)), "undecided", "of the policy documented, and this is hardened"},
		{"another policy, which is worse", &Baseline{Runs: []Stored{of("hardened", stored(0.002, holds))}}, of("documented", stored(0.002, refuted)), "alarm", "policy documented, and was hardened"},
		{"another service", documented, of("", stored(0.002, refuted)), "undecided", "and this is another service"},
		{"a file of before policies were stored", b, of("hardened", stored(0.002, holds)), "pass", "policy hardened, and was none"},
		{"one run", &Baseline{Runs: b.Runs[:1]}, stored(0.009, holds), "pass", "the baseline has 1 run,"},
		{"no claim", b, Stored{Plan: "p", Redis: "embedded"}, "undecided", "nothing was judged"},
	} {
		h := c.base.Hold(c.now, "dir", 0.05)
		var text bytes.Buffer
		if err := h.Text(&text); err != nil {
			t.Fatal(err)
		}
		if h.Outcome != c.want || !strings.Contains(text.String(), c.within) {
			t.Errorf("%s: %s, want %s and %q:\n%s", c.name, h.Outcome, c.want, c.within, text.String())
		}
	}
	h := b.Hold(stored(0.00202, holds), "dir", 0.05)
	// Five runs that differ by 1.4 %: t(4) at 1 % is 4.6, and one more run adds its own chance.
	if f := h.Figures[0]; math.Abs(f.Hi-0.07) > 0.02 || math.Abs(h.Limit-f.Hi) > 1e-9 {
		t.Errorf("the interval ends at %+.3f, the limit is %+.3f", f.Hi, h.Limit)
	}
	if _, said := b.Add(gone); !slices.Contains(said, "c: gone") || !slices.Contains(said, "d: new, holds") {
		t.Errorf("an update says %q", said)
	}
}

// A full disk leaves the file that was there, and nothing beside it.
func TestAFileIsReplacedWholeOrNotAtAll(t *testing.T) {
	path := filepath.Join(t.TempDir(), "baseline.json")
	b, _ := (*Baseline)(nil).Add(stored(0.002, holds))
	if err := b.Write(path); err != nil {
		t.Fatal(err)
	}
	old, _ := os.ReadFile(path)
	full := errors.New("no space left")
	err := writeFile(path, func(w io.Writer) error { io.WriteString(w, "{"); return full })
	if !errors.Is(err, full) || !strings.Contains(err.Error(), path) {
		t.Errorf("error %v, want %v with the path", err, full)
	}
	if now, _ := os.ReadFile(path); len(old) == 0 || string(now) != string(old) {
		t.Errorf("the file holds %q", now)
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("left behind: %v", left)
	}
}
