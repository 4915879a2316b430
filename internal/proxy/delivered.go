package proxy

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/fault"
)

// A Meeting is what a canary met.
type Meeting struct {
	Met    string        // "reply", "silence", "eof", "reset", "refused", "error"
	Wait   time.Duration // until then
	Detail string        // "error": what it was
	Asked  bool          // the proxy passed on what a canary asked meanwhile: this one, or one beside it
	Answer string        // "reply": the line that came
	Beside string        // in a fault of chosen commands: what one that is not chosen was answered with; empty: nothing came
	Behind bool          // the answer to an earlier probe has not come either, and this one waits behind it
}

func (m Meeting) String() string {
	s := fmt.Sprintf("%s after %v", m.Met, m.Wait)
	if m.Detail != "" {
		s += " (" + m.Detail + ")"
	}
	return s
}

// Delivered says whether what a canary met is what f does; if not, why.
// old: the connection was opened before the fault.
//
// It is strict: what a clean path could also have shown is no delivery, and
// neither is an "error", which says nothing about the path.
func Delivered(f fault.Fault, m Meeting, old bool) (bool, string) {
	does, err := find(f)
	if err != nil {
		return false, err.Error()
	}
	prove := does.proof
	if prove == nil {
		prove = proveWord
	}
	if why := prove(f, m, old); why != "" {
		return false, why
	}
	return true, ""
}

// proveWord wants what the catalogue says that a canary meets; on a clean path that is a reply.
func proveWord(f fault.Fault, m Meeting, old bool) string {
	k, found := fault.Find(f.Kind)
	switch {
	case !found:
		return m.unless("reply")
	case old:
		return m.unless(k.Old.Canary...)
	}
	return m.unless(k.New.Canary...)
}

// unless says that m is none of want; empty: it is.
func (m Meeting) unless(want ...string) string {
	if slices.Contains(want, m.Met) {
		return ""
	}
	return fmt.Sprintf("met %v, want %s", m, strings.Join(want, " or "))
}

// proveHang: an old connection shows nothing, as a clean path is what it meets.
func proveHang(f fault.Fault, m Meeting, old bool) string {
	if old {
		return m.unless("reply")
	}
	return proveSilence(f, m, old)
}

func proveSilence(_ fault.Fault, m Meeting, _ bool) string {
	if why := m.unless("silence"); why != "" {
		return why
	}
	if m.Wait < leastSilence {
		return fmt.Sprintf("met %v, too short to tell from a slow reply; give it %v or more", m, leastSilence)
	}
	return ""
}

// proveOneway wants a silence, of which it matters whether the dependency was asked.
func proveOneway(f fault.Fault, m Meeting, old bool) string {
	if why := proveSilence(f, m, old); why != "" {
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
