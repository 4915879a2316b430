package measure_test

import (
	"testing"

	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/claim/measure"
	"github.com/trektribe/bench/internal/claim/probe"
	"github.com/trektribe/bench/internal/claim/roundtest"
)

// The parts that rounds are made of, by the names that tables are readable with.
type (
	part = roundtest.Part
	call = roundtest.Call
)

const ms = roundtest.MS

var (
	fms     = roundtest.FMS
	play    = roundtest.Play
	event   = roundtest.Event
	outage  = roundtest.Outage
	answers = roundtest.Answers
	trips   = roundtest.Trips
	failed  = roundtest.Failed
	counter = roundtest.Counter
	ready   = roundtest.Ready
	told    = roundtest.Told
	calls   = roundtest.Calls
)

// round is what one round says of an expression.
func round(t *testing.T, s expr.Scope, text string, parts ...part) figure.Value {
	t.Helper()
	// Only the left side counts; the right one has its unit, whatever that is.
	f, errs := expr.Parse(expr.Field{Name: "holds"}, text+" <= 2 * ("+text+")", s, measure.Signatures())
	for _, e := range errs {
		t.Fatalf("%s: column %d: %s", text, e.Col, e.Msg)
	}
	w := probe.NewWalk(s.Paths)
	probes := measure.Watch(w, f)
	if unread := w.Through(play(parts...)); unread != "" {
		t.Fatal(unread)
	}
	return f.Terms[0].Left.Eval(measure.Values(probes))
}

// measured is what one round of the service of CacheScope says; −1: nothing, because of why.
func measured(t *testing.T, text string, parts ...part) (x float64, why string) {
	t.Helper()
	v := round(t, roundtest.CacheScope(), text, parts...)
	if v.None != nil {
		return -1, v.None.Why
	}
	return v.X, ""
}

// oneRound is what one round says, and whether it is "at least"; −1: nothing, because of why.
func oneRound(t *testing.T, text string, parts ...part) (x float64, atLeast bool, why string) {
	t.Helper()
	v := round(t, roundtest.Scope(), text, parts...)
	if v.None != nil {
		return -1, false, v.None.Why
	}
	return v.X, v.Cut == figure.AtLeast, ""
}
