package proxy

import (
	"fmt"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
)

// Delivered says whether what a canary met is what f does; if not, why.
// old: the connection was opened before the fault.
//
// It is strict: what a clean path could also have shown is no delivery, and
// neither is an "error", which says nothing about the path.
func Delivered(f fault.Fault, m canary.Meeting, old bool) (bool, string) {
	does, err := find(f)
	if err != nil {
		return false, err.Error()
	}
	prove := does.proof
	if prove == nil {
		prove = canary.ProveWord
	}
	if f.OldOnly() && !old {
		prove = proveSpared
	}
	if why := prove(f, m, old); why != "" {
		return false, why
	}
	return true, ""
}

// proveSpared wants a new connection that meets nothing of a fault of old ones.
func proveSpared(f fault.Fault, m canary.Meeting, _ bool) string {
	if why := m.Unless("reply"); why != "" {
		return why
	}
	if f.Chooses() && m.Answer != m.Beside {
		return fmt.Sprintf("was answered %.60q, and %.60q to the command that is not chosen: it was to be spared", m.Answer, m.Beside)
	}
	return ""
}

// Stays says whether what a canary met on an old connection, after f was lifted, is what f does to it for good; if not, why.
func Stays(f fault.Fault, m canary.Meeting) (bool, string) {
	does, err := find(f)
	switch {
	case err != nil:
		return false, err.Error()
	case !does.answers:
		why := canary.ProveSilence(f, m, true)
		return why == "", why
	}
	why := m.Unless("reply")
	if want := "-" + f.Answer; why == "" && m.Answer != want {
		why = fmt.Sprintf("was answered %.60q, want %q", m.Answer, want)
	}
	return why == "", why
}

// proveHang: an old connection shows nothing, as a clean path is what it meets.
func proveHang(f fault.Fault, m canary.Meeting, old bool) string {
	if old {
		return m.Unless("reply")
	}
	return canary.ProveSilence(f, m, old)
}

// proveOneway wants a silence, of which it matters whether the dependency was asked.
func proveOneway(f fault.Fault, m canary.Meeting, old bool) string {
	if why := canary.ProveSilence(f, m, old); why != "" {
		return why
	}
	switch held := f.Direction == up.String(); {
	case held && m.Asked:
		return "met silence, but its request was passed on"
	case !held && !m.Asked:
		return "met silence, but its request was held too"
	}
	return ""
}
