package scenarios

import (
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/strictyaml"
)

// readClaims reads the claims. Whatever they may name has been read before.
func readClaims(t strictyaml.Table, s *Scenario) {
	scope, judge := scopeOf(s)
	s.Claims = filed(t, "claims", claimKeys, func(t strictyaml.Table, id string) (claim.Text, []*expr.Error) {
		c := claim.Text{ID: id, Holds: t.Text("holds", "the comparison that must be true")}
		for key, field := range map[string]*string{"says": &c.Says, "source": &c.Source, "reading": &c.Reading, "requires": &c.Requires} {
			if t.Has(key) {
				*field = t.Text(key, "")
			}
		}
		if !judge || c.Holds == "" {
			return c, nil
		}
		_, errs := claim.Compile(c, scope)
		return c, errs
	})
	if s.Claims == nil {
		s.Claims = []claim.Text{}
	}
}

// filed reads a list of claims or curves: what results are filed under, by id. one reads an
// entry, and returns what is wrong in its expressions.
func filed[T any](t strictyaml.Table, key string, keys []string, one func(t strictyaml.Table, id string) (T, []*expr.Error)) []T {
	list, ok := t.Get(key)
	if !ok {
		return nil
	}
	what := strings.TrimSuffix(key, "s")
	var out []T
	ids := map[string]bool{}
	for _, v := range list.List() {
		t, ok := v.Table("a "+what, keys)
		if !ok {
			continue
		}
		id := name(t, "id", "results are filed under it", ".-_")
		if ids[id] && id != "" {
			t.At("id").Wrong("a second %s with the id %s", what, id)
		}
		ids[id] = true
		entry, errs := one(t, id)
		for _, e := range errs {
			t.At(e.Field).WrongAt(e.Col, e.Field, e.Msg)
		}
		out = append(out, entry)
	}
	return out
}

// scopeOf is what expressions may name. judge is false when no stream or no phase has a
// name: every expression would then be wrong for that reason alone.
func scopeOf(s *Scenario) (scope expr.Scope, judge bool) {
	scope = s.Scope()
	nameless := func(n string) bool { return n == "" }
	scope.Streams, scope.Phases = slices.DeleteFunc(scope.Streams, nameless), slices.DeleteFunc(scope.Phases, nameless)
	return scope, len(scope.Streams) > 0 && len(scope.Phases) > 0
}
