package alertstest

import (
	"fmt"
	"maps"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/prometheus/prometheus/model/value"
)

// rulesFile is what the stack's Prometheus has.
const rulesFile = "../alerts.yml"

// late is how many seconds after its `for` an alert may fire: the interval of evaluation, and that of scrapes.
const late = 2

// lasts is how long each case is, and the trouble is from begins to ends.
const lasts, begins, ends = 100, 40, 70

// trouble is usual, and in the time of the trouble other.
func trouble(usual, other func(at int) float64) []float64 {
	var out []float64
	for at := range lasts {
		if at >= begins && at < ends {
			out = append(out, other(at))
		} else {
			out = append(out, usual(at))
		}
	}
	return out
}

func always(v float64) func(int) float64 { return func(int) float64 { return v } }

func steady(v float64) []float64 { return trouble(always(v), always(v)) }

// summed is a counter that grows by so much each second.
func summed(perSecond []float64) []float64 {
	out, sum := []float64{}, 0.0
	for _, v := range perSecond {
		sum += v
		out = append(out, sum)
	}
	return out
}

// well is a Redis of which nothing is wrong: the other series take the place of its own.
func well(other Series) Series {
	s := Series{
		`up{job="redis"}`:                          steady(1),
		`redis_up{job="redis"}`:                    steady(1),
		`redis_memory_used_bytes{job="redis"}`:     steady(40e6),
		`redis_memory_max_bytes{job="redis"}`:      steady(100e6),
		`redis_connected_clients{job="redis"}`:     steady(12),
		`redis_keyspace_hits_total{job="redis"}`:   summed(steady(90)),
		`redis_keyspace_misses_total{job="redis"}`: summed(steady(10)),
	}
	maps.Copy(s, other)
	return s
}

// A row is what an exporter showed, and which alert must fire; empty: none.
type row struct {
	name   string
	series Series
	alert  string
	slow   int // seconds that its expression looks back, and so may be later, and longer true
}

func rows() []row {
	gone := func(name string, usual float64) Series {
		return Series{name: trouble(always(usual), always(Gone))}
	}
	dead := well(gone(`redis_up{job="redis"}`, 1))
	for name := range dead {
		if name != `up{job="redis"}` {
			usual := dead[name]
			dead[name] = trouble(func(at int) float64 { return usual[at] }, always(Gone))
		}
	}
	dead[`up{job="redis"}`] = trouble(always(1), always(0))
	return []row{
		{"all is well", well(nil), "", 0},
		{"Redis is down", well(Series{`redis_up{job="redis"}`: trouble(always(1), always(0))}), "RedisDown", 4},
		{"it comes and goes each second", well(Series{`redis_up{job="redis"}`: trouble(always(1), func(at int) float64 { return float64(at % 2) })}), "RedisDown", 4},
		{"one scrape finds it down", well(Series{`redis_up{job="redis"}`: trouble(always(1), func(at int) float64 { return min(1, float64(at-begins)) })}), "", 0},
		{"the exporter is dead", dead, "RedisDown", 4},
		{"the exporter shows no redis_up", well(gone(`redis_up{job="redis"}`, 1)), "RedisDown", 4},
		{"memory is at 85 %", well(Series{`redis_memory_used_bytes{job="redis"}`: trouble(always(40e6), always(85e6))}), "RedisMemoryHigh", 0},
		{"memory is at 75 %", well(Series{`redis_memory_used_bytes{job="redis"}`: trouble(always(40e6), always(75e6))}), "", 0},
		{"memory has no limit", well(Series{`redis_memory_max_bytes{job="redis"}`: steady(0)}), "", 0},
		{"two in three miss", well(Series{
			`redis_keyspace_hits_total{job="redis"}`:   summed(trouble(always(90), always(30))),
			`redis_keyspace_misses_total{job="redis"}`: summed(trouble(always(10), always(60)))}), "CacheHitRatioLow", 15},
		{"nobody asks", well(Series{`redis_keyspace_hits_total{job="redis"}`: steady(100), `redis_keyspace_misses_total{job="redis"}`: steady(100)}), "", 0},
		{"one asks now and then, and misses", well(Series{`redis_keyspace_hits_total{job="redis"}`: steady(100),
			`redis_keyspace_misses_total{job="redis"}`: summed(trouble(always(0), func(at int) float64 { return float64(at % 10 / 9) }))}), "", 0},
		{"connections jump from 12 to 80", well(Series{`redis_connected_clients{job="redis"}`: trouble(always(12), always(80))}), "RedisConnectionSpike", 0},
		{"connections double", well(Series{`redis_connected_clients{job="redis"}`: trouble(always(12), always(24))}), "", 0},
		{"many connections are usual", well(Series{`redis_connected_clients{job="redis"}`: steady(200)}), "", 0},
	}
}

