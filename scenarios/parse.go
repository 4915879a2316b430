package scenarios

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/claim"
)

// Defaults, all of them; what has none is required.
const (
	defaultInstances = 2
	defaultMin       = 3
	defaultMax       = 8
	defaultTimeout   = 2 * time.Second
	defaultWorkers   = 256
)

// Bounds that the language sets.
const (
	mostInstances = 16
	mostRounds    = 50
	mostWorkers   = 10_000
	mostTimeout   = time.Minute // a round waits this long for its last request
)

var (
	scenarioKeys = []string{"name", "about", "group", "target", "rounds", "phases", "traffic", "steady", "abort", "claims", "curves", "profiles"}
	targetKeys   = []string{"instances", "env"}
	roundsKeys   = []string{"min", "max"}
	phaseKeys    = []string{"name", "for", "env", "restart", "faults"}
	streamKeys   = slices.Concat([]string{"name"}, streamTypeKeys(), []string{"rate", "arrivals", "keys", "timeout", "workers", "phases", "instances"})
	claimKeys    = []string{"id", "says", "source", "reading", "requires", "holds"}
)

// Parse reads one scenario; file is its name in messages. The error is
// Mistakes: everything that is wrong, not only the first, in the order of the file.
// That is without a profile, but what is wrong under one is a mistake too.
func Parse(file string, text []byte) (*Scenario, error) {
	return read(file, text, "", Groups())
}

// read is Parse under a profile, which the scenario need not have; groups are
// the names that no scenario may have.
func read(file string, text []byte, profile string, groups []string) (*Scenario, error) {
	r := &reader{file: file, groups: groups}
	var s *Scenario
	if t, ok := r.root(text); ok {
		s = r.scenario(t)
		for _, p := range r.profiles(t, s) {
			if under := r.under(p, t); p.name == profile {
				s = under
			}
		}
	}
	if len(r.mistakes) == 0 {
		return s, nil
	}
	slices.SortStableFunc(r.mistakes, func(a, b Mistake) int {
		return cmp.Or(a.Line-b.Line, a.Col-b.Col)
	})
	return nil, r.mistakes
}

// root reads text as the mapping that a scenario is.
func (r *reader) root(text []byte) (table, bool) {
	node := r.open(text)
	if node == nil {
		return table{}, false
	}
	v := value{node: node, what: "the file"}
	v.line, v.col = position(node)
	return r.table(v, "a scenario", scenarioKeys)
}

// scenario reads t under the reader's profile.
func (r *reader) scenario(t table) *Scenario {
	s := &Scenario{File: r.file}
	s.Name = t.name("name", "results are filed under it", "-_")
	if t.has("about") {
		s.About = t.text("about", "")
	}
	r.group(t, s)
	s.Target = r.target(t)
	if v, ok := r.profile.fields["env"]; ok {
		maps.Copy(s.Target.Env, r.env(v))
	}
	s.Rounds = r.rounds(t)
	for i, p := range r.items(t, "phases", "at least one is needed, such as {name: steady, for: 3s}") {
		r.phase(p, i, s)
	}
	r.fits(t, s)
	for _, p := range r.items(t, "traffic", "nothing is observed without any") {
		r.stream(p, s)
	}
	s.Steady, s.Abort = r.condition(t, "steady", s), r.condition(t, "abort", s)
	r.steadyBefore(t, s)
	r.claims(t, s)
	r.curves(t, s)
	return s
}

// group reads the group, and sees to it that a word names a group or a scenario, never both.
func (r *reader) group(t table, s *Scenario) {
	s.Group = t.name("group", "", "-_")
	name, group := t.fields["name"], t.fields["group"]
	if s.Group != "" && s.Group == s.Name {
		r.wrong(group.line, group.col, "group: %s is the name of the scenario itself; a group needs another", s.Group)
		return
	}
	if slices.Contains(r.groups, s.Name) {
		r.wrong(name.line, name.col, "name: %s is a group of the library; a scenario needs another", s.Name)
	}
	if slices.Contains(Library(), s.Group) {
		r.wrong(group.line, group.col, "group: %s is a scenario of the library; a group needs another name", s.Group)
	}
}

// items are the entries of a list that must be there.
func (r *reader) items(t table, key, missing string) []value {
	v, ok := t.fields[key]
	if !ok {
		t.missing(key, missing)
		return nil
	}
	return r.list(v)
}

func (r *reader) target(t table) Target {
	out := Target{Instances: defaultInstances, Env: map[string]string{}}
	v, ok := t.fields["target"]
	if !ok {
		return out
	}
	if t, ok = r.table(v, "a target", targetKeys); !ok {
		return out
	}
	out.Instances = t.whole("instances", 1, mostInstances, defaultInstances)
	if v, ok := t.fields["env"]; ok {
		out.Env = r.env(v)
	}
	return out
}

func (r *reader) rounds(t table) claim.Looks {
	bounds := map[string]value{}
	for _, fields := range []map[string]value{t.fields, r.profile.fields} {
		if v, ok := fields["rounds"]; ok {
			one, _ := r.table(v, "rounds", roundsKeys)
			maps.Copy(bounds, one.fields)
		}
	}
	t = table{r: r, fields: bounds}
	out := claim.Looks{
		Min: t.whole("min", 1, mostRounds, defaultMin),
		Max: t.whole("max", 1, mostRounds, defaultMax),
	}
	// A single bound moves the other's default rather than contradicting it.
	switch {
	case !t.has("min"):
		out.Min = min(out.Min, max(out.Max, 1))
	case !t.has("max"):
		out.Max = max(out.Max, out.Min)
	case out.Min > out.Max && out.Max > 0:
		at := t.fields["max"]
		r.wrong(at.line, at.col, "max %d is below min %d", out.Max, out.Min)
	}
	return out
}

var envName = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]{0,63}$`)

// reserved are the variables that the lab sets for each instance itself, and why.
var reserved = map[string]string{
	"PORT":         "each instance gets a port that the kernel chose",
	"INSTANCE":     "it names the instance in the history",
	"REDIS_URL":    `it leads through the proxy that carries the faults; only "" may be given, and the service then runs without Redis`,
	"SQLITE_PATH":  "every arm has a database of its own",
	"MONGODB_URI":  "which database is used is a choice of the run, not of the scenario",
	"CACHE_POLICY": "it is what the arms of a run compare",
}

// env reads variables for the service. Values are texts, however they look.
func (r *reader) env(v value) map[string]string {
	out := map[string]string{}
	entries, _ := r.entries(v, "env")
	for _, e := range entries {
		s, ok := scalar(e.node)
		why, taken := reserved[e.key]
		withoutRedis := e.key == "REDIS_URL" && ok && s == ""
		switch {
		case !envName.MatchString(e.key):
			r.wrong(e.keyLine, e.keyCol, "env name %s: want NAME: value, with letters, digits and _", quote(e.key))
		case taken && !withoutRedis:
			r.wrong(e.keyLine, e.keyCol, "%s is set by the lab: %s", e.key, why)
		case !ok:
			r.wrongType(e, e.key+" is a text, as in "+e.key+": value")
		default:
			out[e.key] = s
		}
	}
	return out
}

func (t table) has(key string) bool {
	_, ok := t.fields[key]
	return ok
}
