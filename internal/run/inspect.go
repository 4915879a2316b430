package run

import (
	"cmp"
	"context"
	"errors"
	"maps"

	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/inspect"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/run/ask"
)

// Inspect is what a run learns of the service before its first round; see ask.
func Inspect(ctx context.Context, o Options, dir string) ([]inspect.Table, error) {
	if err := o.speak(); err != nil {
		return nil, err
	}
	return o.ask(ctx, dir)
}

// ask starts one healthy instance of each arm, or takes the first of those that already run, and
// asks it each call of the scenarios' traffic a few times, one after the other. Logs go to dir.
func (o Options) ask(ctx context.Context, dir string) (tables []inspect.Table, err error) {
	clock := history.NewClock()
	spec := o.Lab
	spec.Instances, spec.Dir, spec.Clock = 1, dir, clock
	spec.Env = unlimited(o)
	in := ask.Instance{Clock: clock, Contract: o.filled, Seed: mix(o.Seed, "inspection"), Scenarios: o.Scenarios}
	if len(o.Lab.URLs) == 0 { // a proxy of bench's own stands before Redis
		in.Heard = ask.NewListener(clock)
		spec.Wire = in.Heard.Hear
	}
	l, err := lab.Open(ctx, spec)
	if err != nil {
		return nil, err
	}
	ctx, release := l.Guard(ctx)
	defer func() {
		release()
		err = errors.Join(cmp.Or(l.Lost(), err), l.Close())
	}()
	if err := l.Fresh(ctx, nil); err != nil {
		return nil, err
	}
	for _, a := range l.Arms() {
		in.Arm, in.Target = a.Name, load.Target{Instance: a.Instances[0].Name, URL: a.Instances[0].URL}
		t, err := in.Table(ctx)
		if err != nil {
			return nil, err
		}
		tables = append(tables, t)
	}
	return tables, nil
}

// unlimited is the environment of the first scenario, without a limit: in a healthy service, what it
// does about those who ask for too much is not what is asked for.
func unlimited(o Options) map[string]string {
	env := maps.Clone(o.Lab.Env)
	if env == nil {
		env = map[string]string{}
	}
	if len(o.Scenarios) > 0 {
		maps.Copy(env, o.Scenarios[0].Target.Env)
		delete(env, "RATE_LIMIT")
		delete(env, "RATE_WINDOW")
	}
	if limit, ok := o.Lab.Env["RATE_LIMIT"]; ok {
		env["RATE_LIMIT"] = limit // the user's own
	}
	return env
}