// wrong is what is wrong with the alerts of a row; empty: nothing.
func (r row) wrong(t *testing.T, rules string) string {
	t.Helper()
	fired, err := Judge(t.Context(), []byte(rules), r.series)
	if err != nil {
		t.Fatal(err)
	}
	const holds = 5 // the `for` of each rule
	for _, alert := range slices.Sorted(maps.Keys(fired)) {
		first := slices.IndexFunc(fired[alert], func(of []string) bool { return len(of) > 0 })
		switch {
		case first < 0 && alert == r.alert:
			return alert + " never fires"
		case first < 0:
		case alert != r.alert:
			return fmt.Sprintf("%s fires at %d s", alert, first)
		case first < begins || first > begins+holds+late+r.slow:
			return fmt.Sprintf("%s fires at %d s, of trouble from %d s", alert, first, begins)
		case len(fired[alert][min(lasts-1, ends+late+r.slow)]) > 0:
			return fmt.Sprintf("%s fires still, %d s after the trouble", alert, late+r.slow)
		}
	}
	return ""
}

func theRules(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile(rulesFile)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Each alert fires of its trouble in time, and of no other; it ends with it.
func TestEachAlertFiresOfItsTroubleAlone(t *testing.T) {
	rules := theRules(t)
	for _, r := range rows() {
		t.Run(r.name, func(t *testing.T) {
			if wrong := r.wrong(t, rules); wrong != "" {
				t.Error(wrong)
			}
		})
	}
}

// What people get wrong in such rules does not pass: each mutant is found by its row.
func TestRulesThatAreWrongAreFound(t *testing.T) {
	rules := theRules(t)
	for name, m := range map[string]struct{ is, was, row string }{
		"flapping resets for":            {"min_over_time(redis_up[4s]) == 0", "redis_up == 0", "it comes and goes each second"},
		"a dead exporter is no alarm":    {` or up{job="redis"} == 0 or absent(redis_up)`, "", "the exporter is dead"},
		"maxmemory 0 fires always":       {"(redis_memory_max_bytes > 0)", "redis_memory_max_bytes", "memory has no limit"},
		"memory is compared in bytes":    {"> 0.8", "> 80", "memory is at 85 %"},
		"one miss of one is no ratio":    {"> 1\n", ">= 0\n", "one asks now and then, and misses"},
		"the ratio is that of misses":    {"rate(redis_keyspace_hits_total[15s]) / ", "rate(redis_keyspace_misses_total[15s]) / ", "all is well"},
		"connections have a fixed bound": {"20 + 2 * avg_over_time(redis_connected_clients[10m] offset 30s)", "100", "connections jump from 12 to 80"},
		"an alert takes a minute":        {"for: 5s", "for: 1m", "Redis is down"},
	} {
		t.Run(name, func(t *testing.T) {
			broken := strings.ReplaceAll(rules, m.is, m.was)
			if broken == rules {
				t.Fatalf("the rules have no %q", m.is)
			}
			i := slices.IndexFunc(rows(), func(r row) bool { return r.name == m.row })
			if wrong := rows()[i].wrong(t, broken); wrong == "" {
				t.Errorf("%q notices nothing", m.row)
			}
		})
	}
}

// promtool is somebody else's opinion on the same rows. Versions differ in whether a range has its first instant: what
// changes within 2 s is not compared.
func TestPromtoolAgrees(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		t.Skip("promtool is not on the PATH: install the package prometheus")
	}
	rules, err := filepath.Abs(rulesFile)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows() {
		t.Run(r.name, func(t *testing.T) {
			fired, err := Judge(t.Context(), []byte(theRules(t)), r.series)
			if err != nil {
				t.Fatal(err)
			}
			file := filepath.Join(t.TempDir(), "test.yml")
			if err := os.WriteFile(file, []byte(r.promtool(rules, fired)), 0o600); err != nil {
				t.Fatal(err)
			}
			if out, err := exec.CommandContext(t.Context(), promtool, "test", "rules", file).CombinedOutput(); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}

// promtool is the row as promtool takes it, with what was found of it.
func (r row) promtool(rules string, fired Fired) string {
	var b strings.Builder
	fmt.Fprintf(&b, "rule_files: [%q]\nevaluation_interval: 1s\ntests:\n  - interval: 1s\n    input_series:\n", rules)
	for _, name := range slices.Sorted(maps.Keys(r.series)) {
		var values []string
		for at, v := range r.series[name] {
			switch {
			case value.IsStaleNaN(v) && at == 0:
				values = append(values, "_")
			case value.IsStaleNaN(v):
				values = append(values, "stale")
			default:
				values = append(values, strconv.FormatFloat(math.Round(v), 'f', -1, 64))
			}
		}
		fmt.Fprintf(&b, "      - {series: '%s', values: '%s'}\n", name, strings.Join(values, " "))
	}
	b.WriteString("    alert_rule_test:\n")
	for _, alert := range slices.Sorted(maps.Keys(fired)) {
		for at := 2; at < lasts-2; at++ {
			now := fired[alert][at]
			if slices.ContainsFunc(fired[alert][at-2:at+3], func(near []string) bool { return !slices.Equal(near, now) }) {
				continue
			}
			var expected []string
			for _, of := range now { // {job="redis"} is {job: "redis"} in YAML
				expected = append(expected, "{exp_labels: "+strings.ReplaceAll(of, "=", ": ")+"}")
			}
			fmt.Fprintf(&b, "      - {eval_time: %ds, alertname: %s, exp_alerts: [%s]}\n", at, alert, strings.Join(expected, ", "))
		}
	}
	return b.String()
}
