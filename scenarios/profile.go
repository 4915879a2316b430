package scenarios

import "slices"

// profileNames are the profiles that a scenario may have.
var profileNames = []string{"nightly"}

var profileKeys = []string{"rounds", "env", "phases", "rates"}

// A profile is what a scenario says otherwise under one name. The zero profile changes nothing.
type profile struct {
	name    string
	fields  map[string]value // as written: rounds and env
	lengths map[string]value // of phases, by name
	rates   map[string]value // of streams, by name
}

// profiles reads the profiles of the scenario that t is; s is what t says without any.
func (r *reader) profiles(t table, s *Scenario) []profile {
	v, ok := t.fields["profiles"]
	if !ok {
		return nil
	}
	all, _ := r.table(v, "profiles", profileNames)
	scope := s.Scope()
	var out []profile
	for _, name := range profileNames {
		v, ok := all.fields[name]
		if !ok {
			continue
		}
		if t, ok := r.table(v, "a profile", profileKeys); ok {
			out = append(out, profile{
				name:    name,
				fields:  t.fields,
				lengths: r.overrides(t, "phases", "phase", scope.Phases),
				rates:   r.overrides(t, "rates", "stream", scope.Streams),
			})
		}
	}
	return out
}

// overrides reads a mapping from names, of phases or of streams, to what each gets.
func (r *reader) overrides(t table, key, of string, known []string) map[string]value {
	v, ok := t.fields[key]
	if !ok {
		return nil
	}
	known = slices.DeleteFunc(known, func(n string) bool { return n == "" })
	out := map[string]value{}
	entries, _ := r.entries(v, key)
	for _, e := range entries {
		// Where nothing is left to name, every name would be wrong for that reason alone.
		if len(known) > 0 && !slices.Contains(known, e.key) {
			r.wrong(e.keyLine, e.keyCol, "unknown %s %s%s", of, quote(e.key), hint(e.key, known))
			continue
		}
		e.what = of + " " + e.key
		out[e.key] = e
	}
	return out
}

// under reads all of t again with p's values in place of its own, and notes what
// is wrong only then: a scenario must be right as a whole under each profile.
func (r *reader) under(p profile, t table) *Scenario {
	again := &reader{file: r.file, lines: r.lines, groups: r.groups, profile: p}
	t.r = again
	s := again.scenario(t)
	s.Profile = p.name
	noted := map[Mistake]bool{}
	for _, m := range r.mistakes {
		noted[m] = true
	}
	for _, m := range again.mistakes {
		if !noted[m] {
			m.Msg = "profile " + p.name + ": " + m.Msg
			r.mistakes = append(r.mistakes, m)
		}
	}
	return s
}
