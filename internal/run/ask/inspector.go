// Package ask asks one healthy instance each call of the scenarios' traffic a few times, one
// after the other, and hears what its service says to Redis meanwhile. Out comes a table of
// internal/inspect. It starts nothing and judges nothing.
package ask

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/trektribe/bench/internal/contract"
	"github.com/trektribe/bench/internal/history"
	"github.com/trektribe/bench/internal/inspect"
	"github.com/trektribe/bench/internal/load"
	"github.com/trektribe/bench/internal/traffic"
	"github.com/trektribe/bench/scenarios"
)

const (
	// mostAsked is how often a service is asked in all to see whether it limits one address: more
	// often than the 100 of the document, and of the examples of most limiters.
	mostAsked = 130
	// askFor bounds the time for that: some 20 ms a request on a machine that is busy with other things.
	askFor = 3 * time.Second
	// again is how long after it was limited a call is asked again: a limit of so and so many a
	// second is over then.
	again = time.Second
)

// LoginWithin bounds the login at one instance.
const LoginWithin = 5 * time.Second

// An Instance is one to ask, and how.
type Instance struct {
	Clock     *history.Clock
	Arm       string
	Contract  *contract.Contract // how the service speaks; nil: as the reference
	Target    load.Target
	Seed      uint64
	Scenarios []*scenarios.Scenario
	Heard     *Listener // told of the service's commands since it started; nil: the service runs already
}

// Table asks the instance, and says what it speaks. The error is that of its login, or ctx's.
func (in Instance) Table(ctx context.Context) (inspect.Table, error) {
	i := &inspector{Instance: in, probes: probesOf(in.Scenarios, in.Contract)}
	if err := i.login(ctx); err != nil {
		return inspect.Table{}, err
	}
	i.rest(ctx)
	i.ask(ctx)
	var said *inspect.Wire
	if i.Heard != nil {
		i.askMore(ctx)
		w := i.Heard.wire(i.Arm, i.began, i.windows)
		said, i.Heard = &w, nil
		i.askMuch(ctx) // of one that runs already, the limit would last into the first round
	}
	i.askAgain(ctx)
	t := i.table()
	if said != nil {
		t.Listen(*said)
	}
	return t, ctx.Err()
}

// An inspector asks one instance.
type inspector struct {
	Instance
	probes  []*probe
	asked   int
	began   time.Duration    // when the service was left alone
	windows []inspect.Window // in which it was not
}

// rest hears what the service says to Redis while nobody asks it.
func (i *inspector) rest(ctx context.Context) {
	if i.Heard == nil {
		return
	}
	i.Heard.quiet(ctx, i.Arm)
	i.began = i.Clock.Now()
	wait(ctx, restFor)
}

// login makes the login of the service's own contract, if it has one.
func (i *inspector) login(ctx context.Context) (err error) {
	if i.Contract == nil || i.Contract.Login == nil {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, LoginWithin)
	defer cancel()
	if i.Target.Jar, err = load.Login(ctx, *i.Contract.Login, i.Target.URL); err != nil {
		return fmt.Errorf("the login of the contract %s: %w", i.Contract.Name, err)
	}
	return nil
}

// ask asks every call: what reads cold and warm, the listings first, then what writes, and then what was
// written.
func (i *inspector) ask(ctx context.Context) {
	reads := func(keyed bool) (out []*probe) {
		for _, p := range i.probes {
			if p.Method == http.MethodGet && !p.socket && p.Keyed() == keyed {
				out = append(out, p)
			}
		}
		return out
	}
	all := append(reads(false), reads(true)...)
	for _, p := range all {
		if i.once(ctx, p, inspect.Cold) {
			i.once(ctx, p, inspect.Warm)
			i.reach(ctx, p)
		}
	}
	for _, p := range i.probes {
		if p.Method == http.MethodGet && !p.socket {
			continue
		}
		i.once(ctx, p, inspect.Cold)
		if p.socket || !p.Answers[0].Right() {
			continue
		}
		for _, r := range all {
			if r.Route() == p.Route() || r.Route() == inspect.Parent(p.Call.Call) {
				i.once(ctx, r, inspect.AfterWrite)
			}
		}
	}
}

// reach looks how far the keys of a read go that streams ask for: to the last, or to a half of it, a quarter …
func (i *inspector) reach(ctx context.Context, p *probe) {
	if inspect.Parent(p.Call.Call) == "" || len(p.keys.IDs) > 0 || p.Why() != "" || !i.put(ctx, p, "1").OK() {
		return
	}
	for n := p.keys.N; n > 1 && p.Keys == 0 && ctx.Err() == nil; n /= 2 {
		if i.put(ctx, p, strconv.Itoa(n)).OK() {
			p.Keys = n
		}
	}
	p.Keys = max(p.Keys, 1)
}

const (
	// further is how many more keys a keyed read is asked for, cold and warm, and how often
	// another read is asked once more; furtherFor bounds the time for that.
	further    = 4
	furtherFor = time.Second
)

