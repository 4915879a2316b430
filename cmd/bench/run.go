package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"golang.org/x/term"

	"github.com/trektribe/bench/internal/claim"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/reports"
	"github.com/trektribe/bench/scenarios"
)

const runHelp = `Run scenarios and judge their claims.

Usage: bench run [flags] [SCENARIO...]

A SCENARIO is a name from 'bench list', the name of a group of them, or a path to
a YAML file; none means the usual ones, two minutes of them, and all means
the whole library. Everything runs on loopback and is taken down again.
Results go to stdout and, with everything that was observed, to a folder of their own.

Flags:
  --arms LIST        targets to compare, run side by side: POLICY or POLICY+MUTANT
                     (default documented,hardened)
  --profile NAME     nightly: real times to live, where a scenario has them; takes
                     long, and how long is said before it starts
  --redis WHICH      embedded, server (redis-server from PATH) or a redis:// URL
                     of an empty database (default embedded)
  --target-cmd CMD   test the service that CMD starts instead of our own; it is
                     given PORT, INSTANCE, REDIS_URL, ... in its environment
  --target-url URL   test a service that already runs; may be repeated, one URL
                     an instance. Faults and restarts are then not available, but for
  --toxiproxy URL[/PROXY]
                     faults on the path to Redis through a toxiproxy that you run and
                     that the service uses; for each instance its own: URL/A,URL/B.
                     It is left as it was found, also after kill -9
  --instances N      instances of each arm (default: what the scenario says)
  --allow-host HOST  allow a host that is not loopback; may be repeated
  --ready-in D       how long an instance may take to get ready (default 15s)
  --seed N           the same seed sends the same requests (default: random, and printed)
  --out DIR          where the run's folder is made (default reports/out)
  --report-only      exit 0 once judged, whatever the verdicts
  --no-color         no colour, also on a terminal (as does NO_COLOR)

Exit: 0 all hold, 1 refuted, 2 could not run, 3 undecided, 130 interrupted and
judged on what was seen. Where the policies documented and hardened run side by
side, hardened decides and documented is shown.

Examples:
  bench run
  bench run fallback
  bench run cache --profile nightly
  bench run redis-outage --arms hardened --redis server
  bench run --target-cmd 'node server.js' --instances 2 redis-blackhole
  bench run --target-url http://127.0.0.1:4000 --toxiproxy http://127.0.0.1:8474/redis redis-outage
`

func runRun(ctx context.Context, args []string, out, errw io.Writer) int {
	fs := flag.NewFlagSet("run", flag.ContinueOnError)
	arms := fs.String("arms", "", "")
	profile := fs.String("profile", "", "")
	redis := fs.String("redis", "embedded", "")
	command := fs.String("target-cmd", "", "")
	var urls, hosts, toxi list
	fs.Var(&urls, "target-url", "")
	fs.Var(&hosts, "allow-host", "")
	fs.Var(&toxi, "toxiproxy", "")
	instances := fs.Int("instances", 0, "")
	ready := fs.Duration("ready-in", 15*time.Second, "")
	seed := fs.Uint64("seed", 0, "")
	dir := fs.String("out", "reports/out", "")
	reportOnly := fs.Bool("report-only", false, "")
	noColor := fs.Bool("no-color", false, "")
	names, err := parse(fs, runHelp, args, out)
	if err != nil {
		return stopped(err, errw)
	}

	o := run.Options{Name: "bench", Instances: *instances, Seed: *seed, Out: *dir}
	if !given(fs, "seed") {
		o.Seed = uint64(rand.Uint32())
	}
	if given(fs, "instances") && (*instances < 1 || *instances > 16) {
		return cannot(errw, fmt.Errorf("--instances %d: want 1 to 16", *instances))
	}
	if *ready <= 0 {
		return cannot(errw, fmt.Errorf("--ready-in %v: want more than 0", *ready))
	}
	words, cmdErr := splitWords(*command)
	if given(fs, "target-cmd") && cmdErr == nil && len(words) == 0 {
		cmdErr = errors.New("the command is empty")
	}
	if cmdErr != nil {
		cmdErr = fmt.Errorf("--target-cmd: %w", cmdErr)
	}
	foreign := len(words) > 0 || len(urls) > 0
	specs, armErr := parseArms(*arms, foreign)
	var both error
	if len(words) > 0 && len(urls) > 0 {
		both = errors.New("--target-cmd and --target-url exclude one another")
	}
	if len(toxi) > 0 && len(urls) == 0 {
		both = errors.Join(both, errors.New("--toxiproxy is for a service that already runs (--target-url): what bench starts has proxies of its own"))
	}
	var scErr error
	wanted := names
	if len(wanted) == 0 {
		wanted = scenarios.Usual()
	}
	if o.Scenarios, scErr = loadAll(wanted, *profile); scErr == nil && len(names) == 1 {
		o.Name = o.Scenarios[0].Name
		if len(o.Scenarios) > 1 {
			o.Name = names[0]
		}
	}
	if err := errors.Join(cmdErr, armErr, both, scErr); err != nil {
		return cannot(errw, err)
	}
	o.Lab = lab.Spec{Arms: specs, Redis: *redis, Command: words, URLs: urls, Toxiproxy: commas(toxi), AllowHosts: hosts, ReadyIn: *ready}

	tty, width := terminal(errw)
	progress := reports.NewProgress(errw, tty, width)
	defer progress.Close()
	o.Progress = progress
	if o.Scenarios = fitting(o.Scenarios, names, max(*instances, len(urls)), progress.Say); len(o.Scenarios) == 0 {
		progress.Close()
		return cannot(errw, errors.New("no scenario is left"))
	}
	progress.Say(forecast(o.Scenarios))
	outcome, err := run.Run(ctx, o)
	progress.Close()
	failed := err != nil && !errors.Is(err, context.Canceled)
	if failed {
		cannot(errw, err)
		if outcome.Results == nil {
			return exitCannotRun
		}
		fmt.Fprintf(errw, "bench: what was observed until then is in %s and judged:\n", outcome.Dir)
	}
	if err := reports.Table(out, outcome.Report, style(out, *noColor)); err != nil {
		return cannot(errw, err)
	}
	switch {
	case failed:
		return exitCannotRun
	case ctx.Err() != nil:
		return exitInterrupted
	case *reportOnly:
		return exitHolds
	}
	return exitCode(outcome.Results)
}

