package scenarios

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim"
)

var curveKeys = []string{"id", "says", "of", "ttl"}

// curves reads the curves, after the environment that they may name.
func (r *reader) curves(t table, s *Scenario) {
	v, ok := t.fields["curves"]
	if !ok {
		return
	}
	scope, judge := r.scope(s)
	for _, one := range r.list(v) {
		t, ok := r.table(one, "a curve", curveKeys)
		if !ok {
			continue
		}
		c := claim.CurveText{
			ID:  t.name("id", "results are filed under it", ".-_"),
			Of:  t.text("of", "the stream whose keys are compared, such as trip[phase=steady]"),
			TTL: r.ttl(t, s.Target.Env),
		}
		if t.has("says") {
			c.Says = t.text("says", "")
		}
		if c.ID != "" && slices.ContainsFunc(s.Curves, func(o claim.CurveText) bool { return o.ID == c.ID }) {
			at := t.fields["id"]
			r.wrong(at.line, at.col, "a second curve with the id %s", c.ID)
		}
		if judge && c.Of != "" && c.TTL > 0 {
			_, errs := claim.CompileCurve(c, scope)
			for _, e := range errs {
				r.expression(t.fields[e.Field], e)
			}
		}
		s.Curves = append(s.Curves, c)
	}
}

// ttl is how long a curve's entries are kept: a duration above zero, or the
// variable of env that holds one.
func (r *reader) ttl(t table, env map[string]string) time.Duration {
	text := t.text("ttl", "how long an entry is kept, such as 2s or $TTL_TRIPS")
	if text == "" {
		return 0
	}
	at := t.fields["ttl"]
	name, variable := strings.CutPrefix(text, "$")
	length, said := text, text
	if variable {
		var ok bool
		if length, ok = env[name]; !ok {
			r.wrong(at.line, at.col, "ttl: unknown variable of the target's env %s%s", quote(name), hint(name, slices.Sorted(maps.Keys(env))))
			return 0
		}
		said = text + " is " + quote(length)
	}
	d, err := parseDuration(length)
	switch {
	case err != nil && variable:
		r.wrong(at.line, at.col, "ttl: %s, and that is no duration such as 2s", said)
	case err != nil:
		r.wrong(at.line, at.col, "ttl: %v", err)
	case d <= 0:
		r.wrong(at.line, at.col, "ttl: %s: nothing is kept, so there is no curve; want more than 0s", said)
	}
	return d
}
