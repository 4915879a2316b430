package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/trektribe/bench/internal/claim/figure"
	"github.com/trektribe/bench/internal/gate"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/internal/run/lanes"
	"github.com/trektribe/bench/reports"
	"github.com/trektribe/bench/scenarios"
)

const gateHelp = `Tell whether a build is worse than another, or than before.

Usage: bench gate --against BUILD [flags] [SCENARIO...]
       bench gate --baseline FILE [--update] [flags] [SCENARIO...]
       bench gate --baseline FILE [--update] --run DIR [--arms ARM]

With --against both builds are played in the same rounds, as bench compare does it.
A claim that is refuted and was not is an alarm, and so is a figure that is worse: on
fresh rounds, beyond chance and beyond the effect. That sees small changes.

With --baseline the build is played alone. Its verdicts are held against those that were
decided last, and its figures against all stored runs of this machine and plan.
That sees large changes only, and says how large. With --run nothing is played: a saved
run is held against the baseline, or one arm of it.

Flags:
  --against BUILD    git:REVISION, a command, a URL, or a policy: as A of bench compare
  --baseline FILE    a file that --update wrote, the folder of one, or a run's folder
  --update           write the run into FILE, and say what that changes
  --run DIR          a saved run, instead of playing one
  --target-cmd CMD   the build that is judged (default: the reference service, hardened)
  --arms POLICY      the policy of the reference service that is judged, or
                     POLICY+MUTANT
  --rounds N         rounds of each named scenario in the first pass (default 10)
  --effect P         the difference that matters (default 5%)
  --build CMD, --redis, --contract, --env, --env-file, --target-url, --instances,
  --allow-host, --ready-in, --profile, --seed, --out   as of bench compare

Without SCENARIO the gate plays what takes it at most five minutes: trips, redis-outage,
limit-exact and bookings. What it finds is also in the run's folder, for programs and
for the summary of a CI job: compare.json and compare.md, or gate.json and gate.md.

Exit: 0 pass, 1 alarm, 2 could not run, 3 undecided or no baseline, 130 interrupted.

Examples:
  bench gate --against git:origin/main
  bench gate --against 'dist/last/server' --target-cmd 'build/server' trips
  bench gate --baseline ci/baseline.json --update
  bench gate --baseline ci/baseline.json
  bench gate --baseline ci/baseline.json --run reports/out/latest --arms hardened
`

// gateRounds are the scenarios of a gate without names, and their rounds in the first pass: most for the figures, and few
// for what is counted, where one round shows a defect.
var gateRounds = []struct {
	scenario string
	rounds   int
}{{"trips", 12}, {"redis-outage", 4}, {"limit-exact", 3}, {"bookings", 3}}

func runGate(ctx context.Context, args []string, out, errw io.Writer) int {
	f := newComparison("gate")
	against := f.set.String("against", "", "")
	baseline := f.set.String("baseline", "", "")
	update := f.set.Bool("update", false, "")
	saved := f.set.String("run", "", "")
	names, err := parse(f.set, gateHelp, args, out)
	if err != nil {
		return stopped(err, errw)
	}
	var errs []error
	if *against != "" && *baseline != "" {
		errs = append(errs, errors.New("--against and --baseline exclude one another"))
	}
	if *update && *baseline == "" {
		errs = append(errs, errors.New("--update needs --baseline FILE"))
	}
	if *saved != "" && (*baseline == "" || len(names) > 0) {
		errs = append(errs, errors.New("--run is a run that was played: it needs --baseline FILE, and no scenario"))
	}
	rounds := map[string]int{}
	played := names
	if len(names) == 0 {
		for _, r := range gateRounds {
			played = append(played, r.scenario)
			rounds[r.scenario] = r.rounds
		}
	}
	all, err := f.scenarios(played)
	for _, s := range all {
		if len(names) > 0 || given(f.set, "rounds") {
			rounds[s.Name] = f.rounds
		}
	}
	candidate, candidateErr := f.candidate()
	if err := errors.Join(append(errs, err, candidateErr)...); err != nil {
		return cannot(errw, err)
	}
	switch {
	case *against != "":
		return f.play(ctx, [2]string{*against, candidate}, names, all, rounds, out, errw)
	case *baseline == "":
		fmt.Fprintln(errw, "bench: no baseline: name a build with --against, or a file with --baseline, which --update writes")
		return exitUndecided
	}
	stored, err := gate.ReadBaseline(ctx, *baseline)
	none := errors.Is(err, gate.ErrNoBaseline)
	if err != nil && !(none && *update) {
		cannot(errw, err)
		if none {
			fmt.Fprintln(errw, "bench: bench gate --baseline FILE --update writes one")
			return exitUndecided
		}
		return exitCannotRun
	}
	dir, arm := *saved, f.runFlags.arms
	if dir == "" {
		var code int
		if dir, code = f.alone(ctx, candidate, all, rounds, errw); code != exitHolds {
			return code
		}
		arm = gate.B
	}
	now, err := gate.Store(ctx, dir, arm)
	if err != nil {
		return cannot(errw, err)
	}
	if *update {
		return written(stored, now, *baseline, out, errw)
	}
	held := stored.Hold(now, dir, float64(f.effect))
	if err := errors.Join(held.Save(), held.Text(out)); err != nil {
		return cannot(errw, err)
	}
	return outcomeCode(held.Outcome)
}

