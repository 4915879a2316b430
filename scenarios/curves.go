package scenarios

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim/curve"
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/strictyaml"
)

var curveKeys = []string{"id", "says", "of", "ttl"}

// readCurves reads the curves. The environment that they may name has been read before.
func readCurves(t strictyaml.Table, s *Scenario) {
	scope, judge := scopeOf(s)
	s.Curves = filed(t, "curves", curveKeys, func(t strictyaml.Table, id string) (curve.Text, []*expr.Error) {
		c := curve.Text{
			ID:  id,
			Of:  t.Text("of", "the stream whose keys are compared, such as trip[phase=steady]"),
			TTL: ttl(t, s.Target.Env),
		}
		if t.Has("says") {
			c.Says = t.Text("says", "")
		}
		if !judge || c.Of == "" || c.TTL <= 0 {
			return c, nil
		}
		_, errs := curve.Compile(c, scope)
		return c, errs
	})
}

// ttl is how long a curve's entries are kept: a duration above zero, or the
// variable of env that holds one.
func ttl(t strictyaml.Table, env map[string]string) time.Duration {
	text := t.Text("ttl", "how long an entry is kept, such as 2s or $TTL_TRIPS")
	if text == "" {
		return 0
	}
	at := t.At("ttl")
	name, variable := strings.CutPrefix(text, "$")
	length, said := text, text
	if variable {
		var ok bool
		if length, ok = env[name]; !ok {
			at.Wrong("ttl: unknown variable of the target's env %s%s", near.Quote(name), near.Hint(name, slices.Sorted(maps.Keys(env))))
			return 0
		}
		said = text + " is " + near.Quote(length)
	}
	d, err := parseDuration(length)
	switch {
	case err != nil && variable:
		at.Wrong("ttl: %s, and that is no duration such as 2s", said)
	case err != nil:
		at.Wrong("ttl: %v", err)
	case d <= 0:
		at.Wrong("ttl: %s: nothing is kept, so there is no curve; want more than 0s", said)
	}
	return d
}
