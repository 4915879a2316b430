package reports_test

import (
	"bytes"
	"errors"
	"flag"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/code"
	"github.com/trektribe/bench/internal/claim/curve"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/recovery"
	"github.com/trektribe/bench/reports"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// golden compares got with testdata/name.
func golden(t *testing.T, name string, got []byte) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, got, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("%v; make it with: go test ./reports -update", err)
	}
	if !bytes.Equal(got, want) {
		t.Errorf("%s differs; got:\n%s\nwant:\n%s", path, got, want)
	}
}

// result makes a result with one part, which decides it.
func result(id, arm string, v claim.Verdict, measured, lo, hi float64, n int, unit, bound string) claim.Result {
	return claim.Result{
		ID: id, Scenario: "cache", Arm: arm, Policy: arm, Verdict: v, Holds: "p50(trips) " + bound,
		Measured: measured, Lo: lo, Hi: hi, N: n, Rounds: 3, Unit: unit, Bound: bound, Because: "as measured",
		Parts: []claim.Part{{
			Text: "p50(trips) " + bound, Verdict: v, Measured: measured, Lo: lo, Hi: hi, N: n, Unit: unit,
			Bound: bound, Rounds: []float64{lo, measured, hi}, Method: "log t",
		}},
	}
}

// run is what a real one looks like: two arms, every verdict, every kind of remark.
func run() reports.Run {
	const doc, hard = "documented", "hardened"
	hit := result("trips.hit.latency", doc, claim.Holds, 0.00041, 0.00039, 0.00044, 1204, "s", "<= 6ms")
	hit.Says, hit.Source = "a cache hit costs 3–6 ms in all", "Performance comparison"
	hit.Reading = "the median of answers from Redis"
	ops := result("ops.aof", doc, claim.Inconclusive, 0, 0, 0, 0, "", "== 0")
	ops.Because, ops.Remedy = "the embedded Redis has no append-only file", "needs a real Redis (REDIS=server)"
	ops.Rounds, ops.Parts[0].Rounds = 0, nil
	opsHard := ops
	opsHard.Arm = hard
	narrow := result("fallback.recovery", hard, claim.Inconclusive, 1.9, 1.4, 2.6, 6, "s", "<= 2s")
	narrow.Remedy = "5 more rounds, or a bound further from 1.9 s"
	few := result("trips.warm", doc, claim.Inconclusive, 0.995, 0, 0, 0, "ratio", ">= 99%")
	few.Rounds, few.Parts[0].Rounds = 2, []float64{0.99, 1}
	few.Because, few.Remedy = "2 of 5 rounds set aside: the generator sent 12 ms late", "a quieter machine"
	few.Code, few.Aside = code.LateGenerator, []claim.Aside{{Code: code.LateGenerator, Rounds: 2, Numbers: []int{1, 4}}}
	openEnd := result("trips.warm", hard, claim.Holds, 0.9995, 0.998, math.MaxFloat64, 900, "ratio", ">= 99%")
	never := result("fallback.recovery", doc, claim.Refuted, 4, 4, 4, 6, "s", "<= 2s")
	never.Parts[0].AtLeast = true
	never.Because = "not recovered when the window ended, in 6 of 6"
	outage := result("fallback.outage", doc, claim.Refuted, 0.412, 0.398, 0.427, 4800, "ratio", ">= 99.9%")
	worst := outage.Parts[0]
	worst.Text, worst.Bound, worst.Unit, worst.Measured, worst.Lo, worst.Hi, worst.Rounds = "max(trips) <= 1s", "<= 1s", "s", 10.01, 9.7, 10.3, []float64{9.7, 10.3}
	outage.Parts = append(outage.Parts, worst)
	outage.Warnings = []string{"round 2 set aside: the machine stalled for 80 ms"}
	outage.Aside = []claim.Aside{{Code: code.Stall, Rounds: 1, Numbers: []int{2}}}
	outageHard := result("fallback.outage", hard, claim.Holds, 0.053, 0.049, 0.058, 4800, "s", "<= 1s")
	outageHard.Parts = append([]claim.Part{outage.Parts[0]}, outageHard.Parts...)
	outageHard.Parts[0].Verdict = claim.Holds
	outageHard.Warnings, outageHard.Aside = outage.Warnings, outage.Aside
	over := result("limit.concurrent", doc, claim.Refuted, 212, 212, 212, 12000, "", "== 0")
	overHard := result("limit.concurrent", hard, claim.Holds, 0, 0, 0, 12000, "", "== 0")
	overHard.Parts[0].Method = "exact"
	r := reports.Run{
		Name: "default", Started: time.Date(2031, 4, 5, 6, 7, 8, 0, time.UTC), Elapsed: 58 * time.Second,
		Dir:     "reports/out/20310405T060708Z-default",
		Arms:    []string{doc, hard},
		Machine: "linux/amd64, 2 CPUs",
		Conditions: []reports.Condition{
			{Name: "machine", Value: "linux/amd64, 2 CPUs, go1.26.8"}, {Name: "redis", Value: "embedded 2.40.0"},
			{Name: "seed", Value: "1"}, {Name: "TTL_TRIPS", Value: "2s instead of 300s", Detail: true}, {Name: "generator", Value: "median lag 0.5 ms"},
		},
		Warnings: []string{"round redis-outage-02 was cut short and does not count"},
		Results: []claim.Result{
			hit, result("trips.hit.latency", hard, claim.Holds, 0.00039, 0.00037, 0.0011, 1198, "s", "<= 6ms"),
			injected(result("trips.speedup.50x", doc, claim.Refuted, 531, 518, 544, 1204, "", "in 50..80")),
			injected(result("trips.speedup.50x", hard, claim.Refuted, 548, 530, 567, 1198, "", "in 50..80")),
			injected(result("trips.speedup.10x", doc, claim.Holds, 531, 518, 544, 1204, "", ">= 10")),
			injected(result("trips.speedup.10x", hard, claim.Holds, 548, 530, 567, 1198, "", ">= 10")),
			injected(result("trips.speedup.5x", doc, claim.Refuted, 531, 518, 544, 1204, "", "in 5..10")),
			injected(result("trips.speedup.5x", hard, claim.Refuted, 548, 530, 567, 1198, "", "in 5..10")),
			outage, outageHard, never, narrow, few, openEnd, over, overHard, ops, opsHard,
		},
	}
	return r
}

