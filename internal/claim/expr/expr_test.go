package expr_test

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
)

// A language of measures that do not exist: expr knows signatures only.
var (
	measures = []expr.Signature{
		{Name: "speed", Args: "(stream[…] or set)", Params: []expr.Param{expr.SelectionOrSet}, Keys: expr.FilterKeys(), Dims: figure.Seconds, Form: expr.Scalar, Label: "speed", LabelOfSet: "fastest", Noun: "answers"},
		{Name: "part", Args: "(stream[…], stream[…])", Params: []expr.Param{expr.PartOfNext, expr.Selection}, Keys: expr.FilterKeys(), Form: expr.Share, Label: "part", Noun: "answers"},
		{Name: "pauses", Args: "(redis)", Params: []expr.Param{expr.Dependency}, Form: expr.Set, Dims: figure.Seconds, Label: "pause", Noun: "pauses"},
		{Name: "late", Args: "()", Form: expr.Scalar, Dims: figure.Seconds, Label: "late", OfGenerator: true, Noun: "requests"},
		{Name: "size", Args: "(gauge)", Params: []expr.Param{expr.Metric}, Form: expr.Scalar, MetricUnit: true, Label: "size", Noun: "readings"},
		{Name: "cost", Args: "(stream[…], 300ms)", Params: []expr.Param{expr.Selection, expr.Limit}, Keys: expr.PlannedKeys(), Form: expr.Counted, Label: "cost", Noun: "requests"},
		{Name: "is", Args: "(fault)", Params: []expr.Param{expr.FaultKind}, Form: expr.Truth, Label: "is", Noun: "canaries"},
	}
	scope = expr.Scope{Streams: []string{"reads", "writes"}, Phases: []string{"warm", "fault"}, Faults: []string{"refused"}, Env: map[string]string{"TTL": "2s"}}
)

func parse(t *testing.T, text string) *expr.Formula {
	t.Helper()
	f, errs := expr.Parse(expr.Field{Name: "holds", Truths: true}, text, scope, measures)
	for _, e := range errs {
		t.Fatalf("%s: column %d: %s", text, e.Col, e.Msg)
	}
	return f
}

func TestAFormulaIsEvaluatedOnTheFiguresOfItsCalls(t *testing.T) {
	for text, want := range map[string]float64{
		"speed(reads) <= 6ms": 7, "6ms >= speed(reads)": 7, "2 * speed(reads) + 1s <= 6ms": 15, "-(speed(reads) - 9s) / 2 <= 6ms": 1,
		"1 - part(reads, all) >= 5%": -6, "$TTL - speed(reads) <= 1s": -5,
	} {
		f := parse(t, text)
		if got := f.Terms[0].Left.Eval([]figure.Value{{X: 7}}); got.None != nil || math.Abs(got.X-want) > 1e-9 {
			t.Errorf("%s: the left side is %v, want %v", text, got, want)
		}
	}
	two := parse(t, "speed(reads) <= 6ms and is(refused) and cost(writes, 1s) / cost(reads, 1s) <= 2")
	if len(two.Terms) != 3 || len(two.Calls) != 4 || two.Calls[3].Col != 60 {
		t.Errorf("terms %d, calls %+v", len(two.Terms), two.Calls)
	}
	if got := two.Terms[2].Left.Eval([]figure.Value{{}, {}, {X: 8}, {X: 2}}); got.X != 4 {
		t.Errorf("the third term is %v, want 4", got)
	}
}

func TestACallSaysWhatItIsAbout(t *testing.T) {
	for _, row := range []struct {
		text     string
		label    string
		noun     string
		warm     bool // it is about the phase warm
		times    bool // it measures times of answers from the database
		shortest time.Duration
	}{
		{"speed(reads[phase=fault]) <= 6ms", "speed", "answers", false, true, 6 * time.Millisecond},
		{"speed(reads[source=cache]) <= 6ms", "speed", "hits", true, false, 6 * time.Millisecond},
		{"speed(pauses(redis)) <= 2s", "fastest pause", "pauses", true, false, 2 * time.Second},
		{"part(reads[within=3ms], reads) >= 5%", "part", "answers", true, true, 3 * time.Millisecond},
		{"cost(reads, 300ms) <= 5", "cost", "requests", true, false, 300 * time.Millisecond},
		{"late() <= 1ms", "late", "requests", true, false, 0},
		{"part(reads, all) >= 5%", "part", "answers", true, false, 0},
	} {
		f := parse(t, row.text)
		c := f.Calls[0]
		if c.Label != row.label || c.Noun != row.noun || f.About("warm") != row.warm || f.Times("database") != row.times || f.Shortest() != row.shortest {
			t.Errorf("%s: %q of %q, about warm %v, times %v, shortest %v; want %+v", row.text, c.Label, c.Noun, f.About("warm"), f.Times("database"), f.Shortest(), row)
		}
	}
}

func TestMistakesNameTheMeasuresOfTheLanguage(t *testing.T) {
	for text, want := range map[string]string{
		"":                            "nothing to decide",
		"sped(reads) <= 6ms":          `unknown measure "sped"; did you mean "speed"?`,
		"speed <= 6ms":                "speed needs its arguments: speed(stream[…] or set)",
		"part(reads, writes) >= 5%":   "part is of one stream: reads is no part of writes",
		"size(rss_bytes) <= 5":        "cannot compare a size with a plain number",
		"pauses(redis) <= 2s":         "make it one: max(pauses(redis))",
		"cost(reads, soon) <= 5":      `"soon" is no duration: cost(stream[…], 300ms)`,
		"speed(reads) <= $TTK":        `unknown variable of the target's env "TTK"`,
		strings.Repeat("(", 60) + "1": "nested too deeply",
	} {
		_, errs := expr.Parse(expr.Field{Name: "holds"}, text, scope, measures)
		if len(errs) == 0 || !strings.Contains(errs[0].Msg, want) || errs[0].Field != "holds" {
			t.Errorf("%s: %v, want %q", text, errs, want)
		}
	}
}

func TestLabelsAreReadAsPrometheusWritesThem(t *testing.T) {
	got, err := expr.ParseLabels(`{a="x\"y\\",b="1",}`)
	if err != nil || got["a"] != `x"y\` || got["b"] != "1" || len(got) != 2 {
		t.Errorf("got %v, %v", got, err)
	}
	for _, bad := range []string{"", "{", `{a}`, `{a=b}`, `{a="b" c="d"}`, `{a="b`} {
		if got, err := expr.ParseLabels(bad); err == nil {
			t.Errorf("%s: read as %v", bad, got)
		}
	}
}
