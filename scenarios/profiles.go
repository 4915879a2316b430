package scenarios

import (
	"slices"

	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/strictyaml"
)

// profileNames are the profiles that a scenario may have.
var profileNames = []string{"nightly"}

var profileKeys = []string{"rounds", "env", "phases", "rates"}

// A profile has the values of a scenario that differ under one name. The zero profile changes nothing.
type profile struct {
	name    string
	fields  strictyaml.Table            // as written: rounds and env
	lengths map[string]strictyaml.Value // of phases, by name
	rates   map[string]strictyaml.Value // of streams, by name
}

// profiles reads the profiles in t; s is the scenario without any.
func (r *reader) profiles(t strictyaml.Table, s *Scenario) []profile {
	v, ok := t.Get("profiles")
	if !ok {
		return nil
	}
	all, _ := v.Table("profiles", profileNames)
	var phases, streams []string
	for _, p := range s.Phases {
		phases = append(phases, p.Name)
	}
	for _, st := range s.Traffic {
		streams = append(streams, st.Name)
	}
	var out []profile
	for _, name := range profileNames {
		v, ok := all.Get(name)
		if !ok {
			continue
		}
		if t, ok := v.Table("a profile", profileKeys); ok {
			out = append(out, profile{
				name:    name,
				fields:  t,
				lengths: readOverrides(t, "phases", "phase", phases),
				rates:   readOverrides(t, "rates", "stream", streams),
			})
		}
	}
	return out
}

// readOverrides reads a mapping from names, of phases or of streams, to what each gets.
func readOverrides(t strictyaml.Table, key, of string, known []string) map[string]strictyaml.Value {
	v, ok := t.Get(key)
	if !ok {
		return nil
	}
	known = slices.DeleteFunc(known, func(n string) bool { return n == "" })
	out := map[string]strictyaml.Value{}
	entries, _ := v.Entries(key)
	for _, e := range entries {
		// When no name is known, every one would be wrong for that reason alone.
		if len(known) > 0 && !slices.Contains(known, e.Key) {
			e.WrongKey("unknown %s %s%s", of, near.Quote(e.Key), near.Hint(e.Key, known))
			continue
		}
		out[e.Key] = e.Called(of + " " + e.Key)
	}
	return out
}

// under reads all of t again with p's values in place of its own, and notes the mistakes
// that are new: a scenario must be right as a whole under each profile.
func (r *reader) under(p profile, t strictyaml.Table) (s *Scenario) {
	r.profile = p
	r.file.Again("profile "+p.name+": ", func() { s = r.scenario(t) })
	r.profile = profile{}
	s.Profile = p.name
	return s
}
