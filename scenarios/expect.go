package scenarios

import (
	"fmt"
	"slices"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/strictyaml"
)

// An Episode is a phase with faults, and the phases around it that tell what they did.
type Episode struct {
	Before string   // the phase just before, where it has no fault and nothing restarts between them; empty: none
	Phase  Phase    // with the faults
	After  []string // the phases after it without faults, up to the next with some, or to a restart
}

// Episodes are those of a round, in the order in which they are played.
func (s *Scenario) Episodes() (out []Episode) {
	for _, seg := range s.Segments() {
		for i, p := range seg.Phases {
			if len(p.Faults) == 0 {
				continue
			}
			e := Episode{Phase: p}
			if i > 0 && len(seg.Phases[i-1].Faults) == 0 {
				e.Before = seg.Phases[i-1].Name
			}
			for _, later := range seg.Phases[i+1:] {
				if len(later.Faults) > 0 {
					break
				}
				e.After = append(e.After, later.Name)
			}
			out = append(out, e)
		}
	}
	return out
}

// Phases are the names of its phases, in order.
func (e Episode) Phases() []string {
	out := append([]string{e.Phase.Name}, e.After...)
	if e.Before != "" {
		out = slices.Insert(out, 0, e.Before)
	}
	return out
}

// FaultTexts say what is done in the episode: "refused on redis of every instance".
func (e Episode) FaultTexts() (out []string) {
	for _, f := range e.Phase.Faults {
		if text := faultText(f); !slices.Contains(out, text) {
			out = append(out, text)
		}
	}
	return out
}

// Measures that are about Redis, and those that count from the end of the last fault.
var (
	ofRedis    = []string{"time_to_detect", "time_to_health", "time_to_recover", "time_to_fallback"}
	fromTheEnd = []string{"time_to_health", "time_to_recover", "time_to_steady", "time_to_resolve"}
)

// Predict compiles a prediction of what an episode does to the service: a comparison of the claim language about its
// phases alone. It reports every mistake at once, and what could never be measured there is one.
func (s *Scenario) Predict(e Episode, text string) (*claim.Claim, []*expr.Error) {
	scope := s.Scope()
	scope.Phases, scope.Faults = e.Phases(), nil
	onRedis := false
	for _, f := range e.Phase.Faults {
		onRedis = onRedis || f.On == "redis"
		if !slices.Contains(scope.Faults, f.Kind) {
			scope.Faults = append(scope.Faults, f.Kind)
		}
	}
	c, errs := claim.Compile(claim.Text{ID: e.Phase.Name, Holds: text}, scope)
	if len(errs) > 0 {
		for _, err := range errs {
			err.Field = "expect"
		}
		return nil, errs
	}
	wrong := func(format string, args ...any) {
		errs = append(errs, &expr.Error{Field: "expect", Col: 1, Msg: fmt.Sprintf(format, args...)})
	}
	for _, m := range c.Measures() {
		switch {
		case !onRedis && slices.Contains(ofRedis, m):
			wrong("%s cannot be measured: no fault of phase %s is on redis; predict what clients see, such as availability(all[phase=%s]) >= 99%%", m, e.Phase.Name, e.Phase.Name)
		case len(e.After) == 0 && slices.Contains(fromTheEnd, m):
			wrong("%s cannot be measured: no phase without faults comes after phase %s; add one, such as {name: after, for: 5s}", m, e.Phase.Name)
		}
	}
	if len(errs) > 0 {
		return nil, errs
	}
	return c, nil
}

// An expectation is a prediction as it was read, before all that it may name was.
type expectation struct {
	phase string
	at    strictyaml.Value
	text  string
}

// expect reads the predictions of a phase: a text, or a list of them.
func (r *reader) expect(t strictyaml.Table, p *Phase) {
	v, ok := t.Get("expect")
	if !ok {
		return
	}
	if len(p.Faults) == 0 && !t.Has("faults") {
		v.WrongKey("expect is a prediction of what faults do, and phase %s has none", p.Name)
		return
	}
	each := []strictyaml.Value{v}
	if v.IsList() {
		each = v.List()
	}
	for _, one := range each {
		if text, ok := one.Text(); ok {
			p.Expect = append(p.Expect, text)
			r.expected = append(r.expected, expectation{p.Name, one, text})
		}
	}
}

// predictions checks what was expected, once whatever it may name has been read.
func (r *reader) predictions(s *Scenario) {
	if _, judge := scopeOf(s); !judge {
		return
	}
	for _, e := range s.Episodes() {
		for _, x := range r.expected {
			if x.phase != e.Phase.Name || x.text == "" {
				continue
			}
			_, errs := s.Predict(e, x.text)
			for _, err := range errs {
				x.at.WrongAt(err.Col, err.Field, err.Msg)
			}
		}
	}
}

// HurtsNothing reports whether no phase has a fault.
func (s *Scenario) HurtsNothing() bool {
	return !slices.ContainsFunc(s.Phases, func(p Phase) bool { return len(p.Faults) > 0 })
}

// Started reports whether a fault of the episode is on before the instances start.
func (e Episode) Started() bool {
	return slices.ContainsFunc(e.Phase.Faults, func(f fault.Fault) bool { return f.Start })
}