func injected(r claim.Result) claim.Result {
	r.Injected = []string{"DB_DELAY=180ms-250ms"}
	return r
}

// oneArm keeps what was measured of one arm.
func oneArm(r reports.Run, arm string) reports.Run {
	r.Arms = []string{arm}
	var kept []claim.Result
	for _, res := range r.Results {
		if res.Arm == arm {
			kept = append(kept, res)
		}
	}
	r.Results = kept
	return r
}

// fourArms adds two mutants of the hardened arm, one of which was not judged everywhere.
func fourArms(r reports.Run) reports.Run {
	for _, arm := range []string{"hardened+no-fallback", "hardened+expiry-renewed-on-hit"} {
		r.Arms = append(r.Arms, arm)
		for _, res := range r.Results {
			if res.Arm == "hardened" && (arm == "hardened+no-fallback" || res.Unit == "s") {
				res.Arm = arm
				r.Results = append(r.Results, res)
			}
		}
	}
	return r
}

// threeArms has an arm more than the usual two, with a short name.
func threeArms() reports.Run {
	r := run()
	r.Arms = append(r.Arms, "ours")
	for _, res := range r.Results {
		if res.Arm == "hardened" {
			res.Arm = "ours"
			r.Results = append(r.Results, res)
		}
	}
	return r
}

