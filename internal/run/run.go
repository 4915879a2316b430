// Package run is the verb: it opens a lab, plays rounds of a scenario, saves
// what was observed, and judges it from what it saved.
//
// In go scenarios and the arms to run them against; out come a run's folder
// and its results. docs/design.md lists what a run leaves.
package run

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/alerts"
	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/redact"
	"github.com/trektribe/bench/internal/run/lanes"
	"github.com/trektribe/bench/reports"
	"github.com/trektribe/bench/scenarios"
)

// Options say what to run, against what, and where to leave it.
type Options struct {
	Name      string // of the run's folder
	Scenarios []*scenarios.Scenario
	Lab       lab.Spec // all but Instances, Dir, Clock, Record and Progress, which are the run's own; Env: beside the scenarios'
	Instances int      // overrides the scenarios'; 0: does not
	Seed      uint64
	Engine    load.Engine // that sends the traffic; zero: our own
	Out       string      // folder that the run's own folder is made in
	Progress  Progress
	Formats   []reports.Format        // beside those that every run leaves
	Awaits    func(claim.Result) bool // whether another round may be played for a result; nil: for all
	All       bool                    // play every round, also once all is decided

	// Begin is given the run's folder once it is there, before anything is started. Its error ends the run. nil: nobody asks.
	Begin func(dir string) error
	// Drill plays as people who watch want it: scenarios one after the other, with the steady state asked before each
	// fault that begins while none is on. A condition that ends one scenario ends the run.
	Drill bool

	Alerts *alerts.Prometheus // whose alerts are read while a scenario with faults is played; nil: nobody's

	Contract *contract.Contract // how the service speaks; nil: as the reference
	filled   *contract.Contract // it, with the environment in its places
}

// Progress is told what a run is doing.
type Progress = lanes.Progress

// An Outcome is a finished run.
type Outcome struct {
	Dir     string
	Report  reports.Run
	Results []claim.Result
}

// Run plays o's scenarios and judges them. When ctx ends, or something fails, the run
// stops at once, and what was seen until then is judged: an Outcome with a Dir is valid
// beside an error. The error is ctx's only if there is no other.
func Run(ctx context.Context, o Options) (Outcome, error) {
	began := time.Now()
	if err := errors.Join(o.fitInstances(), o.speak()); err != nil {
		return Outcome{}, err
	}
	dir, err := newFolder(o.Out, o.Name, began)
	if err != nil {
		return Outcome{}, err
	}
	out := Outcome{Dir: dir}
	saved := &Saved{
		Schema: schema, Name: o.Name, Started: began.UTC(), Seed: o.Seed, Engine: o.Engine.Used(),
		Machine: Fingerprint(), Target: TargetText(o.Lab), Running: len(o.Lab.URLs) > 0, Toxiproxy: redact.Text(strings.Join(o.Lab.Toxiproxy, " ")),
		Arms: presentableArms(o.Lab.Arms), Scenarios: presentable(o.Scenarios), Env: withoutPasswords(o.Lab.Env), Alerts: o.Alerts.String(),
		Contract: o.Contract.Shown(),
	}
	if saved.Running {
		saved.Warnings = append(saved.Warnings, "the service already ran: it does not have the scenarios' environment, and its rounds do not begin from a fresh state")
	}
	if err := saved.save(dir); err != nil {
		return out, err
	}
	if o.Begin != nil {
		if err := o.Begin(dir); err != nil {
			return Outcome{}, errors.Join(err, os.RemoveAll(dir))
		}
	}
	r := &session{Options: o, saved: saved, dir: dir, clock: history.NewClock()}
	if err = errors.Join(r.warnOfRates(ctx), r.inspect(ctx)); err == nil {
		err = r.playAll(ctx)
	}
	if _, none := os.Stat(filepath.Join(dir, "rounds")); errors.Is(none, fs.ErrNotExist) && failure(err) != nil {
		// Nothing was observed: there is nothing to keep.
		return Outcome{}, errors.Join(failure(err), os.RemoveAll(dir))
	}
	saved.Interrupted = ctx.Err() != nil
	saved.Elapsed = time.Since(began)
	if failure(err) != nil {
		saved.Warnings = append(saved.Warnings, "the run was cut short: "+failure(err).Error())
	}
	// What was seen is judged also when the user wants to stop, or the run went
	// wrong: it takes milliseconds.
	err = errors.Join(failure(err), saved.save(dir))
	var unjudged error
	out.Report, unjudged = Report(context.WithoutCancel(ctx), dir, o.Formats...)
	out.Results = out.Report.Results
	if err = errors.Join(err, unjudged); err != nil {
		return out, err
	}
	return out, ctx.Err()
}