// candidate is the build that is judged.
func (f *comparison) candidate() (string, error) {
	given := 0
	for _, text := range append([]string{f.runFlags.arms, f.command}, f.urls...) {
		if text != "" {
			given++
		}
	}
	switch {
	case given > 1:
		return "", errors.New("one build is judged: give --target-cmd, --arms or --target-url, once")
	case len(f.urls) > 0:
		return f.urls[0], nil
	}
	return cmp.Or(f.command, f.runFlags.arms, "hardened"), nil
}

// alone plays the build alone; it is arm B of the saved run. The code is exitHolds where it was played.
func (f *comparison) alone(ctx context.Context, candidate string, all []*scenarios.Scenario, rounds map[string]int, errw io.Writer) (dir string, code int) {
	tty, width := terminal(errw)
	progress := reports.NewProgress(errw, tty, width)
	defer progress.Close()
	o, err := f.options(nil, all)
	if err != nil {
		return "", cannot(errw, err)
	}
	o.Progress, o.All = progress, true
	o.Scenarios = gate.WithRounds(all, rounds)
	arms, _, _, err := f.arms(ctx, [2]string{"hardened", candidate}, &lab.Spec{}, progress.Say)
	if len(f.urls) > 0 { // the other build is none
		arms, err, o.Lab.URLs = []lab.ArmSpec{{}, {Name: gate.B}}, nil, f.urls
	}
	if err != nil {
		return "", cannot(errw, err)
	}
	o.Lab.Arms = arms[1:]
	_, most := lanes.Of(o.Scenarios, o.Lab).Takes(o.Scenarios)
	progress.Say("this takes " + reports.Span(most))
	outcome, err := run.Run(ctx, o)
	progress.Close()
	if ctx.Err() != nil {
		return "", exitInterrupted
	}
	if err != nil {
		return "", cannot(errw, err)
	}
	return outcome.Dir, exitHolds
}

// written adds a run to a baseline and says what that changes.
func written(stored *gate.Baseline, now gate.Stored, path string, out, errw io.Writer) int {
	if filepath.Ext(path) != ".json" {
		path = filepath.Join(path, gate.BaselineName)
	}
	if len(now.Verdicts) == 0 {
		return cannot(errw, fmt.Errorf("%s: nothing was judged that it could keep", path))
	}
	if stored != nil {
		if err := stored.Takes(now); err != nil {
			return cannot(errw, fmt.Errorf("%s: %w", path, err))
		}
	}
	next, changes := stored.Add(now)
	if err := next.Write(path); err != nil {
		return cannot(errw, err)
	}
	if stored != nil && len(changes) > 0 {
		fmt.Fprintln(out, "against the last stored run:")
	}
	for _, c := range changes {
		fmt.Fprintln(out, "  "+c)
	}
	fmt.Fprintf(out, "%s has %s\n", path, figure.Count(len(next.Runs), "runs"))
	return exitHolds
}