// longNames has claims as users write them: longer than a column, in wide and in combining characters, with many bounds.
func longNames() reports.Run {
	r := run()
	r.Results = r.Results[:8]
	for i, id := range []string{"the.shop.answers.a.cart.that.was.filled.before.the.outage", "予約.高速.保証", "cafe\u0301.re\u0301ponse", "short"} {
		r.Results[2*i].ID, r.Results[2*i+1].ID = id, id
	}
	for i := range r.Results[:2] {
		res := &r.Results[i]
		res.Bound = "<= 2 * p50(listing[phase=healthy]) + 20ms"
		for _, b := range []string{"<= 250ms", ">= 99.95%", "== 0"} {
			p := res.Parts[0]
			p.Bound = b
			res.Parts = append(res.Parts, p)
		}
	}
	return r
}

// hostile is text that a service under test, or a scenario, could put into a report.
func hostile() reports.Run {
	r := oneArm(run(), "hardened")
	r.Name = "# <b>name</b> | `x`"
	r.Results = r.Results[:2]
	r.Results[0].ID = "a.claim.with.an.id.that.is.far.too.long.to.stand.in.a.column.of.any.terminal.of.the.usual.width"
	r.Results[0].Verdict = "maybe" // not one of ours: undecided
	r.Results[0].Because = "body was: \x1b[31m<script>alert(1)</script>\r\n| *x* _y_ [z](http://example.com) & `q`"
	r.Results[0].Parts[0].Text = "a | `b` <= 1"
	r.Results[1].ID = "日本語.claim"
	r.Results[1].Says = "1. 高速 – 50–80 times"
	r.Results[1].Warnings = []string{"- - -", "# heading", "1) list", "+1"}
	r.Conditions = []reports.Condition{{Name: "target", Value: "node server.js | tee <log>"}}
	return r
}

// withCurves has a curve that was measured, and one that could not be.
func withCurves() reports.Run {
	r := oneArm(run(), "hardened")
	r.Results = r.Results[:1]
	r.Curves = []curve.Curve{
		{ID: "trips.dbload", Scenario: "cache", Arm: "hardened", Says: "what reaches the database", TTL: 2, Load: 0.215, Hit: 0.0012,
			Points: []curve.Point{
				{X: 0.8, Keys: 210, Requests: 640, Queries: 0.56, Lo: 0.5, Hi: 0.62, Alone: 0.57, Shared: 0.54, Hits: 0.43, Speedup: 1.7, Arithmetic: 1.75},
				{X: 48, Keys: 2, Requests: 1900, Queries: 0.021, Lo: 0.017, Hi: 0.026, Alone: 0.11, Shared: 0.019, Hits: 0.97, Speedup: 31, Arithmetic: 28.4},
			},
			Falls: []curve.Fall{{Share: 0.8, From: 3.9, Alone: 4.4, Shared: 3.61}, {Share: 0.9, From: 0, Alone: 0, Shared: 8.1}}},
		{ID: "trips.dbload", Scenario: "cache", Arm: "<b>other</b>", Says: "what reaches the database", TTL: 2, Why: "the service does not say where its answers come from"},
	}
	return r
}

