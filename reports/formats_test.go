package reports_test

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strings"
	"testing"

	"github.com/jstemmer/go-junit-report/v2/junit"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"
	"golang.org/x/perf/benchfmt"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/reports"
)

// written is a run in one format.
func written(t *testing.T, name string, r reports.Run) []byte {
	t.Helper()
	for _, f := range formats() {
		if f.Name == name {
			var b bytes.Buffer
			if err := f.Write(&b, r); err != nil {
				t.Fatal(err)
			}
			return b.Bytes()
		}
	}
	t.Fatalf("no format %s", name)
	return nil
}

func TestFormatsOnDemand(t *testing.T) {
	for _, c := range cases {
		switch c.name {
		case "two-arms", "hostile", "empty", "interrupted":
			for _, f := range reports.OnDemand() {
				t.Run(c.name+" "+f.Name, func(t *testing.T) {
					golden(t, c.name+"-"+f.File, written(t, f.Name, c.run()))
				})
			}
		}
	}
}

// verdicts counts the results of a run.
func verdicts(r reports.Run) map[claim.Verdict]int {
	n := map[claim.Verdict]int{}
	for _, res := range r.Results {
		n[res.Verdict]++
	}
	return n
}

// A CI job must not take for green what is not: each refuted claim is a failure and each undecided one an error.
func TestJUnitIsReadBack(t *testing.T) {
	for _, c := range cases {
		r := c.run()
		var got junit.Testsuites
		if err := xml.Unmarshal(written(t, "junit", r), &got); err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		n := verdicts(r)
		further := 0 // about the run as a whole
		if len(r.Results) == 0 {
			further++
		}
		if r.Interrupted {
			further++
		}
		open := len(r.Results) - n[claim.Holds] - n[claim.Refuted]
		if got.Tests != len(r.Results)+further || got.Failures != n[claim.Refuted] || got.Errors != open+further || got.Skipped != 0 {
			t.Errorf("%s: %d tests, %d failures, %d errors, %d skipped; the run has %v", c.name, got.Tests, got.Failures, got.Errors, got.Skipped, n)
		}
		seen := map[string]bool{}
		for _, s := range got.Suites {
			for _, x := range s.Testcases {
				if key := x.Classname + " " + x.Name; seen[key] || x.Name == "" || x.Classname != s.Name {
					t.Errorf("%s: test case %q of class %q in suite %q", c.name, x.Name, x.Classname, s.Name)
				} else {
					seen[key] = true
				}
			}
		}
	}
}

// benchstat reads every line, and finds one for each round of each figure.
func TestGoBenchmarksAreReadBack(t *testing.T) {
	r := run()
	r.Results[0].Parts[0].Rounds = []float64{figure.Never, 0.25}
	r.Results[1].Parts[0].Text = "p50(trips) <= 5ms + 1ms" // Bound has its value
	reader := benchfmt.NewReader(bytes.NewReader(written(t, "bench", r)), "bench.txt")
	lines, failed := map[string]int{}, 0
	for reader.Scan() {
		switch rec := reader.Result().(type) {
		case *benchfmt.Result:
			lines[string(rec.Name.Full())+" "+rec.Values[0].Unit]++
			if math.IsInf(rec.Values[0].Value, 1) && strings.HasPrefix(string(rec.Name), "Trips.hit") {
				failed++
			}
			if rec.GetConfig("redis") != "embedded 2.40.0" || rec.GetConfig("machine") != r.Machine {
				t.Errorf("%s was measured on %q with %q", rec.Name, rec.GetConfig("machine"), rec.GetConfig("redis"))
			}
		case *benchfmt.SyntaxError:
			t.Error(rec)
		}
	}
	if err := reader.Err(); err != nil {
		t.Fatal(err)
	}
	if failed != 1 {
		t.Errorf("%d rounds without a figure, want 1", failed)
	}
	for name, want := range map[string]int{
		"Trips.hit.latency/scenario=cache/arm=documented/of=p50(trips) sec":        2,
		"Trips.hit.latency/scenario=cache/arm=hardened/of=p50(trips) sec":          3,
		"Trips.speedup.50x/scenario=cache/arm=hardened/of=p50(trips) count-within": 3,
		"Trips.speedup.10x/scenario=cache/arm=hardened/of=p50(trips) count-higher": 3,
		"Fallback.outage/scenario=cache/arm=documented/of=p50(trips) ratio":        3,
		"Fallback.outage/scenario=cache/arm=documented/of=max(trips) sec":          2,
		"Limit.concurrent/scenario=cache/arm=documented/of=p50(trips) count":       3,
		"Ops.aof/scenario=cache/arm=documented/of=p50(trips) count":                0,
	} {
		if lines[name] != want {
			t.Errorf("%d lines of %s, want %d", lines[name], name, want)
		}
	}
	units := reader.Units()
	for unit, want := range map[string]int{"sec": -1, "ratio": 1, "count": -1, "count-higher": 1, "count-within": 0} {
		if got := units.GetBetter(unit); got != want {
			t.Errorf("%s is better %d, want %d", unit, got, want)
		}
	}
}

