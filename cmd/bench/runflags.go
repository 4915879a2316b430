package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/alerts"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/reports"
	"github.com/trektribe/bench/scenarios"
)

// runFlags are the flags of bench run; runHelp says what each is.
type runFlags struct {
	set *flag.FlagSet // which of them were given

	arms, profile, redis, command, out, contract, stack, compose, engine, alerts string
	urls, hosts, toxiproxies, formats                                            list
	env, envFiles                                                                list
	instances                                                                    int
	readyIn, budget                                                              time.Duration
	seed                                                                         uint64
	reportOnly, wide, noColor                                                    bool
}

// parseRunFlags reads the flags, and the names of scenarios that stand between them.
func parseRunFlags(args []string, out io.Writer) (f runFlags, names []string, err error) {
	f.set = flag.NewFlagSet("run", flag.ContinueOnError)
	f.defineTarget()
	f.set.StringVar(&f.profile, "profile", "", "")
	f.set.DurationVar(&f.budget, "budget", 0, "")
	f.set.StringVar(&f.alerts, "alerts", "", "")
	f.set.Var(&f.toxiproxies, "toxiproxy", "")
	f.set.IntVar(&f.instances, "instances", 0, "")
	f.set.Uint64Var(&f.seed, "seed", 0, "")
	f.set.StringVar(&f.engine, "engine", string(load.Loop), "")
	f.set.StringVar(&f.out, "out", "reports/out", "")
	f.set.Var(&f.formats, "format", "")
	f.set.BoolVar(&f.reportOnly, "report-only", false, "")
	f.set.BoolVar(&f.wide, "wide", false, "")
	f.set.BoolVar(&f.noColor, "no-color", false, "")
	names, err = parse(f.set, strings.Replace(runHelp, "{formats}", formatsHelp(reports.OnDemand()), 1), args, out)
	return f, names, err
}

// defineTarget defines the flags that say what is tested.
func (f *runFlags) defineTarget() {
	f.set.StringVar(&f.arms, "arms", "", "")
	f.set.StringVar(&f.redis, "redis", "embedded", "")
	f.set.StringVar(&f.command, "target-cmd", "", "")
	f.set.StringVar(&f.stack, "stack", "", "")
	f.set.StringVar(&f.compose, "compose", "", "")
	f.set.StringVar(&f.contract, "contract", "", "")
	f.set.Var(&f.env, "env", "")
	f.set.Var(&f.envFiles, "env-file", "")
	f.set.Var(&f.urls, "target-url", "")
	f.set.Var(&f.hosts, "allow-host", "")
	f.set.DurationVar(&f.readyIn, "ready-in", 15*time.Second, "")
}

// options turns the flags and the names into what to run. The error is everything that is wrong with them.
func (f runFlags) options(names []string) (run.Options, error) {
	spec, specErr := f.spec()
	all, scenariosErr := f.scenarios(names)
	own, contractErr := readContract(f.contract)
	formats, formatsErr := formatsNamed(f.formats)
	var engineErr error
	if !slices.Contains(load.Engines, load.Engine(f.engine)) {
		engineErr = fmt.Errorf("--engine %s: want loop, workers or net/http", f.engine)
	}
	prometheus, alertsErr := f.prometheus()
	if err := errors.Join(specErr, scenariosErr, contractErr, formatsErr, engineErr, alertsErr, overridden(spec.Env, all)); err != nil {
		return run.Options{}, err
	}
	o := run.Options{Name: runName(all, names), Scenarios: all, Lab: spec, Instances: f.instances, Seed: f.seed, Engine: load.Engine(f.engine), Out: f.out, Formats: formats, Contract: own, Alerts: prometheus}
	if !given(f.set, "seed") {
		o.Seed = uint64(rand.Uint32())
	}
	return o, nil
}

// prometheus is the one whose alerts are read; nil: none.
func (f runFlags) prometheus() (*alerts.Prometheus, error) {
	if f.alerts == "" {
		return nil, nil
	}
	p, err := alerts.At(f.alerts)
	if err == nil {
		err = lab.CheckHost(f.alerts, f.hosts)
	}
	if err != nil {
		return nil, fmt.Errorf("--alerts: %w", err)
	}
	return p, nil
}

// spec is the lab that the flags ask for.
func (f runFlags) spec() (lab.Spec, error) {
	var errs []error
	if given(f.set, "instances") && (f.instances < 1 || f.instances > 16) {
		errs = append(errs, fmt.Errorf("--instances %d: want 1 to 16", f.instances))
	}
	if f.budget < 0 {
		errs = append(errs, fmt.Errorf("--budget %v: want 0 or more", f.budget))
	}
	if f.readyIn <= 0 {
		errs = append(errs, fmt.Errorf("--ready-in %v: want more than 0", f.readyIn))
	}
	command, err := splitWords(f.command)
	if given(f.set, "target-cmd") && err == nil && len(command) == 0 {
		err = errors.New("the command is empty")
	}
	if err != nil {
		errs = append(errs, fmt.Errorf("--target-cmd: %w", err))
	}
	composed, redis, err := f.composed()
	errs = append(errs, err)
	arms, err := parseArms(f.arms, len(command) > 0 || len(f.urls) > 0 || f.compose != "")
	errs = append(errs, err)
	if len(command) > 0 && len(f.urls) > 0 {
		errs = append(errs, errors.New("--target-cmd and --target-url exclude one another"))
	}
	if len(f.toxiproxies) > 0 && len(f.urls) == 0 {
		errs = append(errs, errors.New("--toxiproxy needs --target-url: a service that bench starts has bench's own proxies"))
	}
	env, err := f.environment()
	errs = append(errs, err)
	return lab.Spec{Arms: arms, Env: env, Redis: redis, Compose: composed, Command: command, URLs: f.urls, Toxiproxy: commas(f.toxiproxies), AllowHosts: f.hosts, ReadyIn: f.readyIn},
		errors.Join(errs...)
}

// composed is the compose file that is asked for, and the Redis.
func (f runFlags) composed() (file, redis string, err error) {
	switch {
	case f.stack == "" && f.compose == "":
		return "", f.redis, nil
	case f.stack != "" && f.compose != "":
		err = errors.New("--stack and --compose exclude one another")
	case f.stack != "" && f.stack != "compose":
		err = fmt.Errorf("--stack %s: there is compose", f.stack)
	case given(f.set, "redis"):
		err = errors.New("--redis: the compose file says which Redis it is; leave it out")
	}
	if f.compose != "" {
		return f.compose, "compose", err
	}
	return lab.OwnStack, "compose", err
}

// scenarios are those of the names, or the usual ones.
func (f runFlags) scenarios(names []string) ([]*scenarios.Scenario, error) {
	if len(names) == 0 {
		names = scenarios.Usual()
	}
	return loadAll(names, f.profile)
}

// runName names the run's folder: after its scenario, or after the group that alone was named.
func runName(all []*scenarios.Scenario, names []string) string {
	switch {
	case len(names) != 1:
		return "bench"
	case len(all) > 1:
		return names[0]
	}
	return all[0].Name
}
