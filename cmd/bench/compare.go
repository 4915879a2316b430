package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/trektribe/bench/internal/gate"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/redact"
	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/internal/run/lanes"
	"github.com/trektribe/bench/reports"
	"github.com/trektribe/bench/scenarios"
)

const compareHelp = `Compare two builds in the same rounds, side by side on this machine.

Usage: bench compare [flags] A B [SCENARIO...]

A and B are each one of:
  hardened, documented, hardened+MUTANT   a policy of the reference service
  git:REVISION     a revision of the repository here, built in a directory of its
                   own, which is removed afterwards
  http://HOST:PORT a service that already runs; then A and B both are
  anything else    a command line, such as './server --port {port}'

Each comparison of each claim is a figure, and so are the times of each stream, the
processor's time of a request, and the memory. A first pass finds suspects. Fresh
rounds alone decide whether they differ: the interval has no zero in it, and the
difference is beyond the effect. The same means that the whole interval is within.

Flags:
  --rounds N         rounds of each scenario in the first pass (default 10). Half as
                     many more are played of the scenarios with a suspect
  --effect P         the difference that matters (default 5%)
  --target-cmd CMD   how a git:REVISION is started, within its directory. Without it
                     it is the reference service, with the policy hardened
  --build CMD        how it is built, by a shell there (default for the reference
                     service: go build)
  --redis, --contract, --env, --env-file, --instances, --allow-host, --ready-in,
  --profile, --seed, --out   as of bench run

compare.json and compare.md are in the run's folder.

Exit: 0 B is not worse, 1 it is, 2 could not run, 3 undecided, 130 interrupted.

Examples:
  bench compare documented hardened trips
  bench compare git:v1.2 hardened redis-outage
  bench compare 'node old/server.js' 'node server.js' --rounds 20 trips
`

func runCompare(ctx context.Context, args []string, out, errw io.Writer) int {
	f := newComparison("compare")
	rest, err := parse(f.set, compareHelp, args, out)
	if err == nil && len(rest) < 2 {
		err = errors.New("compare takes two builds, and scenarios after them; see bench compare --help")
	}
	if err != nil {
		return stopped(err, errw)
	}
	names := rest[2:]
	rounds := map[string]int{}
	all, err := f.scenarios(names)
	for _, s := range all {
		rounds[s.Name] = f.rounds
	}
	if err != nil {
		return cannot(errw, err)
	}
	return f.play(ctx, [2]string{rest[0], rest[1]}, names, all, rounds, out, errw)
}

// A comparison is the flags of compare and gate.
type comparison struct {
	runFlags
	rounds int
	effect percentage
	build  string
}

func newComparison(name string) *comparison {
	f := &comparison{effect: 0.05}
	f.set = flag.NewFlagSet(name, flag.ContinueOnError)
	f.defineTarget()
	f.set.StringVar(&f.profile, "profile", "", "")
	f.set.IntVar(&f.instances, "instances", 0, "")
	f.set.Uint64Var(&f.seed, "seed", 0, "")
	f.set.StringVar(&f.out, "out", "reports/out", "")
	f.set.IntVar(&f.rounds, "rounds", 10, "")
	f.set.Var(&f.effect, "effect", "")
	f.set.StringVar(&f.build, "build", "", "")
	return f
}

// play compares two builds, prints what it finds, and returns the exit code.
func (f *comparison) play(ctx context.Context, builds [2]string, names []string, all []*scenarios.Scenario, rounds map[string]int, out, errw io.Writer) int {
	tty, width := terminal(errw)
	progress := reports.NewProgress(errw, tty, width)
	defer progress.Close()
	o, err := f.options(names, all)
	if err != nil {
		return cannot(errw, err)
	}
	o.Progress = progress
	arms, shown, closers, err := f.arms(ctx, builds, &o.Lab, progress.Say)
	defer func() {
		for _, c := range closers {
			if err := c.Close(); err != nil {
				cannot(errw, err)
			}
		}
	}()
	if ctx.Err() != nil {
		return exitInterrupted
	}
	if err != nil {
		progress.Close()
		return cannot(errw, err)
	}
	o.Lab.Arms = arms
	o.Scenarios = doable(o.Scenarios, names, o.Lab, progress.Say)
	if len(o.Scenarios) == 0 {
		progress.Close()
		return cannot(errw, errors.New("no scenario is left"))
	}
	progress.Say(howLongCompared(o.Scenarios, rounds))
	report, err := gate.Play(ctx, gate.Options{Run: o, Builds: shown, Effect: float64(f.effect), Rounds: rounds})
	progress.Close()
	if report == nil {
		if ctx.Err() != nil {
			return exitInterrupted
		}
		return cannot(errw, err)
	}
	if err := report.Text(out); err != nil {
		return cannot(errw, err)
	}
	if ctx.Err() != nil {
		return exitInterrupted
	}
	return outcomeCode(report.Outcome)
}

// outcomeCode is the exit code of a gate's outcome.
func outcomeCode(outcome string) int {
	switch outcome {
	case "pass":
		return exitHolds
	case "alarm":
		return exitRefuted
	}
	return exitUndecided
}

