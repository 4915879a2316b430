package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"path/filepath"
	"time"

	"github.com/trektribe/bench/internal/drill"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/redact"
	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/reports"
)

const drillHelp = `Rehearse faults before a release: a plan that somebody confirms, a prediction for each
fault, one round, and a report of what came of it.

Usage: bench drill [flags] SCENARIO...
       bench drill --ledger [--out DIR]

Each phase with faults needs a prediction: the key expect of the phase, --expect, or an
answer at the prompt. It is saved, with its time and author, before the first fault. No
fault begins while the service is not steady. Ctrl-C halts the drill; so do bench halt, a
halt file and a halt URL. Then every fault is lifted.

Flags:
  --yes             begin without asking, as in CI
  --by NAME         who is responsible (default: the user's name)
  --question TEXT   what the drill is to answer (default: what the scenarios are about)
  --tell WHO        who was told before; may be repeated. Needed for another host
  --expect 'PHASE: COMPARISON'
                    a prediction, such as 'fault: availability(all[phase=fault]) >= 99%';
                    SCENARIO.PHASE where several have the phase. May be repeated
  --halt-file FILE  the drill ends once FILE is there; beside DIR/halt, which bench halt
                    writes
  --halt-url URL    it ends once URL answers anything but 200 and "go"
  --alerts URL      read the alerts of this Prometheus, once a second: the report tells when
                    each was pending, fired and resolved, and a prediction may speak of
                    them, as in 'outage: time_to_fire(RedisDown) <= 40s'
  --ledger          what was rehearsed when in the runs of DIR, and what never was
  --out DIR         where the run's folder is made (default reports/out)
  --arms LIST       of the reference service (default hardened)
  --redis, --stack, --compose, --target-cmd, --contract, --env, --env-file, --target-url,
  --toxiproxy, --instances, --allow-host, --ready-in, --seed, --engine   as of bench run

The report is drill.md and drill.html in the run's folder, beside what every run leaves.

Exit: 0 every prediction was hit and the service was steady after each fault, 1 one was
missed or it was not steady, 2 could not begin or went wrong, 3 one could not be observed,
130 halted.

Examples:
  bench drill redis-outage redis-blackhole
  bench drill --yes --by release-bot --tell '#on-call' redis-outage
  bench drill --target-cmd 'node server.js' --expect 'fault: availability(all[phase=fault]) >= 99%' redis-outage
  bench drill --ledger
`

// drillFlags are the flags of bench drill; drillHelp says what each is.
type drillFlags struct {
	runFlags
	yes, ledger                     bool
	by, question, haltFile, haltURL string
	tell, expect                    list
}

func parseDrill(args []string, out io.Writer) (f drillFlags, names []string, err error) {
	f.set = flag.NewFlagSet("drill", flag.ContinueOnError)
	f.defineTarget()
	f.set.Var(&f.toxiproxies, "toxiproxy", "")
	f.set.IntVar(&f.instances, "instances", 0, "")
	f.set.Uint64Var(&f.seed, "seed", 0, "")
	f.set.StringVar(&f.engine, "engine", string(load.Loop), "")
	f.set.StringVar(&f.alerts, "alerts", "", "")
	f.set.StringVar(&f.out, "out", "reports/out", "")
	f.set.BoolVar(&f.yes, "yes", false, "")
	f.set.BoolVar(&f.ledger, "ledger", false, "")
	f.set.StringVar(&f.by, "by", "", "")
	f.set.StringVar(&f.question, "question", "", "")
	f.set.StringVar(&f.haltFile, "halt-file", "", "")
	f.set.StringVar(&f.haltURL, "halt-url", "", "")
	f.set.Var(&f.tell, "tell", "")
	f.set.Var(&f.expect, "expect", "")
	names, err = parse(f.set, drillHelp, args, out)
	if f.arms == "" && f.command == "" && f.compose == "" && len(f.urls) == 0 {
		f.arms = "hardened"
	}
	return f, names, err
}

