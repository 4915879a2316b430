package scenarios

import (
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/strictyaml"
)

var faultKeys = append([]string{"kind", "on", "instances", "from", "for", "every"}, parameterKeys()...)

// fault reads one fault of p, and appends it to p if it has no mistake. known: p.For is known;
// fresh: the instances start for p.
func (r *reader) fault(v strictyaml.Value, p *Phase, known, fresh bool, instances int) {
	before := r.file.Count()
	t, ok := v.Table("a fault", faultKeys)
	if !ok {
		return
	}
	f := fault.Fault{Kind: t.Text("kind", "one of "+strings.Join(fault.Names(), ", ")), On: t.Text("on", "what it hits: redis, instance or database")}
	checkOn(t, f)
	readParameters(t, &f)
	if at, ok := t.Get("instances"); ok {
		f.Instances = readInstances(at, instances)
	}
	readAtStart(t, &f, fresh)
	readWindow(t, &f, p, known)
	all := repeated(t, f, p, known && r.file.Count() == before)
	if r.file.Count() > before {
		return
	}
	for _, f := range all {
		for _, o := range p.Faults {
			if why := clash(f, o); why != "" {
				t.Wrong("%s", why)
				return
			}
		}
	}
	p.Faults = append(p.Faults, all...)
}

// checkOn checks that f's kind can be done to its target.
func checkOn(t strictyaml.Table, f fault.Fault) {
	at := t.At("on")
	k, known := fault.Find(f.Kind)
	switch {
	case f.On == "":
	case !slices.Contains(fault.Targets, f.On):
		at.Wrong("on: there is no %s%s", near.Quote(f.On), near.Hint(f.On, fault.Targets))
	case !known: // told where the parameters are read
	case slices.Contains(k.On, f.On):
		if k.Acts != fault.Path && f.On != "instance" && t.Has("instances") {
			v := t.At("instances")
			v.WrongKey("%s hits the one %s that all instances share; leave instances out", f.Kind, f.On)
		}
	case k.Acts == fault.Path:
		at.Wrong("%s is done to the path to redis, not to %s", f.Kind, map[string]string{"instance": "an instance", "database": "the database"}[f.On])
	case slices.Contains(k.On, "database"):
		at.Wrong("%s is done to the database; write on: database", f.Kind)
	case f.Kind == "restarted" && f.On == "instance":
		at.Wrong("restarted is for the process of redis; to restart an instance, use killed with a for")
	default:
		at.Wrong("%s is done to the process of %s, not of %s", f.Kind, strings.Join(k.On, " or "), f.On)
	}
}

// readWindow reads when f is on, within p.
func readWindow(t strictyaml.Table, f *fault.Fault, p *Phase, known bool) {
	from := time.Duration(0)
	if !f.Start {
		from, _ = duration(t, "from", "")
	}
	length, given := duration(t, "for", "")
	if given && length <= 0 {
		t.At("for").Wrong("for: a fault lasts longer than 0s")
		return
	}
	least := f.Least()
	if given && length < least {
		t.At("for").Wrong("for: %s%s cannot be proved in less than %v; give it for: %v or more", f.Kind, parameterText(*f), least, least)
		return
	}
	if f.From, f.For = from, length; !known {
		return
	}
	if from >= p.For {
		t.At("from").Wrong("a fault from %v does not fit a phase of %v", from, p.For)
		return
	}
	if !t.Has("for") {
		if f.For = p.For - from; f.For < least {
			t.Wrong("%s%s cannot be proved in less than %v, and %v are left of the phase; give the phase %v or more",
				f.Kind, parameterText(*f), least, f.For, from+least)
		}
		return
	}
	// Compared without a sum, which could overflow.
	if at := t.At("for"); f.For > p.For-from {
		begin := ""
		if from > 0 {
			begin = " from " + from.String()
		}
		at.Wrong("a fault of %v%s does not fit a phase of %v", f.For, begin, p.For)
	}
}

// mostRepeats bounds how often one entry is repeated; it catches a wrong unit.
const mostRepeats = 1000

// repeated is f once for each time that every gives: as often as it fits the phase whole.
// right: p.For is known, and f has no mistake.
func repeated(t strictyaml.Table, f fault.Fault, p *Phase, right bool) []fault.Fault {
	every, given := duration(t, "every", "")
	if !given {
		return []fault.Fault{f}
	}
	at := t.At("every")
	if !t.Has("for") {
		at.WrongKey("every needs a for: how long the fault is on each time, such as 300ms")
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
		at.Wrong("every: %v is not longer than the %v that the fault is on each time: it would never be off", every, f.For)
	case times < 2:
		at.Wrong("every: a phase of %v has no room for a second time; leave every out", p.For)
	case times > mostRepeats:
		at.Wrong("every: %d times in a phase of %v; the most is %d", times, p.For, mostRepeats)
	default:
		out := make([]fault.Fault, times)
		for i := range out {
			out[i] = f
			out[i].From += time.Duration(i) * every
			out[i].Start = f.Start && i == 0
		}
		return out
	}
	return nil
}
