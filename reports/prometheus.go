package reports

import (
	"bytes"
	"io"
	"math"

	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/figure"
)

var inf = math.Inf(1)

// Prometheus writes verdicts and figures in Prometheus' text format, as gauges without timestamps, for node_exporter's
// textfile collector or a push gateway. Figures are in base units, which their names tell. The error is w's.
func Prometheus(w io.Writer, r Run) error {
	g := &gauges{at: map[string]int{}}
	if !r.Started.IsZero() {
		g.add("bench_run_started_timestamp_seconds", "When the run began, in seconds since 1970.", float64(r.Started.Unix()))
	}
	if r.Elapsed > 0 {
		g.add("bench_run_duration_seconds", "How long the run took.", r.Elapsed.Seconds())
	}
	g.add("bench_run_interrupted", "1: the run was interrupted, and judged on what was seen until then.", truth(r.Interrupted))
	rs, arms := rows(r)
	for _, a := range arms {
		var t tally
		for _, row := range rs {
			if res := row.results[a]; res != nil {
				t.add(res)
			}
		}
		for i, n := range []int{t.holds, t.refuted, t.undecided} {
			g.add("bench_claims", "Claims of an arm by their verdict.", float64(n), "arm", a, "verdict", verdictNames[i])
		}
	}
	seen := map[[3]string]bool{}
	for i := range r.Results {
		res := &r.Results[i]
		if place := [3]string{res.Scenario, res.ID, res.Arm}; !seen[place] {
			seen[place] = true
			g.result(res)
		}
	}
	return g.write(w)
}

var verdictNames = []string{"holds", "refuted", "undecided"}

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}

// result adds what is known of one claim of one arm.
func (g *gauges) result(res *claim.Result) {
	labels := []string{"scenario", res.Scenario, "claim", res.ID, "arm", res.Arm}
	var t tally
	t.add(res)
	for i, n := range []int{t.holds, t.refuted, t.undecided} {
		g.add("bench_claim_verdict", "1 for the verdict of a claim, 0 for the others.", float64(n), append(labels[:6:6], "verdict", verdictNames[i])...)
	}
	g.add("bench_claim_rounds", "Rounds of a claim that count.", float64(res.Rounds), labels...)
	if res.N == 0 && res.Rounds == 0 {
		return // no figure
	}
	suffix := map[string]string{"s": "_seconds", "ratio": "_ratio", "B": "_bytes", "1/s": "_per_second"}[res.Unit]
	labels = append(labels, "bound", res.Bound)
	g.add("bench_claim_measured"+suffix, "The figure that decides a claim; of a failed request +Inf.", open(res.Measured), labels...)
	if res.N > 0 {
		g.add("bench_claim_lowest"+suffix, "The lower end of its interval.", open(res.Lo), labels...)
		g.add("bench_claim_highest"+suffix, "The upper end of its interval.", open(res.Hi), labels...)
		g.add("bench_claim_samples", "Samples behind the figure.", float64(res.N), labels[:6]...)
	}
}

// open is x, or the infinity that it stands for.
func open(x float64) float64 {
	if figure.Bounded(x) {
		return x
	}
	return math.Copysign(inf, x)
}

// gauges are families of metrics in the order in which they were first added.
type gauges struct {
	families []*dto.MetricFamily
	at       map[string]int
}

// add adds a metric; labels are names and values in turn.
func (g *gauges) add(name, help string, x float64, labels ...string) {
	if _, ok := g.at[name]; !ok {
		g.at[name] = len(g.families)
		g.families = append(g.families, &dto.MetricFamily{Name: &name, Help: &help, Type: dto.MetricType_GAUGE.Enum()})
	}
	m := &dto.Metric{Gauge: &dto.Gauge{Value: &x}}
	for i := 0; i < len(labels); i += 2 {
		value := clean(labels[i+1])
		m.Label = append(m.Label, &dto.LabelPair{Name: &labels[i], Value: &value})
	}
	f := g.families[g.at[name]]
	f.Metric = append(f.Metric, m)
}

func (g *gauges) write(w io.Writer) error {
	var b bytes.Buffer
	for _, f := range g.families {
		if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
			return err
		}
	}
	_, err := w.Write(b.Bytes())
	return err
}
