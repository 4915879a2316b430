package scenarios

import (
	"slices"
	"strconv"
	"time"
)

// phase reads phase i and appends it, also where parts of it are wrong: what
// refers to it by name is then not wrong too.
func (r *reader) phase(v value, i int, s *Scenario) {
	t, ok := r.table(v, "a phase", phaseKeys)
	if !ok {
		return
	}
	p := Phase{Name: t.name("name", "traffic and claims refer to it", "_")}
	if p.Name != "" && slices.ContainsFunc(s.Phases, func(o Phase) bool { return o.Name == p.Name }) {
		at := t.fields["name"]
		r.wrong(at.line, at.col, "a second phase named %s", p.Name)
		p.Name = ""
	}
	if v, ok := r.profile.lengths[p.Name]; ok {
		t.fields["for"] = v
	}
	length, known := t.duration("for", "how long it lasts, such as 2s")
	switch at := t.fields["for"]; {
	case known && length <= 0:
		r.wrong(at.line, at.col, "for: a phase lasts longer than 0s")
		known = false
	case known && length > longest:
		r.wrong(at.line, at.col, "for: %v is longer than %v, the most that a round may last", length, longest)
		known = false
	}
	if known {
		p.For = length
	}
	if e, ok := t.fields["env"]; ok {
		before := len(r.mistakes)
		if p.Env = r.env(e); len(p.Env) == 0 && len(r.mistakes) == before {
			r.wrong(e.line, e.col, "env is empty; leave it out or fill it")
		}
	}
	r.restart(t, &p)
	if f, ok := t.fields["faults"]; ok {
		fresh := begins(s.Phases, p)
		for _, one := range r.list(f) {
			r.fault(one, &p, known, fresh, s.Target.Instances)
		}
	}
	s.Phases = append(s.Phases, p)
}

// fits checks that a round ends.
func (r *reader) fits(t table, s *Scenario) {
	var sum time.Duration
	for _, p := range s.Phases {
		if sum += p.For; sum > longest {
			at := t.fields["phases"]
			r.wrong(at.keyLine, at.keyCol, "the phases of a round last longer than %v together", longest)
			return
		}
	}
}

// instances reads the instances that a fault or a stream is limited to; there
// are n, or an unknown number if n is not above zero.
func (r *reader) instances(v value, n int) []string {
	var out []string
	for _, e := range r.list(v) {
		s, ok := scalar(e.node)
		i, err := strconv.Atoi(s)
		switch {
		case !ok || err != nil || strconv.Itoa(i) != s:
			r.wrongType(e, "an instance is a number from 1")
		case n > 0 && (i < 1 || i > n):
			r.wrong(e.line, e.col, "there is no instance %s; the target has 1 to %d", s, n)
		case slices.Contains(out, s):
			r.wrong(e.line, e.col, "instance %s is given twice", s)
		default:
			out = append(out, s)
		}
	}
	return out
}
