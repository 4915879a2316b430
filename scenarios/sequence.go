package scenarios

import (
	"fmt"
	"slices"
	"strings"

	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/strictyaml"
	"github.com/trektribe/bench/internal/traffic"
)

// sequenceKeys are the keys of a sequence beside its calls, and stepKeys those of each call.
var (
	sequenceKeys = []string{"stop"}
	stepKeys     = slices.Concat([]string{"name", "call"}, callKeys)
)

// readSequence reads the calls that a stream of traffic.Sequences makes at each place.
func readSequence(t strictyaml.Table, v strictyaml.Value, st *traffic.Stream) {
	if at, ok := t.Get("burst"); ok {
		at.WrongKey("burst is not for a sequence: its calls are made one after the other")
	}
	st.Stop = isTrue(t, "stop")
	steps := v.List()
	if len(steps) > traffic.MostSteps {
		v.Wrong("sequence: %d calls; the most is %d", len(steps), traffic.MostSteps)
	}
	for _, e := range steps {
		s, ok := e.Table("a call of a sequence", stepKeys)
		if !ok {
			continue
		}
		one := traffic.Stream{Type: traffic.Calls, Clients: st.Clients}
		step := traffic.Step{Name: name(s, "name", "", "_")}
		if call, ok := s.Get("call"); ok {
			readCall(s, call, &one)
		} else {
			s.Missing("call", aboutCall)
		}
		switch at := s.At("name"); {
		case step.Name == "all":
			at.Wrong("a call cannot be named all: in claims that is every stream")
		case step.Name != "" && (step.Name == st.Name || slices.ContainsFunc(st.Steps, func(o traffic.Step) bool { return o.Name == step.Name })):
			at.Wrong("a second stream named %s", step.Name)
		}
		step.Call = one.Call
		st.Steps = append(st.Steps, step)
	}
}

// streamNames are the names by which claims know the streams so far: their own, and those
// of the calls of sequences.
func (s *Scenario) streamNames() (names []string) {
	for _, st := range s.Traffic {
		names = append(names, st.Name)
		for _, step := range st.Steps {
			if step.Name != "" {
				names = append(names, step.Name)
			}
		}
	}
	return names
}

// common is the call of a stream; of a sequence, that of its calls without a name if all of
// them have the same path, else none.
func (st Stream) common() traffic.Call {
	c := st.Call
	for _, step := range st.Steps {
		switch {
		case step.Name != "":
		case c.Path != "" && c.Path != step.Path:
			return traffic.Call{}
		default:
			c = step.Call
		}
	}
	return c
}

// checkStepNames refuses calls of st that are named as an earlier stream.
func checkStepNames(t strictyaml.Table, st traffic.Stream, s *Scenario) {
	known := s.streamNames()
	for _, step := range st.Steps {
		if step.Name != "" && slices.Contains(known, step.Name) {
			t.At(traffic.Sequences).Wrong("sequence: a second stream named %s", near.Quote(step.Name))
		}
	}
}

func sequenceText(st traffic.Stream) string {
	var calls []string
	for _, step := range st.Steps {
		calls = append(calls, step.Method+" "+step.Path)
	}
	return strings.Join(calls, ", ")
}

// sequenceDetails describe the calls of a sequence, for people.
func sequenceDetails(st traffic.Stream) (out [][2]string) {
	for i, step := range st.Steps {
		which := fmt.Sprintf("call %d", i+1)
		if step.Name != "" {
			which += " (" + step.Name + ")"
		}
		for _, d := range callDetails(traffic.Stream{Call: step.Call}) {
			if d[1] != "" {
				out = append(out, [2]string{which + " " + d[0], d[1]})
			}
		}
	}
	how := "to one instance"
	if st.Spread {
		how = "to the instances in turn"
	}
	if st.Stop {
		how += ", until one fails"
	}
	return append(out, [2]string{"sequence", "one call after the other, " + how})
}
