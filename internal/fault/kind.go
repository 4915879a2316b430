package fault

import (
	"slices"
	"strings"
)

// A Kind is what the catalogue says of one kind of fault.
type Kind struct {
	Name  string
	About string // what it does, in one sentence
	Acts  Place
	On    []string // of Targets

	Needs []string // names of the parameters that it must have
	Takes []string // and of others that it may have
	Draws bool     // it leaves something to chance

	// What it needs. Redis is which Redis of the lab's own it can be done to, where it acts on
	// its process or its data. Toxiproxy: somebody else's can do it on a path, but not what OwnProxy names.
	Redis     []string
	Toxiproxy bool
	OwnProxy  []string

	// What is met on connections from before the fault, and on new ones.
	Old, New Meets
	Spares   string // why a request may meet none of it; empty: none is spared
	// Unpredicted says why nothing is said of what a client of Redis meets; empty where Old and New say it.
	Unpredicted string

	Brief  bool   // over as soon as it is done
	Beside bool   // it does not get in the way of faults on the paths to its target
	Idles  bool   // an instance that it is done to uses no path meanwhile
	NotYet string // why it cannot be on before the instances start; empty: it can
}

// A Place is where a fault acts.
type Place string

const (
	Path    Place = "path"    // connections between an instance and a dependency
	Process Place = "process" // of a dependency or an instance
	Data    Place = "data"    // of a dependency
)

// Targets are what faults are done to: a dependency, the service itself, or its database.
var Targets = []string{"redis", "instance", "database"}

// Meets is what is met while a fault is on.
type Meets struct {
	Call   Fate     // by a call of a client of Redis
	Canary []string // by a canary, one of these; empty: no canary is on such a connection, or what it meets proves nothing
}

// A Fate is what becomes of a call. Empty: the catalogue does not say.
type Fate string

const (
	Answered Fate = "answered" // at once, though it may be with an error that is not tried again
	Delayed  Fate = "delayed"  // answered after the delay
	Silence  Fate = "silence"  // no answer before the fault ends
	Ended    Fate = "ended"    // the connection is closed
	Refused  Fate = "refused"  // there is no connection
	Retried  Fate = "retried"  // answered with an error that is tried again, on the same connection
	Evicted  Fate = "evicted"  // so, and the connection is given up
)

// Why a fault may spare a request.
const (
	OnlyFresh  = "only a request that needs a new connection meets it"
	OnlySize   = "it depends on the size of the replies"
	OnlyChosen = "it depends on which commands are chosen"
	OnlyOld    = "it depends on how many connections stood before it"
	OnlyMoment = "only a request of the moment in which Redis is away meets it"
)

// Kinds lists the catalogue.
func Kinds() []Kind { return slices.Clone(kinds) }

// Names lists the names of the kinds.
func Names() []string { return names(func(Kind) bool { return true }) }

// PathNames lists the kinds that are done to the paths to a dependency.
func PathNames() []string { return names(func(k Kind) bool { return k.Acts == Path }) }

// NamesOn lists the kinds that can be done to a target.
func NamesOn(target string) []string {
	return names(func(k Kind) bool { return slices.Contains(k.On, target) })
}

func names(of func(Kind) bool) []string {
	var out []string
	for _, k := range kinds {
		if of(k) {
			out = append(out, k.Name)
		}
	}
	return out
}

// Find looks a kind up; false: there is none of that name.
func Find(name string) (Kind, bool) {
	i := slices.IndexFunc(kinds, func(k Kind) bool { return k.Name == name })
	if i < 0 {
		return Kind{}, false
	}
	return kinds[i], true
}

func (k Kind) takes(name string) bool {
	return slices.Contains(k.Needs, name) || slices.Contains(k.Takes, name)
}

// Parameters lists the names of what it needs and takes, in the order in which they are told.
func (k Kind) Parameters() []string {
	var out []string
	for _, p := range parameters {
		if k.takes(p.Name) {
			out = append(out, p.Name)
		}
	}
	return out
}

// Chooses reports that it is done to chosen commands only.
func (k Kind) Chooses() bool { return k.takes("commands") }

// Signature is its name with its parameters, but for those in without: "late (delay, jitter, commands, prefix)".
func (k Kind) Signature(without ...string) string {
	have := slices.DeleteFunc(k.Parameters(), func(name string) bool { return slices.Contains(without, name) })
	if len(have) == 0 {
		return k.Name
	}
	return k.Name + " (" + strings.Join(have, ", ") + ")"
}
