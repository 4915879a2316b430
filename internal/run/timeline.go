package run

import (
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/scenarios"
)

// A timeline places the phases of one segment on the run's clock.
type timeline struct {
	start  time.Duration
	phases []scenarios.Phase
}

// span is when phase i begins and ends.
func (t timeline) span(i int) (from, to time.Duration) {
	from = t.start
	for _, p := range t.phases[:i] {
		from += p.For
	}
	return from, from + t.phases[i].For
}

// phase names the phase that an instant falls in; before the first it is the
// first, after the last the last.
func (t timeline) phase(at time.Duration) string {
	for i, p := range t.phases {
		if _, to := t.span(i); at < to {
			return p.Name
		}
	}
	return t.phases[len(t.phases)-1].Name
}

type window struct{ from, to time.Duration }

// windows are the unbroken stretches of the named phases; no names: all of them.
func (t timeline) windows(names []string) []window {
	var out []window
	for i, p := range t.phases {
		if len(names) > 0 && !slices.Contains(names, p.Name) {
			continue
		}
		from, to := t.span(i)
		if k := len(out) - 1; k >= 0 && out[k].to == from {
			out[k].to = to
		} else {
			out = append(out, window{from, to})
		}
	}
	return out
}

// hurts says what a phase does to the target: "refused on redis".
func hurts(p scenarios.Phase) string {
	var out []string
	for _, f := range p.Faults {
		out = append(out, f.Kind+" on "+f.On)
	}
	return strings.Join(out, ", ")
}
