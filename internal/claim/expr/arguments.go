package expr

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/source"
)

// resolve checks an argument against what the measure wants.
func (p *parser) resolve(m Signature, want Param, w written) Arg {
	a := Arg{Name: w.name, Labels: w.labels}
	plain := func(what string) {
		if w.inner != nil || w.braces || w.brackets >= 0 {
			p.note(w.from, fmt.Sprintf("%s takes the name of a %s: %s%s", m.Name, what, m.Name, m.Args))
		}
	}
	switch want {
	case SelectionOrSet:
		if w.inner == nil {
			a.Selector = p.selector(m, w, true)
		} else if w.inner.Form == Set {
			a.Inner = w.inner.Call
		} else if !w.inner.broken {
			p.note(w.from, fmt.Sprintf("%s gives one figure; %s takes a stream or a set", p.text(w.from, w.to), m.Name))
		}
	case Selection, PartOfNext:
		if w.inner != nil && !w.inner.broken {
			p.note(w.from, m.Name+" takes a stream: "+m.Name+m.Args)
		} else if w.inner == nil {
			a.Selector = p.selector(m, w, true)
		}
	case Metric, MetricBeside:
		if w.inner != nil {
			p.note(w.from, m.Name+" takes a metric of the service: "+m.Name+m.Args)
		} else {
			a.Selector = p.selector(m, w, false)
		}
	case Span, Limit:
		a.Span = p.span(m, w)
	case Number:
		a.Number = p.number(m, w)
	case Word:
		plain("reading")
	case PhaseName:
		if plain("phase"); w.inner == nil && !slices.Contains(p.scope.Phases, w.name) {
			p.note(w.from, figure.Unknown("phase", w.name, p.scope.Phases))
		}
	case Dependency:
		if plain("dependency"); w.inner == nil && w.name != "redis" {
			p.note(w.from, figure.Unknown("dependency", w.name, []string{"redis"}))
		}
	case FaultKind:
		if plain("fault"); w.inner == nil && !slices.Contains(p.scope.Faults, w.name) {
			p.note(w.from, figure.Unknown("fault", w.name, p.scope.Faults))
		}
	}
	return a
}

// span is a duration, written out or as $NAME.
func (p *parser) span(m Signature, w written) time.Duration {
	if w.inner != nil || w.braces || w.brackets >= 0 {
		p.note(w.from, m.Name+" takes a duration here: "+m.Name+m.Args)
		return 0
	}
	return p.duration(w.name, w.from, fmt.Sprintf("%q is no duration: %s%s", w.name, m.Name, m.Args))
}

// number is a whole number, written out or as $NAME.
func (p *parser) number(m Signature, w written) int {
	text := w.name
	if name, ok := strings.CutPrefix(text, "$"); ok {
		if text, ok = p.scope.Env[name]; !ok {
			p.note(w.from, figure.Unknown("variable of the target's env", name, slices.Sorted(maps.Keys(p.scope.Env))))
			return 0
		}
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || w.inner != nil || w.braces || w.brackets >= 0 {
		p.note(w.from, fmt.Sprintf("%s takes a whole number above 0 here: %s%s", m.Name, m.Name, m.Args))
	}
	return n
}

// duration reads 6ms or $NAME; bad is what is said of anything else.
func (p *parser) duration(text string, at int, bad string) time.Duration {
	if name, ok := strings.CutPrefix(text, "$"); ok {
		return p.variable(name, at)
	}
	d, ok := parseDuration(text)
	if !ok {
		p.note(at, bad)
	}
	return d
}

// variable is the duration that the target's environment holds under name.
func (p *parser) variable(name string, at int) time.Duration {
	v, ok := p.scope.Env[name]
	if !ok {
		p.note(at, figure.Unknown("variable of the target's env", name, slices.Sorted(maps.Keys(p.scope.Env))))
		return 0
	}
	d, err := time.ParseDuration(v)
	if _, _, isRange := strings.Cut(v, "-"); err != nil && isRange {
		p.note(at, fmt.Sprintf("$%s is the range %s, and one duration is needed", name, v))
	} else if err != nil || d <= 0 {
		p.note(at, fmt.Sprintf("$%s is %q, and a duration above 0 is needed", name, v))
	}
	return d
}

// selector checks a stream or metric with its filters.
func (p *parser) selector(m Signature, w written, stream bool) Selector {
	s := Selector{Text: p.text(w.from, w.to), Stream: w.name}
	if stream {
		if w.braces {
			p.note(w.from, m.Name+" takes a stream, and streams have no labels; filter with [key=value]")
		}
		if w.name != "all" && !slices.Contains(p.scope.Streams, w.name) {
			p.note(w.from, figure.Unknown("stream", w.name, append(slices.Clone(p.scope.Streams), "all")))
		}
	}
	if w.brackets >= 0 && len(w.filters) == 0 {
		p.note(w.brackets, "empty brackets; write [key=value] or nothing")
	}
	for _, f := range w.filters {
		checked := Filter{Key: f.key, Value: f.value, Not: f.not}
		switch {
		case !slices.Contains(FilterKeys(), f.key):
			p.note(f.keyAt, figure.Unknown("key", f.key, FilterKeys()))
		case len(m.Keys) == 0:
			p.note(f.keyAt, m.Name+" takes all that a stream's clients ask: "+m.Name+m.Args)
		case !slices.Contains(m.Keys, f.key):
			p.note(f.keyAt, fmt.Sprintf("%s cannot filter by %s, which only an answer has; it takes %s", m.Name, f.key, strings.Join(m.Keys, ", ")))
		case f.key == "phase" && !slices.Contains(p.scope.Phases, f.value):
			p.note(f.valueAt, figure.Unknown("phase", f.value, p.scope.Phases))
		case f.key == "source" && !slices.Contains(source.All(), f.value):
			p.note(f.valueAt, figure.Unknown("source", f.value, source.All()))
		case f.key == "status":
			status, err := strconv.Atoi(f.value)
			if err != nil || status < 0 || status > 599 {
				p.note(f.valueAt, fmt.Sprintf("%q is no HTTP status; 0 is no answer", f.value))
			}
			checked.Status = status
		case f.key == Correct && f.value != "":
			p.note(f.valueAt, Correct+" takes no value: write [ok]")
		case f.key == "within":
			checked.Limit = p.duration(f.value, f.valueAt, fmt.Sprintf("%q is no duration; write within=6ms", f.value))
		}
		s.Filters = append(s.Filters, checked)
	}
	return s
}

// parseDuration reads 6ms: a number and its unit, above 0.
func parseDuration(text string) (time.Duration, bool) {
	digits := strings.TrimRight(text, "abcdefghijklmnopqrstuvwxyzµμ%/")
	x, err := strconv.ParseFloat(digits, 64)
	u, ok := figure.UnitNamed(text[len(digits):])
	if err != nil || !ok || u.Dims != figure.Seconds || x <= 0 {
		return 0, false
	}
	return time.Duration(u.Of(x) * float64(time.Second)), true
}
