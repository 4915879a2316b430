package scenarios

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/strictyaml"
)

// All defaults. A key without one is required.
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
	targetKeys   = []string{"instances", "redis", "env"}
	roundsKeys   = []string{"min", "max"}
	phaseKeys    = []string{"name", "for", "env", "restart", "faults", "expect"}
	streamKeys   = slices.Concat([]string{"name"}, streamTypeKeys(), []string{"rate", "arrivals", "keys"}, clientKeys, []string{"timeout", "workers", "phases", "instances"})
	claimKeys    = []string{"id", "says", "source", "reading", "requires", "holds"}
)

// renamed are old keys and their names now.
var renamed = map[string]string{"patience": "timeout"}

// A reader turns one file into a Scenario.
type reader struct {
	file     *strictyaml.File
	groups   []string      // names that no scenario may have
	profile  profile       // whose values replace the scenario's
	expected []expectation // of the scenario that is read
}

// Parse reads one scenario; file is its name in messages. The error is
// strictyaml.Mistakes: all of them, in the order of the file. The scenario is read without a
// profile, but a mistake under a profile is a mistake too.
func Parse(file string, text []byte) (*Scenario, error) {
	all, err := read(file, text, "", Groups())
	if err != nil {
		return nil, err
	}
	return all[0], nil
}

// read is Parse under a profile, which the scenario need not have; groups are
// the names that no scenario may have. It is one scenario, or two where the profile decides claims apart.
func read(file string, text []byte, profile string, groups []string) ([]*Scenario, error) {
	f, t, ok := strictyaml.Read(file, text, strictyaml.Form{What: "scenario", Keys: scenarioKeys, Renamed: renamed})
	if !ok {
		return nil, f.Err()
	}
	r := &reader{file: f, groups: groups}
	s := r.scenario(t)
	out := []*Scenario{s}
	for _, p := range r.profiles(t, s) {
		if under := r.under(p, t); p.name == profile && f.Err() == nil {
			out = p.apart(s, under)
		}
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	for _, s := range out {
		s.File = file
		if profile == "quick" && s.Profile == "" {
			s.Profile, s.Rounds.Max = profile, s.Rounds.Min
		}
	}
	return out, nil
}

// scenario reads t under the reader's profile.
func (r *reader) scenario(t strictyaml.Table) *Scenario {
	s := &Scenario{}
	r.expected = nil
	s.Name = name(t, "name", "results are filed under it", "-_")
	if t.Has("about") {
		s.About = t.Text("about", "")
	}
	r.group(t, s)
	s.Target = r.target(t)
	if v, ok := r.profile.fields.Get("env"); ok {
		maps.Copy(s.Target.Env, readEnv(v))
	}
	s.Rounds = r.rounds(t)
	for i, p := range t.List("phases", "at least one is needed, such as {name: steady, for: 3s}") {
		r.phase(p, i, s)
	}
	checkLength(t, s)
	for _, p := range t.List("traffic", "nothing is observed without any") {
		r.stream(p, s)
	}
	s.Steady, s.Abort = readCondition(t, "steady", s), readCondition(t, "abort", s)
	r.steadyBefore(t, s)
	r.predictions(s)
	readClaims(t, s)
	readCurves(t, s)
	return s
}

// group reads the group. A word names a group or a scenario, never both.
func (r *reader) group(t strictyaml.Table, s *Scenario) {
	s.Group = name(t, "group", "", "-_")
	group := t.At("group")
	if s.Group != "" && s.Group == s.Name {
		group.Wrong("group: %s is the name of the scenario itself; a group needs another", s.Group)
		return
	}
	if slices.Contains(r.groups, s.Name) {
		t.At("name").Wrong("name: %s is a group of the library; a scenario needs another", s.Name)
	}
	if slices.Contains(Library(), s.Group) {
		group.Wrong("group: %s is a scenario of the library; a group needs another name", s.Group)
	}
}

func (r *reader) target(t strictyaml.Table) Target {
	out := Target{Instances: defaultInstances, Env: map[string]string{}}
	v, ok := t.Get("target")
	if !ok {
		return out
	}
	if t, ok = v.Table("a target", targetKeys); !ok {
		return out
	}
	out.Instances = t.Whole("instances", 1, mostInstances, defaultInstances)
	if v, ok := t.Get("redis"); ok {
		if out.Redis, ok = v.Scalar(); !ok || !slices.Contains(ownRedis, out.Redis) {
			v.Wrong("redis: want %s; for another Redis leave it out, and give --redis to the run", strings.Join(ownRedis, " or "))
		}
	}
	if v, ok := t.Get("env"); ok {
		out.Env = readEnv(v)
	}
	return out
}

// ownRedis are the kinds that a scenario may need.
var ownRedis = []string{"sentinel"}

func (r *reader) rounds(t strictyaml.Table) claim.Looks {
	var bounds strictyaml.Table
	for _, from := range []strictyaml.Table{t, r.profile.fields} {
		v, ok := from.Get("rounds")
		if !ok {
			continue
		}
		said, _ := v.Table("rounds", roundsKeys)
		for _, key := range roundsKeys {
			if v, ok := said.Get(key); ok {
				bounds.Put(key, v)
			}
		}
	}
	out := claim.Looks{
		Min: bounds.Whole("min", 1, mostRounds, defaultMin),
		Max: bounds.Whole("max", 1, mostRounds, defaultMax),
	}
	// A single bound moves the other's default rather than contradicting it.
	switch {
	case !bounds.Has("min"):
		out.Min = min(out.Min, max(out.Max, 1))
	case !bounds.Has("max"):
		out.Max = max(out.Max, out.Min)
	case out.Min > out.Max && out.Max > 0:
		bounds.At("max").Wrong("max %d is below min %d", out.Max, out.Min)
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

// readEnv reads variables for the service. Every value is a text, also 1 and true.
func readEnv(v strictyaml.Value) map[string]string {
	out := map[string]string{}
	entries, _ := v.Entries("env")
	for _, e := range entries {
		s, ok := e.Scalar()
		why, taken := reserved[e.Key]
		withoutRedis := e.Key == "REDIS_URL" && ok && s == ""
		switch {
		case !envName.MatchString(e.Key):
			e.WrongKey("env name %s: want NAME: value, with letters, digits and _", near.Quote(e.Key))
		case taken && !withoutRedis:
			e.WrongKey("%s is set by the lab: %s", e.Key, why)
		case !ok:
			e.WrongType(e.Key + " is a text, as in " + e.Key + ": value")
		default:
			out[e.Key] = s
		}
	}
	return out
}