// withClocks has a service that recovers, one that does not, and one that nothing is known of.
func withClocks() reports.Run {
	r := oneArm(run(), "hardened")
	r.Results = r.Results[:1]
	clock := func(name string, median, lo, hi float64, cut int) recovery.Time {
		return recovery.Time{Name: name, Median: median, Lo: lo, Hi: hi, N: 5, Cut: cut, AtLeast: cut > 2, Resolution: 0.05}
	}
	well := recovery.Times{Scenario: "redis-outage", Arm: "hardened", Stream: "trip", Instance: "1", Faults: []string{"refused on redis"}, Rounds: 5,
		Times: []recovery.Time{clock(recovery.Detected, 0.0247, 0.0133, 0.0483, 0), clock(recovery.Fallback, 0.004, 0, 0.0092, 0),
			clock(recovery.UsedAgain, 0.0737, 0.043, 0.315, 0), clock(recovery.SteadyAgain, 0.4, 0, 2.19, 1)},
		Asked: 2767, Bound: 0.6}
	slower := well
	slower.Instance, slower.Lost, slower.Failed = "2", 14, "12 × status 500, 2 × no answer in time"
	slower.Times = []recovery.Time{clock(recovery.Detected, 1.76, 1.71, 1.79, 5), {Name: recovery.Fallback, Why: "instance 2 never answered from redis | before"},
		clock(recovery.SteadyAgain, 2.2, 2.2, 2.2, 5)}
	slower.Predicted = &recovery.Forecast{Hi: 5, Why: "hang: only a request that needs a new connection meets it"}
	slower.Aside = []string{"round 6: the machine stalled for 104 ms"}
	overload := slower
	overload.Arm, overload.Aside = "documented", nil
	overload.Predicted = &recovery.Forecast{Known: true, Stall: 5, Lo: 5, Hi: 5, Why: "read timeout of 5 s"}
	r.RecoveryTimes = []recovery.Times{well, slower, overload, {Scenario: "redis-hang", Arm: "<b>other</b>", Why: "round 1: the machine stalled for 104 ms"}}
	return r
}

// withFindings has a claim that is refuted for two reasons, each with what shows it.
func withFindings() reports.Run {
	r := oneArm(run(), "documented")
	r.Results = r.Results[len(r.Results)-2 : len(r.Results)-1]
	r.Results[0].Findings = []figure.Finding{
		{Code: "leaks-under-concurrency", Says: "requests at the same time count as one", Count: 31, Witnesses: []figure.Witness{
			{At: 1503200 * time.Microsecond, Until: 1506900 * time.Microsecond, Text: "127.1.0.1 of instance 1: allowed, 1 remains"},
			{At: 1503300 * time.Microsecond, Until: 1507000 * time.Microsecond, Text: "127.1.0.1 of instance 2: allowed, 1 remains"},
		}},
		{Code: "a or b", Says: "an answer says <b>more</b> | less", Count: 1, Picture: []byte("<p>"), Witnesses: []figure.Witness{{At: 2 * time.Second, Text: "# said"}}},
	}
	return r
}

func TestPicturesHaveFilesOfTheirOwn(t *testing.T) {
	r := withFindings()
	r.Results[0].Arm = "a/../b c"
	name := "picture-" + r.Results[0].ID + "-a-..-b-c-a-or-b.html"
	if got := reports.Pictures(r); len(got) != 1 || string(got[name]) != "<p>" {
		t.Errorf("%q, want %s", got, name)
	}
}

var cases = []struct {
	name string
	run  func() reports.Run
}{
	{"two-arms", run},
	{"curves", withCurves},
	{"clocks", withClocks},
	{"findings", withFindings},
	{"one-arm", func() reports.Run { return oneArm(run(), "documented") }},
	{"four-arms", func() reports.Run { return fourArms(run()) }},
	{"three-arms", threeArms},
	{"long-names", longNames},
	{"interrupted", func() reports.Run {
		r := run()
		r.Interrupted, r.Results, r.Elapsed = true, r.Results[:3], 754*time.Second
		return r
	}},
	{"empty", func() reports.Run { return reports.Run{Name: "nothing", Interrupted: true} }},
	{"hostile", hostile},
	{"same-id-twice", func() reports.Run {
		r := run()
		r.Results = append(r.Results[:2:2], r.Results[:2]...)
		r.Results[2].Scenario, r.Results[3].Scenario = "cache-cold", "cache-cold"
		return r
	}},
}