// options are those of the run, without its arms.
func (f *comparison) options(names []string, all []*scenarios.Scenario) (run.Options, error) {
	var errs []error
	if f.rounds < 1 || f.rounds > 1000 {
		errs = append(errs, fmt.Errorf("--rounds %d: want 1 to 1000", f.rounds))
	}
	env, envErr := f.environment()
	own, contractErr := readContract(f.contract)
	errs = append(errs, envErr, contractErr, overridden(env, all))
	if given(f.set, "instances") && (f.instances < 1 || f.instances > 16) {
		errs = append(errs, fmt.Errorf("--instances %d: want 1 to 16", f.instances))
	}
	o := run.Options{Name: f.set.Name(), Scenarios: all, Instances: f.instances, Seed: f.seed, Out: f.out, Contract: own,
		Lab: lab.Spec{Env: env, Redis: f.redis, AllowHosts: f.hosts, ReadyIn: f.readyIn}}
	if !given(f.set, "seed") {
		o.Seed = uint64(rand.Uint32())
	}
	return o, errors.Join(errs...)
}

// arms are the two builds, ready to be started, and how they are shown; closers remove what was made for them.
func (f *comparison) arms(ctx context.Context, builds [2]string, spec *lab.Spec, say func(string)) (arms []lab.ArmSpec, shown [2]string, closers []io.Closer, err error) {
	urls := 0
	for i, text := range builds {
		arm := lab.ArmSpec{Name: []string{gate.A, gate.B}[i]}
		shown[i] = redact.Text(text)
		revision, isRevision := strings.CutPrefix(text, "git:")
		policy, _, _ := strings.Cut(text, "+")
		switch {
		case isRevision:
			c, err := f.checkOut(ctx, revision, &arm, say)
			if c != nil {
				closers = append(closers, c)
				shown[i] += " (" + c.Revision[:12] + ")"
			}
			if err != nil {
				return nil, shown, closers, err
			}
		case strings.HasPrefix(text, "http://"), strings.HasPrefix(text, "https://"):
			urls++
			spec.URLs = append(spec.URLs, strings.TrimRight(text, "/"))
		case slices.Contains(policies, policy):
			own, err := parseArms(text, false)
			if err != nil {
				return nil, shown, closers, err
			}
			arm.Policy, arm.Mutant = own[0].Policy, own[0].Mutant
		default:
			if arm.Command, err = splitWords(text); err == nil && len(arm.Command) == 0 {
				err = errors.New("a build is a policy, git:REVISION, a URL or a command, and not empty")
			}
			if err != nil {
				return nil, shown, closers, err
			}
		}
		arms = append(arms, arm)
	}
	if urls == 1 {
		return nil, shown, closers, errors.New("a service that already runs is compared only with another that does: bench cannot start it afresh beside one that it starts")
	}
	return arms, shown, closers, nil
}

// checkOut makes an arm of a revision.
func (f *comparison) checkOut(ctx context.Context, revision string, arm *lab.ArmSpec, say func(string)) (*gate.Checkout, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	say("git:" + revision + ": checking out")
	c, err := gate.CheckOut(ctx, revision, []string{self})
	if err != nil {
		return c, err
	}
	build := f.build
	if arm.Command, err = splitWords(f.command); err != nil {
		return c, fmt.Errorf("--target-cmd: %w", err)
	}
	arm.Dir = c.Dir
	if len(arm.Command) == 0 {
		if _, err := os.Stat(filepath.Join(c.Dir, "cmd", "bench")); err != nil {
			return c, fmt.Errorf("git:%s is not bench's own repository: say with --target-cmd how the service is started, and with --build how it is built", revision)
		}
		arm.Command, arm.Policy = []string{filepath.Join(c.Dir, "bench-build"), "serve"}, "hardened"
		if build == "" {
			build = "go build -o bench-build ./cmd/bench"
		}
	}
	if build != "" {
		say("git:" + revision + ": building, which may take minutes")
		if err := c.Build(ctx, build); err != nil {
			return c, fmt.Errorf("build git:%s: %w", revision, err)
		}
	}
	return c, nil
}

// howLongCompared says how long both passes take.
func howLongCompared(all []*scenarios.Scenario, rounds map[string]int) string {
	var first, fresh time.Duration
	for _, s := range all {
		c := *s
		c.Rounds.Min, c.Rounds.Max = rounds[s.Name], gate.Confirming(rounds[s.Name])
		one, more := lanes.Estimate(&c)
		first, fresh = first+one, fresh+more
	}
	return fmt.Sprintf("this takes %s to %s", reports.Span(first), reports.Span(first+fresh))
}

// A percentage is a flag such as 5% or 0.05.
type percentage float64

func (p *percentage) String() string { return strconv.FormatFloat(100*float64(*p), 'g', 3, 64) + "%" }

func (p *percentage) Set(text string) error {
	number, isPercent := strings.CutSuffix(text, "%")
	x, err := strconv.ParseFloat(number, 64)
	if isPercent {
		x /= 100
	}
	if err != nil || !(x > 0 && x < 1) {
		return fmt.Errorf("want a percentage between 0 and 100, such as 5%%")
	}
	*p = percentage(x)
	return nil
}