// exitCode is the verdict of a run in one number. Where policies run side by
// side, hardened decides.
func exitCode(results []claim.Result) int {
	side := map[string]bool{}
	for _, r := range results {
		side[r.Policy] = true
	}
	code := exitHolds
	if len(results) == 0 {
		code = exitUndecided
	}
	for _, r := range results {
		if side["documented"] && side["hardened"] && r.Policy != "hardened" {
			continue
		}
		switch r.Verdict {
		case claim.Refuted:
			return exitRefuted
		case claim.Holds:
		default:
			code = exitUndecided
		}
	}
	return code
}

// loadAll loads the named scenarios and those of named groups, or the whole
// library, under a profile; empty: as they stand.
func loadAll(names []string, profile string) ([]*scenarios.Scenario, error) {
	if len(names) == 0 {
		names = scenarios.Library()
	}
	var out []*scenarios.Scenario
	var errs []error
	seen := map[string]bool{}
	profiled := false
	for _, n := range names {
		members := scenarios.InGroup(n)
		if len(members) == 0 {
			members = []string{n}
		}
		for _, n := range members {
			s, err := scenarios.LoadProfile(n, profile)
			if err != nil {
				if !slices.ContainsFunc(errs, func(e error) bool { return e.Error() == err.Error() }) {
					errs = append(errs, err)
				}
				continue
			}
			if seen[s.Name] {
				errs = append(errs, fmt.Errorf("scenario %s is named twice", s.Name))
			}
			seen[s.Name] = true
			profiled = profiled || s.Profile != ""
			out = append(out, s)
		}
	}
	if profile != "" && !profiled && len(errs) == 0 {
		errs = append(errs, fmt.Errorf("none of the scenarios has the profile %s", profile))
	}
	return out, errors.Join(errs...)
}

// fitting leaves out the scenarios that need more than n instances, but for those
// that were named. n below 1 is no limit.
func fitting(all []*scenarios.Scenario, names []string, n int, say func(string)) []*scenarios.Scenario {
	return slices.DeleteFunc(slices.Clone(all), func(s *scenarios.Scenario) bool {
		out := n > 0 && s.Needs() > n && !slices.Contains(names, s.Name) && !slices.Contains(names, s.File)
		if out {
			say(fmt.Sprintf("%s is left out: it needs %d instances, and there are %d", s.Name, s.Needs(), n))
		}
		return out
	})
}

// forecast says how long a run takes.
func forecast(all []*scenarios.Scenario) string {
	var least, most time.Duration
	for _, s := range all {
		l, m := run.Estimate(s)
		least, most = least+l, most+m
	}
	return fmt.Sprintf("this takes %s to %s", reports.Span(least), reports.Span(most))
}

// list is a flag that may be repeated.
type list []string

func (l *list) String() string     { return strings.Join(*l, ",") }
func (l *list) Set(s string) error { *l = append(*l, s); return nil }

// commas splits what was given in one flag.
func commas(all list) (out []string) {
	for _, l := range all {
		for s := range strings.SplitSeq(l, ",") {
			out = append(out, strings.TrimSpace(s))
		}
	}
	return out
}

// given reports whether the user set a flag.
func given(fs *flag.FlagSet, name string) bool {
	found := false
	fs.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

// terminal says whether w is a terminal, and how wide.
func terminal(w io.Writer) (tty bool, width int) {
	f, ok := w.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return false, 0
	}
	width, _, _ = term.GetSize(int(f.Fd())) // 0 where it will not say
	return true, width
}

// style is how a report is shown on w. COLUMNS is honoured where w is no terminal.
func style(w io.Writer, noColor bool) reports.Style {
	tty, width := terminal(w)
	if c, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && !tty && c > 0 {
		width = c
	}
	return reports.Style{Color: tty && !noColor && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb", Width: width}
}
