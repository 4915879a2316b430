// Package remote does faults on a path through a toxiproxy that somebody else
// runs in front of their Redis. A place and a Fault go in; toxics on their proxy
// come out, proved by canaries, and word of what has to be put back. It changes
// no proxy that carries somebody's toxics, and nothing that nobody would put back.
package remote

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"net"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/trektribe/bench/internal/canary"
	"github.com/trektribe/bench/internal/fault"
)

// A Proxy is a proxy of somebody else's, in front of their Redis. Faults are done to it with
// toxiproxy's own toxics (Kinds), through its HTTP interface: each call is bounded by 2 s, each
// change is read back. Its methods are safe for concurrent use.
//
// What it cannot tell is whether the service uses it: toxiproxy counts bytes only when a connection ends.
type Proxy struct {
	at       Place
	api      api
	addr     string
	upstream string
	token    string
	promise  func(Undo) error
	canaries canary.Path

	turn chan struct{} // held by the one Apply or Close that is at work; guards undo
	undo *Undo         // nil: nothing is to be put back

	dose atomic.Pointer[canary.Dose] // of the canaries of the present fault; nil: one ping
}

// Open looks at the proxy and changes nothing. It refuses one that is disabled, or
// carries toxics: they are not ours. token is what the names of our toxics begin with. promise is told of what
// has to be put back, before anything is changed, and again, with Done, when that is done; its error forbids the change.
func Open(ctx context.Context, at Place, token string, promise func(Undo) error) (*Proxy, error) {
	a := api(at.URL)
	all, err := a.all(ctx)
	if err != nil {
		return nil, fmt.Errorf("ask the toxiproxy at %s for its proxies: %w; is this a toxiproxy?", at.URL, err)
	}
	names := slices.Sorted(maps.Keys(all))
	switch {
	case len(names) == 0:
		return nil, fmt.Errorf("the toxiproxy at %s has no proxies: make one in front of Redis, and let the service connect to it", at.URL)
	case at.Proxy == "" && len(names) > 1:
		return nil, fmt.Errorf("the toxiproxy at %s has the proxies %s: name the one in front of Redis, as in %s/%s", at.URL, strings.Join(names, ", "), at.URL, names[0])
	case at.Proxy == "":
		at.Proxy = names[0]
	}
	s, ok := all[at.Proxy]
	if !ok {
		return nil, fmt.Errorf("the toxiproxy at %s has no proxy %q: there are %s", at.URL, at.Proxy, strings.Join(names, ", "))
	}
	if len(s.Toxics) > 0 {
		return nil, fmt.Errorf("proxy %s already carries the toxics %s: they are not ours; remove them, or name another proxy", at.Proxy, list(s.Toxics))
	}
	if !s.Enabled {
		return nil, fmt.Errorf("proxy %s of %s is disabled: enable it, or name another proxy", at.Proxy, at.URL)
	}
	addr, err := reach(s.Listen, at.URL)
	if err != nil {
		return nil, fmt.Errorf("proxy %s of %s: %w", at.Proxy, at.URL, err)
	}
	r := &Proxy{at: at, api: a, addr: addr, upstream: s.Upstream, token: token, promise: promise, turn: make(chan struct{}, 1)}
	r.canaries = canary.Path{Name: at.String(), Addr: addr, Upstream: s.Upstream, Dose: r.present}
	return r, nil
}

// reach is where a proxy that listens on listen is reached: one that listens everywhere is on its toxiproxy's host.
func reach(listen, base string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", fmt.Errorf("it listens on %q: %w", listen, err)
	}
	if ip := net.ParseIP(host); host == "" || ip != nil && ip.IsUnspecified() {
		u, err := url.Parse(base)
		if err != nil {
			return "", err
		}
		host = u.Hostname()
	}
	return net.JoinHostPort(host, port), nil
}

// Addr is the host:port at which the proxy is reached from here.
func (r *Proxy) Addr() string { return r.addr }

// Upstream is what the proxy stands before, as its toxiproxy knows it.
func (r *Proxy) Upstream() string { return r.upstream }

