package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/run"
	"github.com/trektribe/bench/reports"
)

const runHelp = `Run scenarios and judge their claims.

Usage: bench run [flags] [SCENARIO...]

A SCENARIO is a name or a group from 'bench list', or the path of a YAML file.
Without one, the usual scenarios run: two minutes. 'all' runs the whole library.
Everything runs on loopback and is taken down again. Results go to stdout. They
are also saved in the folder of the run, with everything that was observed.

Flags:
  --arms LIST        targets to compare side by side: POLICY or POLICY+MUTANT
                     (default documented,hardened)
  --profile NAME     quick: the fewest rounds, judged once. standard: as it stands.
                     nightly: beside that, real times to live (docs/ci.md)
  --budget D         refuse what may take longer (default: 15m for quick, 30m for
                     standard, 90m for nightly, and no limit without a profile)
  --redis WHICH      embedded, server (redis-server from PATH), container (of an image
                     from 'make images'), sentinel (docs/scale-and-failover.md) or a
                     redis:// URL of an empty database (default embedded)
  --stack compose    run our own service as docker-compose.chaos.yml has it: in the
                     folder of bench, with images from 'make images' (docs/stack.md)
  --compose FILE     run your own compose file: its Redis, your service, and what that
                     needs, in containers of their own, of which nothing is left
  --target-cmd CMD   start CMD and test that service. Its environment has PORT,
                     INSTANCE, REDIS_URL, ... {port} and {redis} in CMD become the
                     instance's port and its Redis URL
  --contract FILE    how the service speaks, where its paths and answers are not those
                     of the trip API; 'bench init' writes one. What it does not map is
                     not asked, and leaves the claims that need it undecided
  --env NAME=VALUE   a further variable of its environment, which has yours too; may
                     be repeated. Where the name says that the value is secret (PASS,
                     SECRET, TOKEN, KEY, ...), nothing shows it
  --env-file FILE    the same from a file of such lines
  --target-url URL   test a service that already runs; repeat it for each instance.
                     There are no restarts, and faults need --toxiproxy
  --toxiproxy URL[/PROXY]
                     put faults on the path to Redis through your own toxiproxy,
                     which the service uses. One for each instance: URL/A,URL/B.
                     It is left as it was found, also after kill -9
  --alerts URL       read the alerts of this Prometheus, once a second, in scenarios with
                     faults: for claims such as time_to_fire(RedisDown) <= 40s
  --instances N      instances of each arm (default: as in the scenario)
  --allow-host HOST  allow a host that is not loopback; may be repeated
  --ready-in D       how long an instance may take to get ready (default 15s)
  --seed N           the same seed sends the same requests (default: random, and printed)
  --engine WHICH     what sends the traffic: loop, or workers or net/http to compare
                     with (default loop, which needs Linux; workers elsewhere)
  --out DIR          where the run's folder is made (default reports/out)
  --format LIST      further reports in the run's folder, for programs of others:
{formats}
  --report-only      exit 0 once judged, whatever the verdicts
  --wide             also the interval and n of each figure, and all conditions
  --no-color         no colour, also on a terminal; so does NO_COLOR

Exit: 0 all hold, 1 refuted, 2 could not run, 3 undecided, 130 interrupted and
judged on what was seen. When the policies documented and hardened run side by
side, hardened decides the code.

Examples:
  bench run
  bench run fallback
  bench run all --profile nightly
  bench run redis-outage --arms hardened --redis server
  bench run --target-cmd 'node server.js' --instances 2 redis-blackhole
  bench run --target-cmd 'server --listen :{port} --cache {redis}' --env-file .env redis-outage
  bench run --target-cmd 'node shop.js' --contract shop.yaml redis-outage
  bench run --stack compose trips redis-outage
  bench run --compose docker-compose.yml redis-outage
  bench run --target-url http://127.0.0.1:4000 --toxiproxy http://127.0.0.1:8474/redis redis-outage
`

func runRun(ctx context.Context, args []string, out, errw io.Writer) int {
	flags, names, err := parseRunFlags(args, out)
	if err != nil {
		return stopped(err, errw)
	}
	options, err := flags.options(names)
	if err != nil {
		return cannot(errw, err)
	}

	tty, width := terminal(errw)
	progress := reports.NewProgress(errw, tty, width)
	defer progress.Close()
	options.Progress = progress
	options.Scenarios = fitting(options.Scenarios, names, max(flags.instances, len(flags.urls)), progress.Say)
	options.Scenarios = doable(options.Scenarios, names, options.Lab, progress.Say)
	if len(options.Scenarios) == 0 {
		progress.Close()
		return cannot(errw, errors.New("no scenario is left"))
	}
	if len(options.Lab.Command) > 0 {
		if names := lab.Withheld(options.Lab.Env); len(names) > 0 {
			progress.Say(fmt.Sprintf("%s of your environment stays out of the service's: give what it needs with --env", strings.Join(names, ", ")))
		}
	}
	says, err := howLong(options.Scenarios, options.Lab, flags.profile, flags.budget)
	if err != nil {
		progress.Close()
		return cannot(errw, err)
	}
	for _, line := range says {
		progress.Say(line)
	}
	outcome, err := run.Run(ctx, options)
	progress.Close()

	failed := err != nil && !errors.Is(err, context.Canceled)
	if failed {
		cannot(errw, err)
		if outcome.Results == nil {
			return exitCannotRun
		}
		fmt.Fprintf(errw, "bench: what was observed until then is in %s and judged:\n", outcome.Dir)
	}
	if err := reports.Table(out, outcome.Report, style(out, flags.noColor, flags.wide)); err != nil {
		return cannot(errw, err)
	}
	switch {
	case failed:
		return exitCannotRun
	case ctx.Err() != nil:
		return exitInterrupted
	case flags.reportOnly:
		return exitHolds
	}
	return exitCode(outcome.Results)
}
