package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	account "os/user"
	"regexp"
	"slices"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/trektribe/bench/internal/drill"
	"github.com/trektribe/bench/internal/near"
	"github.com/trektribe/bench/internal/redact"
	"github.com/trektribe/bench/internal/run"
)

// plan is what is to be played, and the plan of it. The error is all that is wrong with them.
func (f drillFlags) plan(names []string) (o run.Options, p *drill.Plan, err error) {
	if len(names) == 0 {
		return o, nil, errors.New("name what to rehearse: bench drill SCENARIO..., such as redis-outage; bench list shows the scenarios, and bench drill --ledger what was never rehearsed")
	}
	if o, err = f.options(names); err != nil {
		return o, nil, err
	}
	p = &drill.Plan{Schema: 1, Question: f.question, By: f.by, Told: slices.Clone(f.tell), HaltURL: redact.Text(f.haltURL), HaltFiles: []string{drill.HaltFile(f.out)},
		Predictions: []drill.Prediction{}, Confirmed: drill.Typed}
	if f.haltFile != "" {
		p.HaltFiles = append(p.HaltFiles, f.haltFile)
	}
	if p.By == "" {
		if u, err := account.Current(); err == nil {
			p.By = u.Username
		}
	}
	leaveOut := func(line string) { p.LeftOut = append(p.LeftOut, line) }
	o.Scenarios = fitting(o.Scenarios, names, max(f.instances, len(f.urls)), leaveOut)
	o.Scenarios = doable(o.Scenarios, names, o.Lab, leaveOut)
	if len(o.Scenarios) == 0 {
		return o, nil, fmt.Errorf("no scenario is left: %s", strings.Join(p.LeftOut, "; "))
	}
	o.Scenarios, err = drill.Prepare(o.Scenarios, len(f.urls) == 0 || len(f.toxiproxies) > 0)
	if err == nil && len(f.hosts) > 0 && len(f.tell) == 0 {
		err = fmt.Errorf("a drill on another host (%s) may touch people who do not know of it: say who was told with --tell", strings.Join(f.hosts, ", "))
	}
	if err != nil {
		return o, nil, err
	}
	if err := p.Read(context.Background(), o.Alerts); err != nil {
		return o, nil, fmt.Errorf("--alerts: %w", err)
	}
	if p.Question == "" {
		var about []string
		for _, s := range o.Scenarios {
			about = append(about, strings.TrimSpace(s.Name+": "+s.About))
		}
		p.Question = strings.Join(about, " ")
	}
	return o, p, f.predictions(p, drill.Episodes(o.Scenarios))
}

// place is what stands before the colon of --expect.
var place = regexp.MustCompile(`^\s*([\w-]+\.)?([\w-]+)\s*:\s*(.+)$`)

// predictions adds those of the scenarios and of the flags to p.
func (f drillFlags) predictions(p *drill.Plan, all []drill.At) error {
	var errs []error
	now := time.Now()
	var phases []string
	for _, at := range all {
		phases = append(phases, at.Phase.Name)
		for _, text := range at.Phase.Expect {
			errs = append(errs, p.Expect(at, text, at.Scenario.File, now))
		}
	}
	for _, e := range f.expect {
		m := place.FindStringSubmatch(e)
		if m == nil {
			errs = append(errs, fmt.Errorf("--expect %q: write PHASE: COMPARISON, such as '%s: availability(all[phase=%s]) >= 99%%'", e, phases[0], phases[0]))
			continue
		}
		found := slices.DeleteFunc(slices.Clone(all), func(at drill.At) bool {
			return at.Phase.Name != m[2] || m[1] != "" && at.Scenario.Name+"." != m[1]
		})
		if len(found) == 0 {
			errs = append(errs, fmt.Errorf("--expect %q: no phase %s%s has a fault%s", e, m[1], m[2], near.Hint(m[2], phases)))
		}
		for _, at := range found {
			errs = append(errs, p.Expect(at, m[3], p.By, now))
		}
	}
	return errors.Join(errs...)
}

// confirm shows the plan, asks for the predictions that lack, and whether to begin. The code is exitHolds where it may.
func (f drillFlags) confirm(ctx context.Context, p *drill.Plan, o run.Options, errw io.Writer) int {
	all := drill.Episodes(o.Scenarios)
	lacking := p.Lacking(all)
	ask := !f.yes && term.IsTerminal(int(os.Stdin.Fd()))
	if !ask && len(lacking) > 0 {
		for _, at := range lacking {
			cannot(errw, fmt.Errorf("nothing is predicted of phase %s of %s (%s): give it an expect in %s, or --expect '%s: availability(all[phase=%s]) >= 99%%'",
				at.Phase.Name, at.Scenario.Name, strings.Join(at.FaultTexts(), ", "), at.Scenario.File, at.Phase.Name, at.Phase.Name))
		}
		return exitCannotRun
	}
	target := drill.Target{Text: run.TargetText(o.Lab), Running: len(f.urls) > 0, Compose: o.Lab.Compose}
	for _, a := range o.Lab.Arms {
		target.Arms = append(target.Arms, a.Name)
	}
	if err := p.Show(errw, o.Scenarios, target); err != nil {
		return cannot(errw, err)
	}
	switch {
	case f.yes:
		p.Confirmed = drill.Unattended
	case !ask:
		return cannot(errw, errors.New("nobody confirms this plan, because stdin is no terminal: nothing was begun; --yes begins without asking"))
	default:
		asker := drill.NewAsker(os.Stdin, errw)
		err := asker.Predictions(ctx, p, lacking)
		yes := false
		if err == nil {
			yes, err = asker.Confirm(ctx)
		}
		switch {
		case ctx.Err() != nil:
			fmt.Fprintln(errw, "\nbench: halted before it began: nothing was touched")
			return exitInterrupted
		case err != nil:
			return cannot(errw, fmt.Errorf("%w: nothing was begun", err))
		case !yes:
			return cannot(errw, errors.New("not confirmed: nothing was begun"))
		}
	}
	p.At = time.Now().UTC()
	return exitHolds
}
