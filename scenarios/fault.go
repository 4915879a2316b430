package scenarios

import (
	"slices"
	"strings"
	"time"
)

// A kind is what the fault catalogue says of one kind of fault.
type kind struct {
	name  string
	delay bool // takes delay (required) and jitter
}

// kinds is the fault catalogue. What a kind does to a connection is the proxy's.
var kinds = []kind{
	{name: "latency", delay: true},
	{name: "blackhole"},
	{name: "refused"},
}

// dependencies are what a fault can be on.
var dependencies = []string{"redis"}

var faultKeys = []string{"kind", "on", "instances", "from", "for", "delay", "jitter"}

// leastDelay: a proxy adds up to 0.8 ms of its own to any delay (measured), so
// that a smaller one would mostly be its noise.
const leastDelay = 2 * time.Millisecond

// leastFault: a canary waits 100 ms for what it meets, so a shorter fault could
// be over before it is proved, and then no claim of the scenario is decided.
const leastFault = 200 * time.Millisecond

// fault reads one fault of p and appends it if it is right. known: p.For is.
func (r *reader) fault(v value, p *Phase, known bool, instances int) {
	before := len(r.mistakes)
	t, ok := r.table(v, "a fault", faultKeys)
	if !ok {
		return
	}
	f := Fault{Kind: t.text("kind", "one of "+strings.Join(kindNames(), ", ")), On: t.text("on", "the dependency it hits, such as redis")}
	if at := t.fields["on"]; f.On != "" && !slices.Contains(dependencies, f.On) {
		r.wrong(at.line, at.col, "on: there is no %s%s", quote(f.On), hint(f.On, dependencies))
	}
	r.parameters(t, &f)
	if at, ok := t.fields["instances"]; ok {
		f.Instances = r.instances(at, instances)
	}
	r.window(t, &f, p, known)
	if len(r.mistakes) > before {
		return
	}
	for _, o := range p.Faults {
		if o.On == f.On && o.From < f.From+f.For && f.From < o.From+o.For && meet(o.Instances, f.Instances) {
			r.wrong(t.line, t.col, "it overlaps the %s on %s from %v to %v: one dependency of one instance has one fault at a time",
				o.Kind, o.On, o.From, o.From+o.For)
			return
		}
	}
	p.Faults = append(p.Faults, f)
}

// parameters reads what f's kind takes.
func (r *reader) parameters(t table, f *Fault) {
	i := slices.IndexFunc(kinds, func(k kind) bool { return k.name == f.Kind })
	if f.Kind != "" && i < 0 {
		at := t.fields["kind"]
		r.wrong(at.line, at.col, "unknown kind of fault %s%s", quote(f.Kind), hint(f.Kind, kindNames()))
	}
	if i < 0 || !kinds[i].delay {
		for _, key := range []string{"delay", "jitter"} {
			if at, ok := t.fields[key]; ok && i >= 0 {
				r.wrong(at.keyLine, at.keyCol, "%s takes no %s", f.Kind, key)
			}
		}
		return
	}
	var known bool
	if f.Delay, known = t.duration("delay", "how much "+f.Kind+" adds to every reply, such as 50ms"); known && f.Delay < leastDelay {
		at := t.fields["delay"]
		r.wrong(at.line, at.col, "delay: %v is below %v, the least that a proxy adds faithfully", f.Delay, leastDelay)
		known = false
	}
	var given bool
	if f.Jitter, given = t.duration("jitter", ""); given && known && f.Delay-f.Jitter < leastDelay {
		at := t.fields["jitter"]
		r.wrong(at.line, at.col, "jitter: %v leaves less than %v of the delay of %v, and a canary could not tell it from a clean path", f.Jitter, leastDelay, f.Delay)
	}
}

// window reads when f is on, within p.
func (r *reader) window(t table, f *Fault, p *Phase, known bool) {
	from, _ := t.duration("from", "")
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