func runDrill(ctx context.Context, args []string, out, errw io.Writer) int {
	f, names, err := parseDrill(args, out)
	if err != nil {
		return stopped(err, errw)
	}
	if f.ledger {
		return f.showLedger(names, out, errw)
	}
	o, plan, err := f.plan(names)
	if err != nil {
		return cannot(errw, err)
	}
	lock, err := drill.Take(f.out)
	if err != nil {
		return cannot(errw, err)
	}
	defer lock.Free()
	halts := drill.Halts{Files: plan.HaltFiles, URL: f.haltURL}
	if err := halts.Ready(ctx); err != nil {
		return cannot(errw, err)
	}
	ctx, halt := context.WithCancelCause(ctx)
	defer halt(nil)
	watched, unwatch := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	go func() {
		defer close(done)
		halts.Watch(watched, func(how string) { halt(haltCause(how)) })
	}()
	defer func() { unwatch(); <-done }()

	if code := f.confirm(ctx, plan, o, errw); code != exitHolds {
		return code
	}
	return f.play(ctx, plan, o, lock, out, errw)
}

// A haltCause is what halted a drill, when it was anything but a signal.
type haltCause string

func (h haltCause) Error() string { return string(h) }

// play plays the drill and reports.
func (f drillFlags) play(ctx context.Context, p *drill.Plan, o run.Options, lock *drill.Lock, out, errw io.Writer) int {
	ledger, err := drill.ReadLedger(f.out)
	if err != nil {
		return cannot(errw, err)
	}
	p.Last = ledger.LastOf(run.TargetText(o.Lab), drill.Episodes(o.Scenarios))
	o.Drill = true
	o.Begin = func(dir string) error { return errors.Join(p.Save(dir), lock.Say(dir)) }
	tty, width := terminal(errw)
	progress := reports.NewProgress(errw, tty, width)
	o.Progress = drill.NewLive(progress, p)
	haltAt := make(chan time.Time, 1)
	context.AfterFunc(ctx, func() {
		haltAt <- time.Now().UTC()
		progress.Say("halting: every fault is lifted")
	})
	outcome, err := run.Run(ctx, o)
	progress.Close()
	if outcome.Dir == "" {
		if ctx.Err() != nil && (err == nil || errors.Is(err, context.Canceled)) {
			fmt.Fprintln(errw, "bench: halted before it began: nothing was touched")
			return exitInterrupted
		}
		return cannot(errw, err)
	}
	p.Ended = &drill.Ended{At: time.Now().UTC()}
	if ctx.Err() != nil {
		p.Ended.Halted, p.Ended.HaltAt = haltedBy(ctx), <-haltAt
		p.Ended.Back = time.Since(p.Ended.HaltAt).Seconds()
	}
	failed := err != nil && !errors.Is(err, context.Canceled)
	if failed {
		p.Ended.Wrong = redact.Text(err.Error())
		cannot(errw, err)
	}
	if err := p.Save(outcome.Dir); err != nil {
		return cannot(errw, err)
	}
	_, after, err := drill.Write(context.WithoutCancel(ctx), outcome.Dir, outcome.Report)
	if err != nil {
		return cannot(errw, err)
	}
	if err := after.Table(out, filepath.Join(outcome.Dir, "drill.md"), p); err != nil {
		return cannot(errw, err)
	}
	switch {
	case failed:
		return exitCannotRun
	case ctx.Err() != nil:
		return exitInterrupted
	}
	return outcomeOf(after)
}

// haltedBy says what ended ctx.
func haltedBy(ctx context.Context) string {
	if h := haltCause(""); errors.As(context.Cause(ctx), &h) {
		return string(h)
	}
	return "a signal, such as Ctrl-C"
}

// outcomeOf is a drill in one number.
func outcomeOf(a *drill.After) int {
	code := exitHolds
	for _, e := range a.Episodes {
		if e.After.Is == drill.NotSteady {
			return exitRefuted
		}
		if !e.Whole {
			code = exitUndecided
		}
		for _, o := range e.Predictions {
			switch o.Is {
			case drill.Miss:
				return exitRefuted
			case drill.Unseen:
				code = exitUndecided
			}
		}
	}
	return code
}

// showLedger prints what was rehearsed when.
func (f drillFlags) showLedger(names []string, out, errw io.Writer) int {
	if len(names) > 0 {
		return cannot(errw, fmt.Errorf("--ledger tells of every drill in --out DIR and takes no scenario; got %q", names[0]))
	}
	l, err := drill.ReadLedger(f.out)
	if err != nil {
		return cannot(errw, err)
	}
	for _, w := range l.Warnings {
		fmt.Fprintf(errw, "bench: left out: %s\n", w)
	}
	if err := l.Text(out, time.Now()); err != nil {
		return cannot(errw, err)
	}
	return exitHolds
}
