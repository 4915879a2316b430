package run

import (
	"cmp"
	"context"
	"errors"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/inspect"
	"github.com/trektribe/bench/internal/lab"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/traffic"
	"github.com/trektribe/bench/scenarios"
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
	var heard *listener
	if len(o.Lab.URLs) == 0 { // a proxy of bench's own stands before Redis
		heard = newListener(clock)
		spec.Wire = heard.hear
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
		i := &inspector{clock: clock, arm: a.Name, own: o.filled, seed: mix(o.Seed, "inspection"), probes: probesOf(o.Scenarios, o.filled),
			target: load.Target{Instance: a.Instances[0].Name, URL: a.Instances[0].URL}, heard: heard}
		if err := i.login(ctx); err != nil {
			return nil, err
		}
		i.rest(ctx)
		i.ask(ctx)
		if heard != nil { // and its limit is over before the first round
			i.askMore(ctx)
			i.listened()
			i.askMuch(ctx)
		}
		i.askAgain(ctx)
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		t := i.table()
		if i.wire != nil {
			t.Listen(*i.wire)
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

// A probe is one call to ask.
type probe struct {
	inspect.Call
	socket  bool
	timeout time.Duration
	keys    traffic.Keys // that streams ask for, at most
	asked   []string     // keys that it was asked for
}

// probesOf are the different calls of the scenarios' traffic, each once, and what the contract has beside
// them: /health, /metrics, and the listings of keys.
func probesOf(all []*scenarios.Scenario, own *contract.Contract) []*probe {
	var out []*probe
	add := func(c traffic.Call, socket bool, timeout time.Duration, keys traffic.Keys) {
		key := inspect.Key(c)
		i := slices.IndexFunc(out, func(p *probe) bool { return inspect.Key(p.Call.Call) == key })
		if i < 0 {
			i = len(out)
			out = append(out, &probe{Call: inspect.Call{Call: c}, socket: socket})
		}
		out[i].timeout = max(out[i].timeout, timeout)
		if keys.N > out[i].keys.N {
			out[i].keys = keys
		}
	}
	beside := func(path string) {
		if _, err := own.Speak(traffic.Call{Method: http.MethodGet, Path: path}); err != nil {
			return
		}
		add(traffic.Call{Method: http.MethodGet, Path: path}, false, 2*time.Second, traffic.Keys{})
	}
	beside("/health")
	beside("/metrics")
	for _, s := range all {
		for _, t := range spokenStreams(own, s) {
			for _, c := range t.Calls() {
				if listing := (traffic.Call{Method: http.MethodGet, Path: inspect.Parent(c)}); lists(own, listing) {
					beside(listing.Path)
				}
				c.Keep, c.Retry = nil, 0
				add(c, t.Type == traffic.Sockets, t.Timeout, own.Keys(t.Stream))
			}
		}
	}
	return out
}

// lists reports whether the answer to a call is a listing of what has ids.
func lists(own *contract.Contract, c traffic.Call) bool {
	spoken, err := own.Speak(c)
	return err == nil && spoken.Items != "" && spoken.ID != ""
}
