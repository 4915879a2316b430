// Package alertstest judges alert rules offline: over samples of what an exporter showed, without a Prometheus.
//
// A rule file and series go in; out comes when each alert fired. The expressions are evaluated by Prometheus's own engine.
// What `for` makes of them is ours, so that the two can be held against each other: promtool judges the same cases.
//
// It is a module of its own: PromQL brings thirty others along, and no measure needs it.
package alertstest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/prometheus/common/model"
	"github.com/prometheus/prometheus/model/histogram"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/rulefmt"
	"github.com/prometheus/prometheus/model/value"
	"github.com/prometheus/prometheus/promql"
	"github.com/prometheus/prometheus/promql/parser"
	"github.com/prometheus/prometheus/storage"
	"github.com/prometheus/prometheus/tsdb/chunkenc"
	"github.com/prometheus/prometheus/tsdb/chunks"
)

// Gone is the value of a series in a second in which a scrape did not bring it: Prometheus marks it as stale.
var Gone = math.Float64frombits(value.StaleNaN)

// Series are values second by second from 0, by the series: redis_up{job="redis"}.
type Series map[string][]float64

// Fired says of which series each alert fired, by its name, second by second: their labels, sorted.
type Fired map[string][][]string

// Judge evaluates the alerts of a rule file in each second.
func Judge(ctx context.Context, rules []byte, series Series) (Fired, error) {
	language := parser.NewParser(parser.Options{})
	groups, errs := rulefmt.Parse(rules, false, model.UTF8Validation, language, nil)
	if len(errs) > 0 {
		return nil, errors.Join(errs...)
	}
	stored, seconds, err := store(language, series)
	if err != nil {
		return nil, err
	}
	engine := promql.NewEngine(promql.EngineOpts{MaxSamples: 1e6, Timeout: time.Minute, LookbackDelta: 5 * time.Minute, Parser: language})
	defer engine.Close()
	fired := Fired{}
	for _, g := range groups.Groups {
		for _, r := range g.Rules {
			since := map[string]int{} // when the condition of each series of the result became true
			for at := range seconds {
				met, err := ask(ctx, engine, stored, r.Expr, at)
				if err != nil {
					return nil, fmt.Errorf("%s at %d s: %w", r.Alert, at, err)
				}
				fired[r.Alert] = append(fired[r.Alert], step(since, met, at, int(time.Duration(r.For)/time.Second)))
			}
		}
	}
	return fired, nil
}

// step says of which series the alert fires, now that these series meet its condition. One second in which one does not begins
// its time anew.
func step(since map[string]int, met []string, now, forSeconds int) (fires []string) {
	still := map[string]bool{}
	for _, series := range met {
		still[series] = true
		if _, ok := since[series]; !ok {
			since[series] = now
		}
		if now-since[series] >= forSeconds {
			fires = append(fires, series)
		}
	}
	for series := range since {
		if !still[series] {
			delete(since, series)
		}
	}
	slices.Sort(fires)
	return fires
}

// ask is which series an expression gives in that second.
func ask(ctx context.Context, engine *promql.Engine, stored storage.Queryable, expr string, at int) ([]string, error) {
	q, err := engine.NewInstantQuery(ctx, stored, nil, expr, time.Unix(int64(at), 0))
	if err != nil {
		return nil, err
	}
	defer q.Close()
	vector, err := q.Exec(ctx).Vector()
	if err != nil {
		return nil, err
	}
	var out []string
	for _, s := range vector {
		out = append(out, s.Metric.DropReserved(func(name string) bool { return name == labels.MetricName }).String())
	}
	return out, nil
}

// store holds series as a Prometheus would, and says over how many seconds.
func store(language parser.Parser, series Series) (storage.Queryable, int, error) {
	var all []storage.Series
	seconds := 0
	for name, values := range series {
		of, err := language.ParseMetric(name)
		if err != nil {
			return nil, 0, fmt.Errorf("series %s: %w", name, err)
		}
		var samples []chunks.Sample
		for at, v := range values {
			if at == 0 && value.IsStaleNaN(v) {
				continue // what was never there is not stale
			}
			samples = append(samples, sample{int64(at) * 1000, v})
		}
		all = append(all, storage.NewListSeries(of, samples))
		seconds = max(seconds, len(values))
	}
	return &storage.MockQueryable{MockQuerier: &storage.MockQuerier{
		SelectMockFunction: func(_ bool, _ *storage.SelectHints, matchers ...*labels.Matcher) storage.SeriesSet {
			found := &set{at: -1}
			for _, s := range all {
				if matches(s.Labels(), matchers) {
					found.series = append(found.series, s)
				}
			}
			return found
		},
	}}, seconds, nil
}

func matches(of labels.Labels, matchers []*labels.Matcher) bool {
	for _, m := range matchers {
		if !m.Matches(of.Get(m.Name)) {
			return false
		}
	}
	return true
}

// sample is a value at an instant in milliseconds.
type sample struct {
	at    int64
	value float64
}

func (s sample) T() int64                      { return s.at }
func (s sample) ST() int64                     { return 0 }
func (s sample) F() float64                    { return s.value }
func (s sample) H() *histogram.Histogram       { return nil }
func (s sample) FH() *histogram.FloatHistogram { return nil }
func (s sample) Type() chunkenc.ValueType      { return chunkenc.ValFloat }
func (s sample) Copy() chunks.Sample           { return s }
