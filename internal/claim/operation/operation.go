// Package operation holds the measures of what whoever runs a service and its Redis depends on: that Redis lets nobody in,
// and that what the service tells of itself is true.
//
// In go checked calls and one history; out come rows for the table of measures. It compares no rounds, and holds nothing
// against a bound.
package operation

import (
	"github.com/trektribe/bench/internal/claim/expr"
	"github.com/trektribe/bench/internal/claim/probe"
)

// A Row is a measure, as the table of measures takes it.
type Row struct {
	expr.Signature
	Unit, Doc string
	Start     func(w *probe.Walk, args []expr.Arg) probe.Probe
}

// OfService are the rows that rest on what the service tells beside what was seen of it, OfHarness those that rest on what
// bench did itself, OfAlerts those that rest on what a Prometheus says.
func OfService() []Row { return []Row{miscounted(), toldMean(), unlogged(), secretsLogged()} }
func OfHarness() []Row { return []Row{strangersServed(), lostWrites(), writeLoss(), imageSize()} }
func OfAlerts() []Row  { return []Row{timeToFire(), timeToResolve(), fired()} }
