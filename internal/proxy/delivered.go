package proxy

import (
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
	if why := prove(f, m, old); why != "" {
		return false, why
	}
	return true, ""
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
