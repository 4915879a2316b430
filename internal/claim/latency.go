package claim

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/stats"
)

// resolution is the relative error of a figure read from a Sketch, which keeps
// three significant digits.
const resolution = 0.001

// quantile is the row of one quantile. Below least answers it is not defined:
// with fewer it would be decided by a single one.
func quantile(name, label string, q float64, least int) Measure {
	return Measure{
		Name: name, Args: "(stream[…] or set)", Unit: "duration",
		Doc: fmt.Sprintf("The %s of the response times (done − intended) of the selected correct answers, of which %d are needed, "+
			"or of a set, by nearest rank.", label, least),
		params: []param{selectionOrSet}, keys: filterKeys, form: scalar, dims: seconds, label: label, noun: "answers",
		start: func(args []arg) probe {
			if args[0].inner != nil {
				return &reduced{probe: args[0].inner(), by: func(s []element) value { return setQuantile(s, q) }}
			}
			return &latency{tally: tally{sel: args[0].sel}, least: least, what: label,
				read: func(s *stats.Sketch) time.Duration { return s.Quantile(q) }}
		},
	}
}

func startMean(args []arg) probe {
	if args[0].inner != nil {
		return &reduced{probe: args[0].inner(), by: setMean}
	}
	return &latency{tally: tally{sel: args[0].sel}, least: 1, what: "mean", read: (*stats.Sketch).Mean}
}

func startMax(args []arg) probe {
	if args[0].inner != nil {
		return &reduced{probe: args[0].inner(), by: func(s []element) value { return setQuantile(s, 1) }}
	}
	return &longest{tally: tally{sel: args[0].sel}}
}

// latency is one figure of the response times of correct answers.
type latency struct {
	deaf
	tally
	sketch stats.Sketch
	least  int
	what   string
	read   func(*stats.Sketch) time.Duration
}

func (l *latency) request(r *history.Request) {
	if l.see(r) && r.OK() {
		l.sketch.Record(r.Response())
	}
}

func (l *latency) value() value {
	if a := l.missing(); a != nil {
		return value{none: a}
	}
	n := l.sketch.Count()
	if n < l.least {
		settle, instead := "a higher rate or a longer phase: "+strconv.Itoa(l.least)+" answers a round are needed", l.failures()
		switch {
		case l.mostlyFailed():
			settle = "correct answers of " + l.sel.text
		case n == 0 && l.said > 0 && l.sel.has("source") && !l.sel.has("within") && !l.sel.has("status"):
			settle = "answers that say this source"
			instead += "; " + count(l.said, "answers") + " say where they come from, and none says this"
		}
		return noData(settle, "%s of %s, and a %s needs %d%s", count(n, "correct answers"), l.sel.text, l.what, l.least, instead)
	}
	x := l.read(&l.sketch).Seconds()
	return value{x: x, samples: n, sketchy: resolution * x}
}

// longest is the longest wait of all that is selected.
type longest struct {
	deaf
	tally
	n      int
	most   time.Duration
	gaveUp bool
}

func (l *longest) request(r *history.Request) {
	if !l.see(r) {
		return
	}
	l.n++
	l.most = max(l.most, r.Response())
	if r.Failure == history.Timeout || r.Failure == history.Unsent {
		l.gaveUp = true // it would have waited longer, also where others waited longer than it did
	}
}

func (l *longest) value() value {
	if a := l.missing(); a != nil {
		return value{none: a}
	}
	if l.n == 0 {
		return noData("traffic that "+l.sel.text+" selects", "no request of %s was observed", l.sel.text)
	}
	v := value{x: l.most.Seconds(), samples: l.n}
	if l.gaveUp {
		v.cut = atLeast
	}
	return v
}

// reduced makes one figure of a set-valued measure.
type reduced struct {
	probe
	by func([]element) value
}

func (d *reduced) value() value {
	v := d.probe.value()
	switch {
	case v.none != nil:
		return v
	case len(v.set) == 0:
		return noData("an outage to measure", "nothing to measure")
	}
	return d.by(v.set)
}

// setQuantile is the nearest-rank quantile. It is a lower limit as soon as a cut
// member is not above it: that member may really lie anywhere above.
func setQuantile(s []element, q float64) value {
	s = slices.SortedFunc(slices.Values(s), func(a, b element) int {
		switch {
		case a.x < b.x:
			return -1
		case a.x > b.x:
			return 1
		}
		return 0
	})
	rank := max(1, int(math.Ceil(q*float64(len(s))-1e-9)))
	v := value{x: s[rank-1].x, samples: len(s)}
	for _, e := range s {
		if e.cut && e.x <= v.x {
			v.cut = atLeast
		}
	}
	return v
}

func setMean(s []element) value {
	v := value{samples: len(s)}
	for _, e := range s {
		v.x += e.x / float64(len(s))
		if e.cut {
			v.cut = atLeast
		}
	}
	return v
}
