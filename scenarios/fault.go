package scenarios

import (
	"slices"
	"strings"
	"time"
)

// A kind is what the fault catalogue says of one kind of fault.
type kind struct {
	name         string
	needs, takes []string // parameters: those it must have, and others that it may have
	process      []string // what it is done to, and not to the path to it; empty: it is done to the path to a dependency
}

// kinds is the fault catalogue. What a kind does to a connection is the proxy's,
// what it does to a process the lab's.
var kinds = []kind{
	{name: "latency", needs: []string{"delay"}, takes: []string{"jitter", "shape", "to"}},
	{name: "spikes", needs: []string{"delay", "share"}},
	{name: "blackhole"},
	{name: "hang"},
	{name: "reset"},
	{name: "close"},
	{name: "cutoff", needs: []string{"after"}},
	{name: "slow", needs: []string{"rate"}},
	{name: "slices", needs: []string{"size", "delay"}},
	{name: "oneway", needs: []string{"direction"}},
	{name: "refused"},
	{name: "error", needs: []string{"answer"}, takes: choice},
	{name: "lost", takes: choice},
	{name: "late", needs: []string{"delay"}, takes: append([]string{"jitter"}, choice...)},
	{name: "mute", takes: choice},
	{name: "killed", process: []string{"redis", "instance"}},
	{name: "stopped", process: []string{"redis", "instance"}},
	{name: "terminated", process: []string{"instance"}},
	{name: "restarted", process: []string{"redis"}},
	{name: "reloaded", process: []string{"redis"}},
	{name: "flushed", process: []string{"redis"}},
	{name: "slowcmd", process: []string{"redis"}},
	{name: "busy", process: []string{"redis"}},
	{name: "loading", process: []string{"redis"}},
	{name: "readonly", process: []string{"redis"}},
	{name: "noauth", process: []string{"redis"}},
	{name: "oom", process: []string{"redis"}},
	{name: "maxclients", process: []string{"redis"}},
	{name: "locked", process: []string{"database"}},
}

// choice is how a fault chooses the commands that it is done to: at least one of them.
var choice = []string{"commands", "prefix"}

// victims are what a fault can be on: a dependency, the service itself, or its database.
var victims = []string{"redis", "instance", "database"}

var faultKeys = append([]string{"kind", "on", "instances", "from", "for", "every"}, parameterKeys()...)

// leastFault: a canary waits 100 ms for what it meets, so a shorter fault could
// be over before it is proved, and then no claim of the scenario is decided.
const leastFault = 200 * time.Millisecond

// fault reads one fault of p and appends it if it is right. known: p.For is;
// fresh: the instances are started for p.
func (r *reader) fault(v value, p *Phase, known, fresh bool, instances int) {
	before := len(r.mistakes)
	t, ok := r.table(v, "a fault", faultKeys)
	if !ok {
		return
	}
	f := Fault{Kind: t.text("kind", "one of "+strings.Join(kindNames(), ", ")), On: t.text("on", "what it hits, redis, instance or database")}
	r.victim(t, f)
	r.parameters(t, &f)
	if at, ok := t.fields["instances"]; ok {
		f.Instances = r.instances(at, instances)
	}
	r.atStart(t, &f, fresh)
	r.window(t, &f, p, known)
	all := r.repeat(t, f, p, known && len(r.mistakes) == before)
	if len(r.mistakes) > before {
		return
	}
	for _, f := range all {
		for _, o := range p.Faults {
			if o.On == f.On && o.From < f.From+f.For && f.From < o.From+o.For && meet(o.Instances, f.Instances) {
				r.wrong(t.line, t.col, "it overlaps the %s on %s from %v to %v: one dependency of one instance has one fault at a time",
					o.Kind, o.On, o.From, o.From+o.For)
				return
			}
		}
	}
	p.Faults = append(p.Faults, all...)
}

