package scenarios

import (
	"github.com/trektribe/bench/internal/fault"
	"github.com/trektribe/bench/internal/strictyaml"
)

// begins reports whether the instances start from a fresh state for phase p, which comes after the earlier ones.
func begins(earlier []Phase, p Phase) bool {
	return len(earlier) == 0 || p.Env != nil || p.Restart || earlier[len(earlier)-1].Env != nil
}

// readRestart reads whether p begins from a fresh state with an unchanged environment.
func readRestart(t strictyaml.Table, p *Phase) {
	v, ok := t.Get("restart")
	if !ok {
		return
	}
	if s, _ := v.Scalar(); s != "true" {
		v.WrongType("restart is true, or left out")
		return
	}
	p.Restart = true
}

// atStart is the word that from takes beside durations.
const atStart = "start"

// readAtStart reads whether f is on before the instances start. fresh: they start for its phase.
func readAtStart(t strictyaml.Table, f *fault.Fault, fresh bool) {
	at, ok := t.Get("from")
	if !ok {
		return
	}
	if s, _ := at.Scalar(); s != atStart {
		return
	}
	f.Start = true // also after a mistake: the window is then read without a from
	switch why := kindOf(*f).NotYet; {
	case f.On == "instance":
		at.Wrong("from: start: no instance runs yet; give a time after the phase's start, such as 500ms")
	case why != "":
		at.Wrong("%s cannot be on from: start: %s", f.Kind, why)
	case f.OldOnly():
		at.Wrong("from: start: no connection stands before the instances start, and connections: old hurts no other; give a time such as 500ms")
	case !fresh:
		at.Wrong("from: start: the instances already run when this phase begins; add restart: true to the phase, or give a time such as 0s")
	}
}
