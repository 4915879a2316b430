package measure_test

import (
	"reflect"
	"testing"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/measure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/claim/roundtest"
	"github.com/trektribe/bench/internal/history"
)

// A measure that is said to need nothing but requests gives the same figure without
// any event.
func TestLiveMeasuresNeedNoEvents(t *testing.T) {
	h := play(outage("1"), trips("warm", 2000, ms, "redis"), trips("fault", 90, 9*ms, "database"), counter("db_total", "warm", "1", 0, 9))
	for _, m := range measure.All() {
		if !m.Live {
			continue
		}
		text := m.Name + map[int]string{0: "()", 1: "(trips)", 2: "(trips[source=cache], trips)"}[len(m.Params)]
		f, errs := expr.Parse(expr.Field{Name: "holds"}, text+" == "+text, roundtest.Scope(), measure.Signatures())
		if len(f.Calls) == 0 {
			t.Fatalf("%s: %v", text, errs)
		}
		seen := func(h history.Slice) figure.Value {
			w := probe.NewWalk(nil)
			p := w.Watch(text, func() probe.Probe { return measure.Start(w, f.Calls[0]) })
			w.Through(h)
			return p.Value()
		}
		with, without := seen(h), seen(history.Slice{R: h.R})
		if with.None != nil || !reflect.DeepEqual(with, without) {
			t.Errorf("%s: %+v, and without events %+v", text, with, without)
		}
	}
}