// victim checks that f's kind can be on what it is on.
func (r *reader) victim(t table, f Fault) {
	at := t.fields["on"]
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == f.Kind })
	switch {
	case f.On == "":
	case !slices.Contains(victims, f.On):
		r.wrong(at.line, at.col, "on: there is no %s%s", quote(f.On), hint(f.On, victims))
	case i < 0: // told where the parameters are read
	case len(kinds[i].process) == 0 && f.On != "redis":
		r.wrong(at.line, at.col, "%s is done to the path to redis, not to %s", f.Kind, map[string]string{"instance": "an instance", "database": "the database"}[f.On])
	case len(kinds[i].process) > 0 && kinds[i].process[0] == "database" && f.On != "database":
		r.wrong(at.line, at.col, "%s is done to the database; write on: database", f.Kind)
	case len(kinds[i].process) > 0 && !slices.Contains(kinds[i].process, f.On):
		r.wrong(at.line, at.col, "%s is done to the process of %s, not of %s", f.Kind, strings.Join(kinds[i].process, " or "), f.On)
	case len(kinds[i].process) > 0 && f.On != "instance" && t.has("instances"):
		v := t.fields["instances"]
		r.wrong(v.keyLine, v.keyCol, "%s is done to the one %s of all instances; leave instances out", f.Kind, f.On)
	}
}

// window reads when f is on, within p.
func (r *reader) window(t table, f *Fault, p *Phase, known bool) {
	from := time.Duration(0)
	if !f.Start {
		from, _ = t.duration("from", "")
	}
	length, given := t.duration("for", "")
	if at := t.fields["for"]; given && length <= 0 {
		r.wrong(at.line, at.col, "for: a fault lasts longer than 0s")
		return
	}
	if at := t.fields["for"]; given && length < leastFault {
		r.wrong(at.line, at.col, "for: a fault of %v is over before a canary could prove it; the least is %v", length, leastFault)
		return
	}
	if f.From, f.For = from, length; !known {
		return
	}
	if at := t.fields["from"]; from >= p.For {
		r.wrong(at.line, at.col, "a fault from %v does not fit a phase of %v", from, p.For)
		return
	}
	if !t.has("for") {
		f.For = p.For - from
	}
	// Compared without a sum: a length may be near the largest there is.
	if at := t.fields["for"]; f.For > p.For-from {
		begin := ""
		if from > 0 {
			begin = " from " + from.String()
		}
		r.wrong(at.line, at.col, "a fault of %v%s does not fit a phase of %v", f.For, begin, p.For)
	}
}

// mostRepeats bounds what one entry stands for; more is a slip of the unit.
const mostRepeats = 1000

// repeat is f as often as every says, each time for as long: until one would
// not fit the phase whole. right: p.For is known, and f is without a mistake.
func (r *reader) repeat(t table, f Fault, p *Phase, right bool) []Fault {
	every, given := t.duration("every", "")
	if !given {
		return []Fault{f}
	}
	at := t.fields["every"]
	if !t.has("for") {
		r.wrong(at.keyLine, at.keyCol, "every needs a for: how long the fault is on each time, such as 300ms")
		return nil
	}
	if !right {
		return nil
	}
	times := int64(0)
	if every > 0 {
		times = int64((p.For-f.From-f.For)/every) + 1
	}
	switch {
	case every <= f.For:
		r.wrong(at.line, at.col, "every: %v is not longer than the %v that the fault is on each time: it would never be off", every, f.For)
	case times < 2:
		r.wrong(at.line, at.col, "every: a phase of %v has no room for a second time; leave every out", p.For)
	case times > mostRepeats:
		r.wrong(at.line, at.col, "every: %d times in a phase of %v; the most is %d", times, p.For, mostRepeats)
	default:
		out := make([]Fault, times)
		for i := range out {
			out[i] = f
			out[i].From += time.Duration(i) * every
			out[i].Start = f.Start && i == 0
		}
		return out
	}
	return nil
}

func kindNames() []string {
	var out []string
	for _, k := range kinds {
		out = append(out, k.name)
	}
	return out
}

// meet reports whether two sets of instances share one; empty is all.
func meet(a, b []string) bool {
	return len(a) == 0 || len(b) == 0 || slices.ContainsFunc(a, func(i string) bool { return slices.Contains(b, i) })
}