func TestPrometheusIsReadBack(t *testing.T) {
	for _, c := range cases {
		r := c.run()
		p := expfmt.NewTextParser(model.LegacyValidation)
		got, err := p.TextToMetricFamilies(bytes.NewReader(written(t, "prometheus", r)))
		if err != nil {
			t.Fatalf("%s: %v", c.name, err)
		}
		sum := map[string]float64{}
		for _, m := range got["bench_claim_verdict"].GetMetric() {
			sum[label(m, "verdict")] += m.GetGauge().GetValue()
		}
		n := verdicts(r)
		if sum["holds"] != float64(n[claim.Holds]) || sum["refuted"] != float64(n[claim.Refuted]) || sum["undecided"] != float64(len(r.Results)-n[claim.Holds]-n[claim.Refuted]) {
			t.Errorf("%s: %v, and the run has %v", c.name, sum, n)
		}
	}
	p := expfmt.NewTextParser(model.LegacyValidation)
	got, err := p.TextToMetricFamilies(bytes.NewReader(written(t, "prometheus", run())))
	if err != nil {
		t.Fatal(err)
	}
	for _, m := range got["bench_claim_highest_ratio"].GetMetric() {
		if label(m, "claim") == "fallback.outage" && label(m, "arm") == "documented" && m.GetGauge().GetValue() == 0.427 && label(m, "bound") == ">= 99.9%" {
			return
		}
	}
	t.Errorf("the upper end of fallback.outage is not in %v", got["bench_claim_highest_ratio"])
}

func label(m *dto.Metric, name string) string {
	for _, l := range m.GetLabel() {
		if l.GetName() == name {
			return l.GetValue()
		}
	}
	return ""
}

// A summary fits into a CI service whatever the run, says how many are left out, and what was refuted comes first.
func TestTheSummaryIsNeverTooLarge(t *testing.T) {
	base := hostile().Results[0]
	for _, n := range []int{3, 300, 5000} {
		r := run()
		r.Warnings = nil
		for i := range n {
			res := base
			res.ID = fmt.Sprintf("claim.%d.%s", i, strings.Repeat("長い|", i%200))
			res.Verdict = []claim.Verdict{claim.Holds, claim.Refuted, claim.Inconclusive}[i%3]
			res.Because = strings.Repeat("<because> ", i%500)
			r.Results = append(r.Results, res)
			r.Warnings = append(r.Warnings, strings.Repeat("*warning* ", 300))
		}
		text := string(written(t, "summary", r))
		if len(text) > reports.MostSummary {
			t.Errorf("%d claims: %d bytes, want at most %d", n, len(text), reports.MostSummary)
		}
		shown := strings.Count(text, "\n| ") - strings.Count(text, "\n| claim ") - strings.Count(text, "\n| --- ")
		for line := range strings.Lines(text) {
			more := 0
			if k, _ := fmt.Sscanf(line, "… and %d more,", &more); k == 1 {
				shown += more
			}
		}
		if shown != len(r.Results) {
			t.Errorf("%d claims: %d results are shown or counted, want %d", n, shown, len(r.Results))
		}
		if !strings.Contains(text, "20310405T060708Z-default") {
			t.Error("it does not say where the rest is")
		}
	}
}
