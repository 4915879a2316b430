package measure

import (
	"fmt"
	"math"
	"strconv"
	"time"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/stats"
)

// resolution is the relative error of a figure read from a Sketch, which keeps
// three significant digits.
const resolution = 0.001

// quantileRow is the row of one quantile. Below least answers it is not defined:
// with fewer a single one would decide it.
func quantileRow(name, label string, q float64, least int) Measure {
	return Measure{
		Signature: expr.Signature{
			Name: name, Args: "(stream[…] or set)", Params: []expr.Param{expr.SelectionOrSet}, Keys: expr.FilterKeys(),
			Form: expr.Scalar, Dims: figure.Seconds, Label: label, Noun: "requests", Failing: true,
		},
		Unit: "duration", Live: true,
		Doc: fmt.Sprintf("The %s of the response times (done − intended) of the selected requests, or of a set, by nearest rank. "+
			"A failed request is slower than any answer; [ok] leaves it out. Needs %d requests.", label, least),
		start: func(w *probe.Walk, args []expr.Arg) probe.Probe {
			if set := args[0].Inner; set != nil {
				return &reduced{Probe: Start(w, set), by: func(s []figure.Element) figure.Value { return figure.Quantile(s, q) }}
			}
			return &quantile{latency: latency{Tally: probe.Tally{Sel: args[0].Selector}, least: least, what: label}, q: q}
		},
	}
}

// meanRow is the row of mean.
func meanRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "mean", Args: "(stream[…] or set)", Params: []expr.Param{expr.SelectionOrSet}, Keys: expr.FilterKeys(),
			Form: expr.Scalar, Dims: figure.Seconds, Label: "mean", Noun: "answers",
		},
		Unit: "duration", Live: true,
		Doc:   "Mean response time (done − intended) of the selected correct answers, or of a set.",
		start: startMean,
	}
}

// maxRow is the row of max.
func maxRow() Measure {
	return Measure{
		Signature: expr.Signature{
			Name: "max", Args: "(stream[…] or set)", Params: []expr.Param{expr.SelectionOrSet}, Keys: expr.FilterKeys(),
			Form: expr.Scalar, Dims: figure.Seconds, Label: "longest wait", Noun: "requests", LabelOfSet: "longest", Failing: true,
		},
		Unit: "duration", Live: true,
		Doc: "Longest wait (done − intended) of the selected requests, failures included. When a client gave up, the true " +
			"wait was at least that long: such a figure can refute an upper bound, but cannot prove one.",
		start: startMax,
	}
}

func startMean(w *probe.Walk, args []expr.Arg) probe.Probe {
	if set := args[0].Inner; set != nil {
		return &reduced{Probe: Start(w, set), by: figure.Mean}
	}
	return &latency{Tally: probe.Tally{Sel: args[0].Selector}, least: 1, what: "mean"}
}

func startMax(w *probe.Walk, args []expr.Arg) probe.Probe {
	if set := args[0].Inner; set != nil {
		return &reduced{Probe: Start(w, set), by: func(s []figure.Element) figure.Value { return figure.Quantile(s, 1) }}
	}
	return &longest{Tally: probe.Tally{Sel: args[0].Selector}}
}

// latency is the mean of the response times of correct answers.
type latency struct {
	probe.Deaf
	probe.Tally
	sketch stats.Sketch
	failed int // selected requests without a correct answer
	least  int
	what   string
}

func (l *latency) Request(r *history.Request) {
	switch {
	case !l.See(r):
	case r.OK():
		l.sketch.Record(r.Response())
	default:
		l.failed++
	}
}

func (l *latency) Value() figure.Value {
	if a := l.absent(l.sketch.Count()); a.None != nil {
		return a
	}
	x := l.sketch.Mean().Seconds()
	return figure.Value{X: x, Samples: l.sketch.Count(), Resolution: resolution * x}
}

// absent is why of so many requests there is no figure.
func (l *latency) absent(of int) figure.Value {
	if a := l.Missing(); a != nil {
		return figure.Value{None: a}
	}
	if n := l.sketch.Count(); n == 0 || of < l.least {
		remedy, instead := "a higher rate or a longer phase: "+strconv.Itoa(l.least)+" answers a round are needed", l.Failures()
		switch {
		case l.MostlyFailed():
			remedy = "correct answers of " + l.Sel.Text
		case n == 0 && l.Said > 0 && l.Sel.Has("source") && !l.Sel.Has("within") && !l.Sel.Has("status"):
			remedy = "answers that say this source"
			instead += "; " + figure.Count(l.Said, "answers") + " say where they come from, and none says this"
		}
		return figure.NoData(remedy, "%s of %s, and a %s needs %d%s", figure.Count(n, "correct answers"), l.Sel.Text, l.what, l.least, instead)
	}
	return figure.Value{}
}

// quantile is a quantile of what the selected requests waited.
type quantile struct {
	latency
	q float64
}

func (l *quantile) Value() figure.Value {
	answered := l.sketch.Count()
	n := answered + l.failed
	if a := l.absent(n); a.None != nil {
		return a
	}
	rank := max(1, math.Ceil(l.q*float64(n)*(1-1e-12)-1e-9))
	if rank > float64(answered) {
		return figure.Value{X: figure.Never, Samples: n, Cut: figure.AtLeast}
	}
	x := l.sketch.Quantile(rank / float64(answered)).Seconds()
	return figure.Value{X: x, Samples: n, Resolution: resolution * x}
}

// longest is the longest wait of all that is selected.
type longest struct {
	probe.Deaf
	probe.Tally
	n      int
	most   time.Duration
	gaveUp bool
}

func (l *longest) Request(r *history.Request) {
	if !l.See(r) {
		return
	}
	l.n++
	l.most = max(l.most, r.Response())
	if r.Failure == history.Timeout || r.Failure == history.Unsent {
		l.gaveUp = true // it would have waited longer, also where others waited longer than it did
	}
}

func (l *longest) Value() figure.Value {
	if a := l.Missing(); a != nil {
		return figure.Value{None: a}
	}
	if l.n == 0 {
		return figure.NoData("traffic that "+l.Sel.Text+" selects", "no request of %s was observed", l.Sel.Text)
	}
	v := figure.Value{X: l.most.Seconds(), Samples: l.n}
	if l.gaveUp {
		v.Cut = figure.AtLeast
	}
	return v
}

// reduced makes one figure of a set-valued measure.
type reduced struct {
	probe.Probe
	by func([]figure.Element) figure.Value
}

// Command is for the set, where that listens.
func (d *reduced) Command(c *history.Command) {
	if l, ok := d.Probe.(probe.Listener); ok {
		l.Command(c)
	}
}

func (d *reduced) Value() figure.Value {
	v := d.Probe.Value()
	switch {
	case v.None != nil:
		return v
	case len(v.Set) == 0:
		return figure.NoData("an outage to measure", "nothing to measure")
	}
	return d.by(v.Set)
}