func TestTable(t *testing.T) {
	type style struct {
		suffix string
		reports.Style
	}
	styles := []style{{"", reports.Style{}}, {"-narrow", reports.Style{Width: 60}}}
	more := map[string][]style{
		"two-arms":   {{"-80", reports.Style{Width: 80}}, {"-wide", reports.Style{Width: 160, Wide: true}}, {"-wide-100", reports.Style{Wide: true}}, {"-color", reports.Style{Color: true}}},
		"three-arms": {{"-80", reports.Style{Width: 80}}},
		"long-names": {{"-80", reports.Style{Width: 80}}},
	}
	for _, c := range cases {
		for _, s := range append(styles[:2:2], more[c.name]...) {
			t.Run(c.name+s.suffix, func(t *testing.T) {
				golden(t, "table-"+c.name+s.suffix+".txt", table(t, c.run(), s.Style))
			})
		}
	}
}

func TestMarkdown(t *testing.T) {
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			var b bytes.Buffer
			if err := reports.Markdown(&b, c.run()); err != nil {
				t.Fatal(err)
			}
			golden(t, "markdown-"+c.name+".md", b.Bytes())
		})
	}
}

func table(t *testing.T, r reports.Run, s reports.Style) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := reports.Table(&b, r, s); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// No line is wider than it was asked to be, whatever the width.
func TestTableFits(t *testing.T) {
	for _, c := range cases {
		for width := 40; width <= 240; width += 3 {
			for line := range strings.Lines(string(table(t, c.run(), reports.Style{Width: width, Wide: width%2 == 0}))) {
				if n := columns(strings.TrimSuffix(line, "\n")); n > width {
					t.Fatalf("%s at width %d: a line of %d columns: %q", c.name, width, n, line)
				}
			}
		}
	}
}

// columns counts what a terminal draws; of the wide runes the cases have only ideographs.
func columns(s string) int {
	n := 0
	for _, r := range s {
		switch {
		case r == 0x301: // combines with the letter before it
		case r >= 0x2e80 && r < 0xfe00:
			n += 2
		default:
			n++
		}
	}
	return n
}

// Colour adds escape sequences and nothing else.
func TestTableColourOnlyPaints(t *testing.T) {
	unpaint := strings.NewReplacer("\x1b[31m", "", "\x1b[32m", "", "\x1b[33m", "", "\x1b[0m", "")
	for _, c := range cases {
		plain := string(table(t, c.run(), reports.Style{}))
		painted := string(table(t, c.run(), reports.Style{Color: true}))
		if strings.Contains(plain, "\x1b") {
			t.Errorf("%s: an escape sequence without colour", c.name)
		}
		if got := unpaint.Replace(painted); got != plain {
			t.Errorf("%s: colour changed the text:\n%s\nwant:\n%s", c.name, got, plain)
		}
	}
}

// A renderer passes on the error of what it writes to.
func TestWriteError(t *testing.T) {
	if err := reports.Table(broken{}, run(), reports.Style{}); err == nil || !strings.Contains(err.Error(), "disk full") {
		t.Errorf("Table: error %v, want the writer's", err)
	}
	for _, f := range formats() {
		if err := f.Write(broken{}, run()); err == nil || !strings.Contains(err.Error(), "disk full") {
			t.Errorf("%s: error %v, want the writer's", f.Name, err)
		}
	}
}

func formats() []reports.Format { return append(reports.Formats(), reports.OnDemand()...) }

func TestEveryFormatWritesEveryRun(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range formats() {
		if seen[f.Name] || seen[f.File] {
			t.Errorf("a second format is named %s or written to %s", f.Name, f.File)
		}
		seen[f.Name], seen[f.File] = true, true
		for _, c := range cases {
			var once, again bytes.Buffer
			if err := errors.Join(f.Write(&once, c.run()), f.Write(&again, c.run())); err != nil {
				t.Errorf("%s of %s: %v", f.Name, c.name, err)
			}
			if !bytes.HasSuffix(once.Bytes(), []byte("\n")) || !bytes.Equal(once.Bytes(), again.Bytes()) {
				t.Errorf("%s of %s is not the same text twice, ending in a newline:\n%s\n---\n%s", f.Name, c.name, &once, &again)
			}
		}
	}
}
