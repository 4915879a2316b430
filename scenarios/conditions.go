package scenarios

import (
	"time"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/strictyaml"
)

// The time over which a condition looks back: long enough for a share to mean something at tens of
// requests a second, and no longer than the traffic is kept.
const (
	defaultOver = time.Second
	leastOver   = 200 * time.Millisecond
	mostOver    = time.Minute
)

var conditionKeys = []string{"holds", "over"}

// readCondition reads steady or abort: a text, or a mapping of the text and the time it looks back.
// Whatever it may name has been read before.
func readCondition(t strictyaml.Table, key string, s *Scenario) *Condition {
	v, ok := t.Get(key)
	if !ok {
		return nil
	}
	c := &Condition{Over: defaultOver}
	if _, short := v.Scalar(); short {
		c.Holds, _ = v.Text()
	} else {
		one, ok := v.Table(key, conditionKeys)
		if !ok {
			return nil
		}
		c.Holds = one.Text("holds", "the comparison, such as availability(all) >= 99%")
		if d, given := duration(one, "over", ""); given {
			if d < leastOver || d > mostOver {
				one.At("over").Wrong("over: %v; a condition looks back over %v to %v", d, leastOver, mostOver)
			}
			c.Over = d
		}
		v = one.At("holds")
	}
	if scope, judge := scopeOf(s); judge && c.Holds != "" {
		_, errs := claim.CompileCondition(key, c.Holds, scope)
		for _, e := range errs {
			v.WrongAt(e.Col, e.Field, e.Msg)
		}
	}
	return c
}

// steadyBefore checks that requests come before a fault, so that steady can be checked.
func (r *reader) steadyBefore(t strictyaml.Table, s *Scenario) {
	if s.Steady == nil || r.file.Count() > 0 {
		return
	}
	at, asked := t.At("steady"), false
	for _, seg := range s.Segments() {
		first, ok := seg.Hurts()
		if asked = asked || ok; ok && first == 0 {
			at.WrongKey("steady: phase %s begins with a fault, so no request comes before it; put a phase before it, or give the fault a from", seg.Phases[0].Name)
		}
	}
	if !asked {
		at.WrongKey("steady is checked before the first fault, and there is no such fault; leave it out")
	}
}

// Hurts is when the first fault of the segment begins. false: the segment has no fault, or one is on
// from its start, so that no request comes before it.
func (s Segment) Hurts() (first time.Duration, ok bool) {
	begin := time.Duration(0)
	for _, p := range s.Phases {
		for _, f := range p.Faults {
			if f.Start {
				return 0, false
			}
			if at := begin + f.From; !ok || at < first {
				first, ok = at, true
			}
		}
		begin += p.For
	}
	return first, ok
}