// Place is where the proxy is, with its name.
func (r *Proxy) Place() Place { return r.at }

// Apply puts the proxy as it was found, and then, unless f is the zero Fault, does f to it. It returns
// when toxiproxy shows that f is in effect. An error says that f is not known to be in
// effect, or that what was on is not known to be off; Apply may be called again.
func (r *Proxy) Apply(ctx context.Context, f fault.Fault) error {
	does, err := find(f)
	if err != nil {
		return fmt.Errorf("proxy %v: %w", r.at, err)
	}
	if err := r.apply(ctx, f, does); err != nil {
		return fmt.Errorf("proxy %v: apply %s: %w", r.at, cmp.Or(f.Kind, "clean"), err)
	}
	return nil
}

func (r *Proxy) apply(ctx context.Context, f fault.Fault, does mechanism) error {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := r.putBack(ctx); err != nil || f.Kind == "" {
		return err
	}
	var toxics []toxic
	if does.toxics != nil {
		toxics = does.toxics(f)
	}
	u := Undo{URL: r.at.URL, Proxy: r.at.Proxy, Disabled: does.refuses}
	for i := range toxics {
		toxics[i].Name, toxics[i].Toxicity = r.token+"-"+toxics[i].Stream, 1
		u.Toxics = append(u.Toxics, toxics[i].Name)
	}
	if err := r.promise(u); err != nil {
		return err
	}
	r.undo = &u
	if does.dose != nil {
		more := does.dose(f)
		r.dose.Store(&more)
	}
	for _, t := range toxics {
		if err := r.api.add(ctx, r.at.Proxy, t); err != nil {
			return err
		}
	}
	if does.refuses {
		if err := r.api.enable(ctx, r.at.Proxy, false); err != nil {
			return err
		}
	}
	if err := r.shows(ctx, toxics, !does.refuses); err != nil {
		return err
	}
	return r.promise(u) // a harness that was stopped meanwhile may find that the watchdog has put it back, and must not go on
}

// shows reads back that the proxy carries these toxics and no others.
func (r *Proxy) shows(ctx context.Context, want []toxic, enabled bool) error {
	s, err := r.api.show(ctx, r.at.Proxy)
	if err != nil {
		return fmt.Errorf("read it back: %w", err)
	}
	var foreign []toxic
	for _, have := range s.Toxics {
		if !slices.ContainsFunc(want, func(t toxic) bool { return t.same(have) }) {
			foreign = append(foreign, have)
		}
	}
	switch {
	case len(foreign) > 0:
		return fmt.Errorf("it now carries the toxics %s, which are not ours: leave the proxy to one at a time", list(foreign))
	case len(s.Toxics) != len(want):
		return fmt.Errorf("it took the toxics %s, and shows %s", list(want), list(s.Toxics))
	case s.Enabled != enabled:
		return fmt.Errorf("it shows enabled: %v, want %v", s.Enabled, enabled)
	}
	return nil
}

// putBack does what has to be done so that the proxy is as it was found.
func (r *Proxy) putBack(ctx context.Context) error {
	if r.undo == nil {
		return ctx.Err()
	}
	if err := r.undo.Do(ctx); err != nil {
		return err
	}
	done := *r.undo
	done.Done = true
	r.undo = nil
	r.dose.Store(nil)
	r.promise(done) // of no consequence if it is not heard: it would be done again
	return nil
}

// Close puts the proxy as it was found; its error says what is left and with which commands to mend it.
// It tries until ctx ends, or again and again for a moment.
func (r *Proxy) Close(ctx context.Context) error {
	select {
	case r.turn <- struct{}{}:
		defer func() { <-r.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	var err error
	for try := range undoTries {
		if err = r.putBack(ctx); err == nil {
			return nil
		}
		if try == undoTries-1 || ctx.Err() != nil {
			break
		}
		select {
		case <-time.After(undoAgain):
		case <-ctx.Done():
		}
	}
	return err
}
