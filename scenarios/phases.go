package scenarios

import (
	"slices"
	"strconv"
	"time"

	"github.com/trektribe/bench/internal/strictyaml"
)

// phase reads phase i and appends it, also if it has mistakes: a reference to its name
// is then no second mistake.
func (r *reader) phase(v strictyaml.Value, i int, s *Scenario) {
	t, ok := v.Table("a phase", phaseKeys)
	if !ok {
		return
	}
	p := Phase{Name: name(t, "name", "traffic and claims refer to it", "_")}
	if p.Name != "" && slices.ContainsFunc(s.Phases, func(o Phase) bool { return o.Name == p.Name }) {
		t.At("name").Wrong("a second phase named %s", p.Name)
		p.Name = ""
	}
	if v, ok := r.profile.lengths[p.Name]; ok {
		t.Put("for", v)
	}
	length, known := duration(t, "for", "how long it lasts, such as 2s")
	switch at := t.At("for"); {
	case known && length <= 0:
		at.Wrong("for: a phase lasts longer than 0s")
		known = false
	case known && length > longest:
		at.Wrong("for: %v is longer than %v, the most that a round may last", length, longest)
		known = false
	}
	if known {
		p.For = length
	}
	if e, ok := t.Get("env"); ok {
		before := r.file.Count()
		if p.Env = readEnv(e); len(p.Env) == 0 && r.file.Count() == before {
			e.Wrong("env is empty; leave it out or fill it")
		}
	}
	readRestart(t, &p)
	if f, ok := t.Get("faults"); ok {
		fresh := begins(s.Phases, p)
		for _, one := range f.List() {
			r.fault(one, &p, known, fresh, s.Target.Instances)
		}
	}
	r.expect(t, &p)
	s.Phases = append(s.Phases, p)
}

// checkLength checks that the phases of a round are not too long together.
func checkLength(t strictyaml.Table, s *Scenario) {
	var sum time.Duration
	for _, p := range s.Phases {
		if sum += p.For; sum > longest {
			t.At("phases").WrongKey("the phases of a round last longer than %v together", longest)
			return
		}
	}
}

// readInstances reads the instances that a fault or a stream is limited to; there
// are n, or an unknown number if n is not above zero.
func readInstances(v strictyaml.Value, n int) []string {
	var out []string
	for _, e := range v.List() {
		s, ok := e.Scalar()
		i, err := strconv.Atoi(s)
		switch {
		case !ok || err != nil || strconv.Itoa(i) != s:
			e.WrongType("an instance is a number from 1")
		case n > 0 && (i < 1 || i > n):
			e.Wrong("there is no instance %s; the target has 1 to %d", s, n)
		case slices.Contains(out, s):
			e.Wrong("instance %s is given twice", s)
		default:
			out = append(out, s)
		}
	}
	return out
}