// failure is err without the errors that say that the context ended; nil: there is no other.
func failure(err error) error {
	return without(err, context.Canceled)
}

// without is err without the errors that match kind; nil: there is no other.
func without(err, kind error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var rest []error
		for _, e := range joined.Unwrap() {
			rest = append(rest, without(e, kind))
		}
		return errors.Join(rest...)
	}
	if errors.Is(err, kind) {
		return nil
	}
	return err
}

// fitInstances makes the scenarios' numbers of instances those of the lab, and refuses
// a fault or a stream on one that will not be there.
func (o *Options) fitInstances() error {
	n := o.Instances
	if len(o.Lab.URLs) > 0 {
		n = len(o.Lab.URLs) / max(1, len(o.Lab.Arms))
	}
	var errs []error
	for _, s := range o.Scenarios {
		if n > 0 {
			s.Target.Instances = n
		}
		missing := func(instances []string, who string) {
			for _, i := range instances {
				if k, err := strconv.Atoi(i); err != nil || k > s.Target.Instances {
					errs = append(errs, fmt.Errorf("scenario %s: %s instance %s, and there are %d", s.Name, who, i, s.Target.Instances))
				}
			}
		}
		for _, p := range s.Phases {
			for _, f := range p.Faults {
				missing(f.Instances, "phase "+p.Name+" hurts")
				if len(o.Lab.URLs) > 0 && len(o.Lab.Toxiproxy) == 0 {
					continue // the phase is played without its faults
				}
				if err := LabOf(o.Lab, s).CanDo(lab.Action{Fault: f}); err != nil {
					errs = append(errs, fmt.Errorf("scenario %s: phase %s: %w", s.Name, p.Name, err))
				}
			}
		}
		for _, t := range s.Traffic {
			missing(t.Instances, "stream "+t.Name+" asks")
		}
	}
	return errors.Join(errs...)
}

// LabOf is a run's lab for a scenario, which may need another kind of Redis than the others.
func LabOf(spec lab.Spec, s *scenarios.Scenario) lab.Spec {
	if s.Target.Redis != "" && len(spec.URLs) == 0 {
		spec.Redis = s.Target.Redis
	}
	return spec
}

// Report judges a saved run and writes it down in its folder in every format that a run leaves, and in some others.
func Report(ctx context.Context, dir string, also ...reports.Format) (reports.Run, error) {
	r, err := Read(ctx, dir)
	if err != nil {
		return reports.Run{}, err
	}
	err = Write(r, dir, append(reports.Formats(), also...))
	var errs []error
	for name, page := range reports.Pictures(r) {
		errs = append(errs, write(filepath.Join(dir, name), func(w *os.File) error { _, err := w.Write(page); return err }))
	}
	return r, errors.Join(append(errs, err)...)
}

// Read judges a saved run, and writes nothing.
func Read(ctx context.Context, dir string) (reports.Run, error) {
	j, err := Judge(ctx, dir)
	if err != nil {
		return reports.Run{}, err
	}
	saved := j.Saved
	r := reports.Run{
		Name: saved.Name, Started: saved.Started, Elapsed: saved.Elapsed, Dir: dir, Machine: saved.Machine.Kind(),
		Conditions: conditions(saved, j.load), Results: j.Results, Curves: j.Curves, RecoveryTimes: j.RecoveryTimes, Pictures: j.Pictures, Inspection: j.Inspection, Warnings: j.Warnings, Interrupted: saved.Interrupted,
	}
	r.Plans, r.Earlier = plans(saved), earlier(dir, saved)
	for _, a := range saved.Arms {
		r.Arms = append(r.Arms, a.Name)
	}
	if saved.Elapsed == 0 {
		r.Warnings = append([]string{"the run was killed before its end, and is judged on the rounds that were whole by then"}, r.Warnings...)
	}
	return r, nil
}

// Write writes a judged run to a folder, a file for each format.
func Write(r reports.Run, dir string, formats []reports.Format) error {
	var errs []error
	for _, f := range formats {
		errs = append(errs, write(filepath.Join(dir, f.File), func(w *os.File) error { return f.Write(w, r) }))
	}
	return errors.Join(errs...)
}
