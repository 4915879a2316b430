package scenarios

import (
	"fmt"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/strictyaml"
)

// A Profile is one way to play the whole library.
type Profile struct {
	Name   string
	About  string        // what it plays
	Leaves string        // what it leaves undecided, of the claims that an interval decides
	Named  bool          // these claims are named, since it decides fewer of them than the scenarios as they stand
	Budget time.Duration // that the scenarios may take together
}

var profiles = []Profile{
	{"quick", "each scenario has its fewest rounds, and is judged once",
		"those within about a third of their bound, because the interval of three rounds is 5.7 times as wide as they differ", true, 15 * time.Minute},
	{"standard", "each scenario as it stands", "those that are open after the most rounds", false, 30 * time.Minute},
	{"nightly", "standard, and beside it claims about real times to live",
		"as standard", false, 90 * time.Minute},
}

// Profiles are those that there are, from the shortest.
func Profiles() []Profile { return slices.Clone(profiles) }

// FindProfile finds a profile by its name.
func FindProfile(name string) (Profile, error) {
	var names []string
	for _, p := range profiles {
		if p.Name == name {
			return p, nil
		}
		names = append(names, p.Name)
	}
	return Profile{}, fmt.Errorf("no profile %s%s", near.Quote(name), near.Hint(name, names))
}

// profileNames are the profiles that a scenario may say more of.
var profileNames = []string{"quick", "nightly"}

var profileKeys = []string{"rounds", "env", "phases", "rates", "claims"}

// A profile has the values of a scenario that differ under one name. The zero profile changes nothing.
type profile struct {
	name    string
	fields  strictyaml.Table            // as written: rounds and env
	lengths map[string]strictyaml.Value // of phases, by name
	rates   map[string]strictyaml.Value // of streams, by name
	claims  []string                    // that are decided apart; none: the profile changes the scenario itself
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
				claims:  readApart(t, s),
			})
		}
	}
	return out
}

// readApart reads which claims of s are decided apart.
func readApart(t strictyaml.Table, s *Scenario) (out []string) {
	if !t.Has("claims") {
		return nil
	}
	var known []string
	for _, c := range s.Claims {
		known = append(known, c.ID)
	}
	for _, v := range t.List("claims", "name at least one, or leave the key out") {
		id, _ := v.Text()
		if !slices.Contains(known, id) {
			v.Wrong("no claim %s%s", near.Quote(id), near.Hint(id, known))
		}
		out = append(out, id)
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

// apart parts a scenario as it stands from under, the same under a profile that decides some
// claims in a scenario of their own. Curves stay with the first.
func (p profile) apart(s, under *Scenario) []*Scenario {
	if len(p.claims) == 0 {
		return []*Scenario{under}
	}
	named := func(c claim.Text) bool { return slices.Contains(p.claims, c.ID) }
	s.Claims = slices.DeleteFunc(s.Claims, named)
	under.Claims = slices.DeleteFunc(under.Claims, func(c claim.Text) bool { return !named(c) })
	under.Name, under.Curves = s.Name+"-"+p.name, nil
	if len(s.Claims) == 0 {
		return []*Scenario{under}
	}
	return []*Scenario{s, under}
}