// askMore asks what reads a few times more: what a hit and a miss cost is the median of several.
func (i *inspector) askMore(ctx context.Context) {
	for _, p := range i.probes {
		if !reads(p) {
			continue
		}
		keys := i.keys(p, 1+further)[1:]
		for end := i.Clock.Now() + furtherFor; len(keys) > 0 && p.Limit == nil && i.Clock.Now() < end && ctx.Err() == nil; keys = keys[1:] {
			if p.Keyed() && !i.put(ctx, p, keys[0]).OK() {
				break
			}
			i.put(ctx, p, keys[0])
		}
	}
}

// reads reports a call that reads data, and is spoken.
func reads(p *probe) bool {
	return p.Method == http.MethodGet && !p.socket && p.Why() == "" && p.Path != "/health" && p.Path != "/metrics"
}

// askMuch asks a call that is spoken so often that a limit of the document's kind shows, and if it does the
// other reads too.
func (i *inspector) askMuch(ctx context.Context) {
	limited := func(p *probe) bool { return p.Limit != nil }
	at := slices.IndexFunc(i.probes, reads)
	if at < 0 || slices.ContainsFunc(i.probes, limited) {
		return
	}
	for end := i.Clock.Now() + askFor; i.probes[at].Limit == nil && i.asked < mostAsked && i.Clock.Now() < end && ctx.Err() == nil; {
		i.put(ctx, i.probes[at], i.key(i.probes[at]))
	}
	for _, p := range i.probes {
		if i.probes[at].Limit != nil && reads(p) && !limited(p) {
			i.put(ctx, p, i.key(p))
		}
	}
}

// askAgain asks once more, a while later, what was limited.
func (i *inspector) askAgain(ctx context.Context) {
	waited := false
	for _, p := range i.probes {
		if p.Limit == nil || p.Method != http.MethodGet || p.socket {
			continue
		}
		if !waited && !wait(ctx, again) {
			return
		}
		waited = true
		p.Limit.Still = i.put(ctx, p, i.key(p)).Status == http.StatusTooManyRequests
	}
}

// once asks a call, and keeps the answer. It reports whether there was one: a call that hangs is not asked
// again.
func (i *inspector) once(ctx context.Context, p *probe, when string) bool {
	a := i.putWhen(ctx, p, i.key(p), when)
	p.Answers = append(p.Answers, inspect.Answer{When: when, Status: a.Status, Failure: a.Failure, Wrong: a.Differs,
		Source: a.Source, Version: a.Version, Items: a.Items})
	if ids := inspect.NewIDs(a.IDs); ids != nil {
		p.IDs = ids
	}
	return a.Status != 0
}

// put asks a call, and keeps nothing but that it was limited, and what was heard.
func (i *inspector) put(ctx context.Context, p *probe, key string) load.Asked {
	when := inspect.Cold
	if slices.Contains(p.asked, key) {
		when = inspect.Warm
	}
	return i.putWhen(ctx, p, key, when)
}

func (i *inspector) putWhen(ctx context.Context, p *probe, key, when string) load.Asked {
	s := load.Stream{Arm: i.Arm, Contract: i.Contract, Seed: i.Seed, Targets: []load.Target{i.Target}}
	s.Name, s.Type, s.Call, s.Timeout = "inspection", traffic.Calls, p.Call.Call, p.timeout
	if p.socket {
		s.Type = traffic.Sockets
	}
	a := load.Ask(ctx, i.Clock, s, key, uint64(i.asked))
	if a.Status == http.StatusTooManyRequests && !a.OK() && p.Limit == nil {
		p.Limit = &inspect.Limit{After: i.asked}
	}
	i.asked++
	if i.Heard == nil {
		return a
	}
	p.asked = append(p.asked, key)
	i.Heard.quiet(ctx, i.Arm)
	w := inspect.Window{Call: slices.Index(i.probes, p), When: when, From: a.Intended, Until: i.Clock.Now(), Took: a.Response(), OK: a.OK()}
	if p.Keyed() {
		w.ID = key
	}
	i.windows = append(i.windows, w)
	return a
}

// key is one that there is, as far as a listing shows it.
func (i *inspector) key(p *probe) string { return i.keys(p, 1)[0] }

// keys are as many as n that there are, as far as that was seen, and the first of them at least. Of a call
// without a key it is always the same.
func (i *inspector) keys(p *probe, n int) (out []string) {
	listing := i.table().Listing(p.Call.Call)
	switch {
	case !p.Keyed():
		return slices.Repeat([]string{"1"}, n)
	case len(p.keys.IDs) > 0:
		return p.keys.IDs[:min(n, len(p.keys.IDs))]
	case listing != nil && len(listing.IDs.List) > 0:
		return listing.IDs.List[:min(n, len(listing.IDs.List))]
	case listing != nil:
		n = min(n, listing.IDs.N)
	default:
		n = min(n, max(p.Keys, 1))
	}
	for k := range n {
		out = append(out, strconv.Itoa(k+1))
	}
	return out
}
